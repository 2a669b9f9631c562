"""Loads procedure files and their parts: reads, expands, converts and verifies them.

The text of a procedure is that of its file; if it uses parts, that of the file with the phases of
its parts (parts.py). So the digest in its version covers the parts, and a stored text needs no
other file.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from edge.config.places import default_config_folder
from edge.config.spelling import did_you_mean
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems, convert
from edge.errors import ConfigError, ConfigUnavailable
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.parts import Part, Source, circle, expand, used
from edge.sop.procedures.problem_places import ProblemPlaces
from edge.sop.procedures.verify import verify
from edge.sop.procedures.whole_text import Origins, whole_text

_PARTS = "parts"


class Written(msgspec.Struct, frozen=True):
    """A procedure as it is written.

    :ivar file: the file that it was read from
    :ivar own: the text of that file
    :ivar text: the whole text, with the phases of all parts
    :ivar origins: the part of each phase that comes from one, by step and phase
    :ivar parts: those parts, by name
    """

    file: str
    own: str
    text: str
    origins: Origins = {}
    parts: dict[str, Source] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of its parts."""
        return tuple(Path(source.file) for source in self.parts.values())


class Loaded(msgspec.Struct, frozen=True):
    """A procedure that was read and verified.

    :ivar text: the whole text, with the phases of all parts
    """

    procedure: Procedure
    text: str


def procedure_file(folder: Path, procedure_id: str) -> Path:
    """Return the path of the procedure *procedure_id* in *folder*."""
    return folder / f"{procedure_id}.toml"


def parse_procedure(text: str, file: str) -> Procedure:
    """Return the procedure that the whole *text* describes; *file* names it in problems.

    It is not verified: a visit that began under an older text must be able to end under it,
    also when the rules have become stricter since.

    :raises ConfigError: with every unknown key, missing key and wrong value
    """
    procedure = _converted(parse_toml(text, file), Problems(file, text, stored=True))
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return msgspec.structs.replace(procedure, version=f"{procedure.version}+{digest}")


def read_procedure(path: Path) -> Written:
    """Read the procedure file *path* and the parts that it uses.

    :raises ConfigUnavailable: if one of them cannot be read now
    :raises ConfigError: with every problem of the keys and values of all of them
    """
    text = read_text(path)
    raw, problems = parse_toml(text, str(path)), Problems(str(path), text)
    _converted(raw, problems)
    wanted = _wanted(raw["steps"], problems)
    problems.raise_any()
    if not wanted:
        return Written(str(path), text, text)
    library = _read_parts(path.parent, wanted, problems)
    problems.raise_any()
    origins: dict[tuple[str, str], str] = {}
    for number, step in enumerate(raw["steps"]):
        found = expand(step, f"steps[{number}]", library, problems)
        raw["steps"][number] = _step(step, found.keys, found.phases)
        for phase, origin in zip(found.phases, found.origins, strict=True):
            if origin is not None:
                origins[step["id"], phase["id"]] = origin
    problems.raise_any()
    return Written(str(path), text, whole_text(raw, origins), origins, library)


def part_files(folder: Path) -> dict[str, Path]:
    """Return the parts for the procedures in *folder*, by name: Gardu's, and before them its own.

    An office's part takes the place of Gardu's part of the same name.
    """
    folders = (default_config_folder() / "sop", folder)
    return {path.stem: path for one in folders for path in sorted((one / _PARTS).glob("*.toml"))}


def read_part(file: Path) -> Source:
    """Return the part of *file*.

    :raises ConfigError: with every problem found
    """
    return _part(str(file), read_text(file))


@lru_cache(maxsize=128)  # several procedures use the same part
def _part(file: str, text: str) -> Source:
    """Return the part that *text*, the content of *file*, describes."""
    problems = Problems(file, text)
    part = convert(Part, parse_toml(text, file), "", problems)
    problems.raise_any()
    assert isinstance(part, Part)
    if part.id != (stem := Path(file).stem):
        problems.add("id", f"is {part.id!r}; allowed: {stem!r}, as the file is called")
    problems.raise_any()
    return Source(part, file, text)


def load_procedure(path: Path) -> Procedure:
    """Read and verify the procedure file *path*.

    :raises ConfigError: with every problem found
    """
    return load(path).procedure


