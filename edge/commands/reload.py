"""`gardu reload`: loads new procedures for new visits, without a restart."""

from edge.commands.ask import ask_reload
from edge.commands.options import ConfigOption, data_folder, say
from edge.config.loading import load_config
from edge.config.places import DEFAULT_CONFIG


def reload(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Have the running daemon read its procedures again (as SIGHUP does), for new visits only.

    Visits that are under way end under the text they began with. If one procedure is bad, all are
    refused, every problem is printed and the old ones stay: the command then ends with 1. Other
    changes of the config need a restart.
    """
    folder = data_folder(load_config(config))
    reloaded = ask_reload(folder)
    if reloaded is None:
        say(f"no daemon runs here ({folder}): it reads the procedures when it starts")
        return
    for procedure_id, version in reloaded.procedures.items():
        changed = "new" if procedure_id in reloaded.changed else "as it was"
        say(f"{procedure_id}  {version}  {changed}")
