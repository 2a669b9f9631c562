"""Procedure files: versions, and all problems reported at once."""

import hashlib
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.sop.procedures.loading import (
    known_procedures,
    load_procedure,
    load_procedures,
    parse_procedure,
)

GOOD = """
id = "short"
version = "2.1"
title = { id = "Pendek", en = "Short" }
source = "none"
office = "none"

[[steps]]
number = 1
id = "only"
role = "Petugas"
station = "desk"
activity = "Menunggu"
title = "Wait"
source = "none"
phases = [{ id = "wait", on = [{ event = "button.done", to = "@next" }] }]
"""


def write(folder: Path, name: str, text: str) -> Path:
    """Write a procedure file."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_version_names_the_exact_text(tmp_path: Path) -> None:
    """The declared version, a plus sign, the first 8 hexadecimal digits of the file's SHA-256."""
    path = write(tmp_path, "short", GOOD)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    assert load_procedure(path).version == f"2.1+{digest}"


def test_one_changed_letter_is_another_version() -> None:
    """One changed letter gives another key."""
    changed = parse_procedure(GOOD.replace("Menunggu", "Menunggu."), "x")
    assert changed.key != parse_procedure(GOOD, "x").key


def test_text_and_file_give_the_same_procedure(tmp_path: Path) -> None:
    """Texts of running procedures are stored: parsed again they give the same procedure."""
    assert parse_procedure(GOOD, "kept") == load_procedure(write(tmp_path, "short", GOOD))


def test_a_kept_text_is_not_judged_by_newer_rules() -> None:
    """A visit under way must be able to end under a text that today's rules would reject."""
    assert parse_procedure(GOOD.replace("@next", "nowhere"), "kept").id == "short"


def test_all_problems_of_all_files_come_together(tmp_path: Path) -> None:
    """One wrong key does not hide the next, nor one file the other."""
    bad = GOOD.replace('station = "desk"', 'station = "Desk"\nstandard_s = 0\ncolour = 1')
    first = write(tmp_path, "short", bad)
    second = write(tmp_path, "other", GOOD.replace("@next", "nowhere"))
    with pytest.raises(ConfigError) as caught:
        load_procedures(tmp_path, ["short", "other", "absent"])
    assert [line.removeprefix(f"{tmp_path}/") for line in caught.value.problems] == [
        (
            "short.toml: line 14: steps[0].colour: is no key here; allowed: activity, "
            "admitted_from, aiphone, count_again, equipment, extend_s, extensions, id, note, "
            "number, output, page_shows_signature, phases, role, source, standard_s, station, "
            "timed_from, title, use, with"
        ),
        (
            "short.toml: line 12: steps[0].station: is 'Desk'; allowed: lower-case letters, digits "
            "and single dashes, at most 64"
        ),
        "short.toml: line 13: steps[0].standard_s: is 0; allowed: seconds, above 0, at most 86400",
        "other.toml: line 2: id: is 'short'; allowed: 'other', as the file is called",
        (
            'other.toml: line 16: steps[0].phases[0]: step only, phase wait, on "button.done": '
            "leads to 'nowhere'; allowed: wait, @next, @skip, @declined, @rescheduled, @refused, "
            "@abandoned, #only"
        ),
        "absent.toml: no such file",
    ]
    assert first.exists()
    assert second.exists()


def test_known_procedures_are_the_files_of_the_folder(tmp_path: Path) -> None:
    """The ids that a typing error is answered with are the files of the folder."""
    write(tmp_path, "b", GOOD)
    write(tmp_path, "a", GOOD)
    assert known_procedures(tmp_path) == ["a", "b"]
    assert known_procedures(tmp_path / "none") == []
