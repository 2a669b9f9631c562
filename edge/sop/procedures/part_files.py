"""Reads the parts that procedures use: an office's own, and those that are part of Gardu."""

from pathlib import Path

from edge.config.places import default_config_folder
from edge.config.spelling import did_you_mean
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems, convert
from edge.errors import ConfigError, ConfigUnavailable
from edge.sop.procedures.parts import Part, Source, circle, used

_PARTS = "parts"


def part_files(folder: Path) -> dict[str, Path]:
    """Return the parts for the procedures in *folder*, by name: Gardu's, and before them its own.

    An office's part takes the place of Gardu's part of the same name.
    """
    folders = (default_config_folder() / "sop", folder)
    return {path.stem: path for one in folders for path in sorted((one / _PARTS).glob("*.toml"))}


def read_parts(folder: Path, wanted: dict[str, str], problems: Problems) -> dict[str, Source]:
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
            found[name] = source = _part(known[name])
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


def _part(file: Path) -> Source:
    """Return the part of *file*.

    :raises ConfigError: with every problem found
    """
    text = read_text(file)
    problems = Problems(str(file), text)
    part = convert(Part, parse_toml(text, str(file)), "", problems)
    problems.raise_any()
    assert isinstance(part, Part)
    if part.id != file.stem:
        problems.add("id", f"is {part.id!r}; allowed: {file.stem!r}, as the file is called")
    problems.raise_any()
    return Source(part, str(file), text)
