"""Loads a config and its procedures, and checks them against each other."""

from pathlib import Path

import msgspec

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_wording
from edge.errors import ConfigError
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import load_all, procedure_file
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.unused import unused_aiphones, unused_doors, unused_places, unused_pools
from edge.sop.wording import Wording, load_wording, without_words


class Checked:
    """A valid config, its procedures, and notes about them that are not errors."""

    def __init__(self, config: Config, procedures: dict[str, Procedure], notes: list[str]) -> None:
        self.config = config
        self.procedures = procedures
        self.notes = notes


class Fitting(msgspec.Struct, frozen=True):
    """Procedures that fit a config.

    :ivar procedures: by id
    :ivar texts: the whole texts that they were read from, by key
    :ivar notes: what is no error
    """

    procedures: dict[str, Procedure]
    texts: dict[str, str]
    notes: list[str]


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
    fitting = fitting_procedures(config, f"{path}: ")
    return Checked(config, fitting.procedures, fitting.notes)


def fitting_procedures(config: Config, prefix: str = "") -> Fitting:
    """Read the procedures of *config*, and check them against its equipment.

    :param prefix: begins each problem of missing equipment: the config's file
    :raises ConfigError: with every problem found
    """
    folder = Path(config.checkpoint.sop)
    loaded = load_all(folder, config.checkpoint.procedures)
    procedures = {key: one.procedure for key, one in loaded.items()}
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
    texts = {one.procedure.key: one.text for one in loaded.values()}
    return Fitting(procedures, texts, notes)


def wording_of(config: Config) -> Wording:
    """Read the wording of *config*: its own file, or the one that Gardu comes with.

    :raises ConfigError: with every problem found
    """
    return load_wording(wording_file(config))


def wording_file(config: Config) -> Path:
    """Return the wording file of *config*: its own, or the one that Gardu comes with."""
    own = config.checkpoint.wording
    return Path(own) if own else default_wording()
