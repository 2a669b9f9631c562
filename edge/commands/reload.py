"""`gardu reload`: loads new procedures, and the keys of requests, without a restart."""

from edge.commands.ask import ask_reload
from edge.commands.options import ConfigOption, data_folder, load_data_config, say
from edge.config.places import DEFAULT_CONFIG


def reload(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Have the running daemon read its procedures and keys again (as SIGHUP does).

    The keys are those of [requests] in the config: one that was taken out is refused from now on.
    Procedures are for new visits only: visits that are under way end under the text they began
    with. If one procedure is bad, all are refused, every problem is printed and the old ones stay:
    the command then ends with 1. Other changes of the config need a restart.
    """
    folder = data_folder(load_data_config(config))
    reloaded = ask_reload(folder)
    if reloaded is None:
        say(f"no daemon runs here ({folder}): it reads procedures and keys at its start")
        return
    for procedure_id, version in reloaded.procedures.items():
        changed = "new" if procedure_id in reloaded.changed else "as it was"
        say(f"{procedure_id}  {version}  {changed}")
    say(f"keys of requests: {', '.join(reloaded.request_keys) or 'none'}")
