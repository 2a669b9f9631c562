"""A config with its procedures, held against each other. The daemon starts with this."""

from pathlib import Path

from edge.config import Config, load_config
from edge.errors import ConfigError
from edge.sop.equipment import verify_equipment
from edge.sop.loading import load_procedures, procedure_file
from edge.sop.procedure import Procedure


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
    folder = Path(config.checkpoint.sop)
    procedures = load_procedures(folder, config.checkpoint.procedures)
    problems: list[str] = []
    notes: list[str] = []
    for procedure in procedures.values():
        file = procedure_file(folder, procedure.id)
        findings = verify_equipment(procedure, config)
        problems += [f"{path}: {line} ({file})" for line in findings.problems]
        notes += findings.notes
    if problems:
        raise ConfigError(problems)
    return Checked(config, procedures, notes)
