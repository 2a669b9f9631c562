"""Legal texts: where they are looked for, and what is wrong with a bad one."""

from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from edge.errors import ConfigError
from edge.sop.procedures.legal_text import legal_file, load_legal_text, without_procedure

GOOD = """\
source = "Keputusan Kepala Dinas 12/2026"

[stations]
"Penerima tamu" = "reception"

[[rows]]
number = 1
actor = "Penerima tamu"
activity = "Penerima tamu memberi salam"
standard_s = 60
demands = ["guest-greeted"]

[[rows]]
number = 2
letter = "a"
actor = ["Penerima tamu", "Satpam"]
activity = "Kartu tamu diberikan"
standard_s = "menyesuaikan"
demands = ["card-given"]

[[rows]]
number = 2
letter = "b"
actor = "Penerima tamu"
activity = "Tamu dijadwalkan ulang"
"""


def load(folder: Path, text: str) -> list[str]:
    """Return the problems of the legal text *text*, without the name of its file."""
    file = folder / "arsip.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_legal_text(file)
    assert all(line.startswith(f"{file}: ") for line in raised.value.problems)
    return [line.removeprefix(f"{file}: ") for line in raised.value.problems]


def test_a_good_text_is_read_with_its_defaults(tmp_path: Path) -> None:
    """Alternatives have letters; a standard may be menyesuaikan, or blank as in the law."""
    file = tmp_path / "arsip.toml"
    file.write_text(GOOD, encoding="utf-8")
    text = load_legal_text(file)
    assert [row.name for row in text.rows] == ["1", "2a", "2b"]
    assert [row.standard_s for row in text.rows] == [60, "menyesuaikan", None]
    assert [row.actors for row in text.rows][1:] == [
        ("Penerima tamu", "Satpam"),
        ("Penerima tamu",),
    ]
    assert text.approval is None


MISTAKES = [
    (
        '"guest-greeted"',
        '"guest-greted"',
        "line 11: rows[0].demands[0]: is 'guest-greted' (did you mean guest-greeted?); allowed: g",
    ),
    (
        '"guest-greeted"',
        '"guest-greeted", "guest-greeted"',
        "line 11: rows[0].demands[1]: has 'guest-greeted' twice; allowed: each deed once",
    ),
    (
        'activity = "Kartu',
        'activty = "Kartu',
        "line 17: rows[1].activty: is no key here (did you mean activity?)",
    ),
    (
        'letter = "b"',
        'letter = "a"',
        "line 22: rows[2].number: row 2a is also rows[1]; allowed: each once; alternatives of",
    ),
    (
        "number = 1",
        "number = 3",
        "line 14: rows[1].number: row 2a stands after row 3; allowed: rows in order",
    ),
    (
        '"Penerima tamu" = "r',
        '"Penerima tami" = "r',
        "line 4: stations.Penerima tami: is no actor of a row (did you mean Penerima tamu?); allow",
    ),
    (
        '"menyesuaikan"',
        '"menyesuai"',
        "line 18: rows[1].standard_s: is 'menyesuai' (did you mean menyesuaikan?); allowed: s",
    ),
    ("standard_s = 60", "standard_s = 0", "line 10: rows[0].standard_s: is 0; allowed: seconds"),
    ('source = "Keputusan Kepala Dinas 12/2026"\n', "", "source: is missing"),
    (
        'actor = "Penerima tamu"\nactivity = "Penerima',
        'activity = "Penerima',
        "rows[0].actor: is missing",
    ),
    ('"Penerima tamu memberi salam"', '" "', "rows[0].activity: is empty; allowed: the words"),
    ('"Penerima tamu", "Satpam"', '"Penerima tamu", ""', "rows[1].actor: is empty; allowed"),
    ('letter = "a"', 'letter = "A"', "rows[1].letter: is 'A'; allowed: one lower-case letter"),
]


@pytest.mark.parametrize(("old", "new", "problem"), MISTAKES)
def test_each_mistake_is_told_with_line_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    """The office can correct its file without the help of a programmer."""
    assert old in GOOD
    found = load(tmp_path, GOOD.replace(old, new, 1))
    assert any(problem in line for line in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """An office corrects its file in one go."""
    bad = GOOD.replace("guest-greeted", "salam").replace("card-given", "kartu")
    bad = bad.replace('letter = "b"', 'letter = "a"')
    found = load(tmp_path, bad)
    assert len(found) == 3


def test_a_text_without_rows_is_refused(tmp_path: Path) -> None:
    """An empty law would agree with any procedure."""
    text = 'source = "-"\nrows = []\n[stations]\n'
    assert load(tmp_path, text) == ["line 2: rows: has 0 items; allowed: at least one row"]


def test_the_offices_own_text_comes_before_gardus(tmp_path: Path) -> None:
    """legal/ID.toml beside the procedure, then the one that is part of Gardu, then none."""
    shipped = default_config_folder() / "sop" / "legal" / "jatim.toml"
    assert legal_file(tmp_path, "jatim") == shipped
    assert legal_file(tmp_path, "arsip") is None
    own = tmp_path / "legal" / "jatim.toml"
    own.parent.mkdir()
    own.write_text(GOOD, encoding="utf-8")
    assert legal_file(tmp_path, "jatim") == own


def test_a_text_without_procedure_is_listed(tmp_path: Path) -> None:
    """A misspelt name of a file would leave the procedure uncompared."""
    (tmp_path / "legal").mkdir()
    for name in ("arsip.toml", "arsib.toml"):
        (tmp_path / "legal" / name).write_text(GOOD, encoding="utf-8")
    (tmp_path / "arsip.toml").write_text("", encoding="utf-8")
    assert without_procedure(tmp_path) == [tmp_path / "legal" / "arsib.toml"]