def load(path: Path) -> Loaded:
    """Read and verify the procedure file *path*; return its text too.

    :raises ConfigError: with every problem found
    """
    written = read_procedure(path)
    procedure = parse_procedure(written.text, written.file)
    problems = Problems(written.file, written.own)
    if procedure.id != path.stem:
        problems.add("id", f"is {procedure.id!r}; allowed: {path.stem!r}, as the file is called")
    places = ProblemPlaces(problems, written.own, written.origins, written.parts)
    for problem in verify(procedure):
        places.add(problem)
    problems.raise_any()
    return Loaded(procedure, written.text)


def load_procedures(folder: Path, ids: Iterable[str]) -> dict[str, Procedure]:
    """Read and verify the procedures *ids* of *folder*.

    :raises ConfigUnavailable: if files cannot be read now, and the others are good
    :raises ConfigError: with every problem of every file
    """
    return {key: one.procedure for key, one in load_all(folder, ids).items()}


def load_all(folder: Path, ids: Iterable[str]) -> dict[str, Loaded]:
    """Read and verify the procedures *ids* of *folder*; return their texts too.

    :raises ConfigUnavailable: if files cannot be read now, and the others are good
    :raises ConfigError: with every problem of every file
    """
    found: dict[str, Loaded] = {}
    errors: list[ConfigError] = []
    for procedure_id in ids:
        file = procedure_file(folder, procedure_id)
        if not file.exists():
            meant = did_you_mean(procedure_id, known_procedures(folder))
            errors.append(ConfigUnavailable([f"{file}: no such file{meant}"]))
            continue
        try:
            found[procedure_id] = load(file)
        except ConfigError as error:
            errors.append(error)
    if errors:
        passing = all(isinstance(error, ConfigUnavailable) for error in errors)
        problems = list(dict.fromkeys(problem for error in errors for problem in error.problems))
        raise (ConfigUnavailable if passing else ConfigError)(problems)
    return found


def known_procedures(folder: Path) -> list[str]:
    """Return the ids of all procedure files in *folder*, in order; empty if there is none."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def parts_of(folder: Path, ids: Iterable[str]) -> list[Path]:
    """Return the files of the parts that the procedures *ids* of *folder* use, each once.

    A procedure that cannot be read has none here.
    """
    found: dict[Path, None] = {}
    for procedure_id in ids:
        with suppress(ConfigError):
            found |= dict.fromkeys(read_procedure(procedure_file(folder, procedure_id)).files)
    return sorted(found)


def _converted(raw: dict[str, Any], problems: Problems) -> Procedure:
    procedure = convert(Procedure, raw, "", problems)
    problems.raise_any()
    assert isinstance(procedure, Procedure)
    return procedure


def _wanted(steps: list[dict[str, Any]], problems: Problems) -> dict[str, str]:
    """Return the parts that *steps* use, each with the first key that names it."""
    found: dict[str, str] = {}
    for number, step in enumerate(steps):
        names = used(step.get("use", ()))
        for name in names:
            found.setdefault(name, f"steps[{number}].use")
        if step.get("with") and not names:
            words = "has values for parts, but use names none; allowed: with goes with use"
            problems.add(f"steps[{number}].with", words)
    return found


def _read_parts(folder: Path, wanted: dict[str, str], problems: Problems) -> dict[str, Source]:
    """Return the parts *wanted* and those that they use, by name; add the problems of their files.

    :param folder: that of the procedures
    :param wanted: the key of the procedure file that names each part
    :raises ConfigUnavailable: if one of their files cannot be read now
    """
    known = part_files(folder)
    found: dict[str, Source] = {}
    seen: set[str] = set()
    ahead = [(name, problems, where) for name, where in wanted.items()]
    files = [problems]
    while ahead:
        name, by, where = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in known:
            meant, allowed = did_you_mean(name, known), ", ".join(sorted(known)) or "none"
            by.add(where, f"{name!r} is no part{meant}; allowed: {allowed}")
            continue
        try:
            found[name] = source = read_part(known[name])
        except ConfigUnavailable:
            raise
        except ConfigError as error:
            problems.append(error.problems)
            continue
        files.append(Problems(source.file, source.text))
        ahead += [(one, files[-1], "use") for one in used(source.part.use)]
    for name, source in found.items():
        if chain := circle(name, found):
            words = f"the part uses itself ({' -> '.join(chain)}); allowed: parts that do not"
            files.append(Problems(source.file, source.text))
            files[-1].add("use", words)
    for one in files[1:]:
        problems.append(one.lines)
    return found


def _step(
    step: dict[str, Any], keys: dict[str, Any], phases: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the table *step* with *keys* that it lacks, and with *phases* in place of parts."""
    own = {key: value for key, value in step.items() if key not in ("use", "with", "phases")}
    return {**keys, **own, "phases": phases}
