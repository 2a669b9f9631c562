"""Loads procedure files: reads, converts and verifies them, and adds the text's digest."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from edge.config.spelling import did_you_mean
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems, convert
from edge.errors import ConfigError, ConfigUnavailable
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import verify


def procedure_file(folder: Path, procedure_id: str) -> Path:
    """Return the path of the procedure *procedure_id* in *folder*."""
    return folder / f"{procedure_id}.toml"


def parse_procedure(text: str, file: str) -> Procedure:
    """Return the procedure that *text* describes; *file* names it in problems.

    It is not verified: a visit that began under an older text must be able to end under it,
    also when the rules have become stricter since.

    :raises ConfigError: with every unknown key, missing key and wrong value
    """
    raw, problems = parse_toml(text, file), Problems(file, text)
    procedure = convert(Procedure, raw, "", problems)
    problems.raise_any()
    assert isinstance(procedure, Procedure)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return msgspec.structs.replace(procedure, version=f"{procedure.version}+{digest}")


def load_procedure(path: Path) -> Procedure:
    """Read and verify the procedure file *path*.

    :raises ConfigError: with every problem found
    """
    text = read_text(path)
    procedure = parse_procedure(text, str(path))
    problems = Problems(str(path), text)
    if procedure.id != path.stem:
        problems.add("id", f"is {procedure.id!r}; allowed: {path.stem!r}, as the file is called")
    for problem in verify(procedure):
        problems.add("", problem)
    problems.raise_any()
    return procedure


def load_procedures(folder: Path, ids: Iterable[str]) -> dict[str, Procedure]:
    """Read and verify the procedures *ids* of *folder*.

    :raises ConfigUnavailable: if files cannot be read now, and the others are good
    :raises ConfigError: with every problem of every file
    """
    found: dict[str, Procedure] = {}
    errors: list[ConfigError] = []
    for procedure_id in ids:
        file = procedure_file(folder, procedure_id)
        if not file.exists():
            meant = did_you_mean(procedure_id, known_procedures(folder))
            errors.append(ConfigUnavailable([f"{file}: no such file{meant}"]))
            continue
        try:
            found[procedure_id] = load_procedure(file)
        except ConfigError as error:
            errors.append(error)
    if errors:
        passing = all(isinstance(error, ConfigUnavailable) for error in errors)
        problems = [problem for error in errors for problem in error.problems]
        raise (ConfigUnavailable if passing else ConfigError)(problems)
    return found


def known_procedures(folder: Path) -> list[str]:
    """Return the ids of all procedure files in *folder*, in order; empty if there is none."""
    return sorted(path.stem for path in folder.glob("*.toml"))
