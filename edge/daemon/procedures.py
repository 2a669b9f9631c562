"""A config with its procedures, held against each other. The daemon starts with this."""

from pathlib import Path

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_wording
from edge.errors import ConfigError
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import load_procedures, procedure_file
from edge.sop.procedures.model import Procedure
from edge.sop.wording import Wording, load_wording, without_words


class Checked:
    """A config that is right, its procedures, and what is worth knowing about them."""

    def __init__(self, config: Config, procedures: dict[str, Procedure], notes: list[str]) -> None:
        self.config = config
        self.procedures = procedures
        self.notes = notes


def load_checked(path: Path) -> Config:
    """Read the config file *path* and hold its procedures against it.

    :raises ConfigError: with every problem found in the config, in the procedures, or between them
    """
    return examine(path).config


def examine(path: Path) -> Checked:
    """Read everything that the config file *path* names.

    :raises ConfigError: with every problem found
    """
    config = load_config(path)
    procedures, notes = fitting_procedures(config, f"{path}: ")
    return Checked(config, procedures, notes)


def fitting_procedures(config: Config, prefix: str = "") -> tuple[dict[str, Procedure], list[str]]:
    """Read the procedures of *config* and hold them against its equipment; return them with notes.

    :param prefix: stands before what the equipment lacks: the config's file
    :raises ConfigError: with every problem found
    """
    folder = Path(config.checkpoint.sop)
    procedures = load_procedures(folder, config.checkpoint.procedures)
    wording = wording_of(config)
    problems: list[str] = []
    notes: list[str] = []
    for procedure in procedures.values():
        file = procedure_file(folder, procedure.id)
        findings = verify_equipment(procedure, config)
        problems += [f"{prefix}{line} ({file})" for line in findings.problems]
        notes += findings.notes
    notes += without_words(procedures.values(), wording)
    if problems:
        raise ConfigError(problems)
    return procedures, notes


def wording_of(config: Config) -> Wording:
    """Read the polite words that go with *config*: its own file, or the one Gardu comes with.

    :raises ConfigError: with every problem found
    """
    own = config.checkpoint.wording
    return load_wording(Path(own) if own else default_wording())
