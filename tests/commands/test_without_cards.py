"""A checkpoint without cards: check, the parts list, the birth message and init work without."""

from pathlib import Path

from edge.commands.init.answers import settle
from edge.commands.init.compose import compose
from edge.commands.init.question import Office
from edge.commands.init.questions.table import GROUPS
from edge.config.loading import load_config
from edge.config.sections.guests import Cards
from edge.config.validation import Problems
from edge.daemon.health import meta
from edge.daemon.procedures import load_checked
from edge.paper.wiring.parts_list import parts
from tests.command_line import invoke
from tests.sop.archive import ARCHIVE, archive

CONFIG = """
[checkpoint]
site = "arsip"
id = "lobi"
procedures = ["arsip"]

[broker]
url = "mqtt://127.0.0.1:1883"

[[places]]
id = "ruang-baca"
at_most = 2

[panels.reception]
stations = ["reception"]
buttons = [
    { pin = 5, press = "arrive", procedure = "arsip" },
    { pin = 6, press = "done", hold = "leave" },
]

[panels.officer-1]
stations = ["officer-1"]
buttons = [{ pin = 12, press = "done", hold = "leave" }, { pin = 13, press = "refuse" }]
"""


def written(folder: Path) -> Path:
    """Write the config and its procedure to *folder*."""
    (folder / "sop").mkdir()
    (folder / "sop/arsip.toml").write_text(ARCHIVE, encoding="utf-8")
    path = folder / "gardu.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_check_has_nothing_to_say_about_cards(tmp_path: Path) -> None:
    """Neither a problem nor a note names a card or a reader."""
    result = invoke(["check", "-c", str(written(tmp_path))])
    assert result.exit_code == 0, result.output
    notes = [line for line in result.output.splitlines() if line.startswith("note: ")]
    assert [note for note in notes if "card" in note or "reader" in note] == []


def test_parts_and_birth_have_no_cards(tmp_path: Path) -> None:
    """No visitor card is to be bought; the office is told that there are none."""
    config = load_checked(written(tmp_path))
    assert config.cards == Cards()
    assert not any("card" in part.what for part in parts(config))
    equipment = meta(config, [archive()])["equipment"]
    assert (equipment["visitor_cards"], equipment["card_readers"]) == (0, [])
    assert "card_pools" not in equipment


def test_pools_are_in_parts_and_birth(tmp_path: Path) -> None:
    """Cards of further pools are to be bought too, and each pool is told to the office."""
    path = written(tmp_path)
    pools = '[cards]\nvisitor = ["0100D1AE01"]\npools = { vip = ["0100D1AE02", "0100D1AF03"] }\n'
    path.write_text(CONFIG + pools, encoding="utf-8")
    config = load_config(path)
    assert [part.count for part in parts(config) if part.what == "visitor card"] == [3]
    equipment = meta(config, [archive()])["equipment"]
    assert (equipment["visitor_cards"], equipment["card_pools"]) == (1, {"vip": 2})


def test_init_asks_nothing_about_cards(tmp_path: Path) -> None:
    """For procedures that give none there is no question, and the config has no such section."""
    office = Office(folder=tmp_path, procedures={"arsip": archive()})
    problems = Problems("answers.toml")
    raw = {"checkpoint": {"procedures": ["arsip"], "site": "arsip", "id": "lobi"}}
    answers = settle(GROUPS, raw, office, problems)
    assert not [key for key in answers if key.startswith(("cards.", "card_readers"))]
    assert "equipment.card_readers" not in answers
    draft = compose(answers, office)
    assert not draft.sections.keys() & {"cards", "card_readers"}
