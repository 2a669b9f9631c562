"""Loads a config and its procedures, and checks them against each other."""

from pathlib import Path

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_wording
from edge.errors import ConfigError
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import load_procedures, procedure_file
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.unused import unused_aiphones, unused_doors, unused_places, unused_pools
from edge.sop.wording import Wording, load_wording, without_words


class Checked:
    """A valid config, its procedures, and notes about them that are not errors."""

    def __init__(self, config: Config, procedures: dict[str, Procedure], notes: list[str]) -> None:
        self.config = config
        self.procedures = procedures
        self.notes = notes


def load_checked(path: Path) -> Config:
    """Read the config file *path* and check its procedures against it.

    :raises ConfigError: with every problem found in the config, in the procedures, or between them
    """
    return examine(path).config


def examine(path: Path) -> Checked:
    """Read the config file *path*, its procedures and its wording, and check them.

    :raises ConfigError: with every problem found
    """
    config = load_config(path)
    procedures, notes = fitting_procedures(config, f"{path}: ")
    return Checked(config, procedures, notes)


def fitting_procedures(config: Config, prefix: str = "") -> tuple[dict[str, Procedure], list[str]]:
    """Read the procedures of *config*, check them against its equipment, return them with notes.

    :param prefix: begins each problem of missing equipment: the config's file
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
    notes += unused_doors(procedures.values(), config)
    notes += unused_aiphones(procedures.values(), config)
    notes += unused_places(procedures.values(), config)
    notes += unused_pools(procedures.values(), config)
    notes += without_words(procedures.values(), wording)
    if problems:
        raise ConfigError(problems)
    return procedures, notes


def wording_of(config: Config) -> Wording:
    """Read the wording of *config*: its own file, or the one that Gardu comes with.

    :raises ConfigError: with every problem found
    """
    return load_wording(wording_file(config))


def wording_file(config: Config) -> Path:
    """Return the wording file of *config*: its own, or the one that Gardu comes with."""
    own = config.checkpoint.wording
    return Path(own) if own else default_wording()
