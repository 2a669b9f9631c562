"""What is known before the first question: procedures, ports, the machine's time zone."""

from pathlib import Path

from edge.commands.init.question import Office
from edge.commands.options import say
from edge.config.places import default_config_folder
from edge.config.zone import zone_of
from edge.errors import ConfigError
from edge.sop.procedures.loading import known_procedures, load_procedure, procedure_file
from edge.sop.procedures.model import Procedure

_DEVICES = Path("/dev")


def sop_folder(config: Path) -> Path:
    """Return the folder of the procedures: sop beside *config* if it is there, else Gardu's own."""
    own = config.absolute().parent / "sop"
    return own if own.is_dir() else default_config_folder() / "sop"


def known_office(config: Path, sop: Path, devices: Path = _DEVICES) -> Office:
    """Return what this machine shows; procedures that cannot be used are printed and left out.

    :raises ConfigError: if there is no procedure that can be used
    """
    procedures: dict[str, Procedure] = {}
    for one in known_procedures(sop):
        try:
            procedures[one] = load_procedure(procedure_file(sop, one))
        except ConfigError as error:
            for problem in error.problems:
                say(f"left out: {problem}", err=True)
    if not procedures:
        raise ConfigError([f"{sop}: has no procedure that can be used"])
    return Office(
        folder=config.absolute().parent,
        procedures=procedures,
        serial=_names(devices / "serial/by-id", ""),
        keyboards=_names(devices / "input/by-id", "-event-kbd"),
        zone=str(zone_of("")),
    )


def _names(folder: Path, end: str) -> list[str]:
    return sorted(str(one) for one in folder.glob(f"*{end}"))
