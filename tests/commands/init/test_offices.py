"""Offices from the small desk to every module: `gardu check` finds nothing in what init writes."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.parts import pin_parts
from edge.config.places import default_config_folder
from edge.config.sections.panels import Button
from edge.config.sections.pins import Output
from edge.config.wiring import TXD, boot_notes, wiring
from edge.sop.procedures.loading import known_procedures, parts_of
from tests.command_line import invoke
from tests.commands.init.offices import OFFICES, init
from tests.sealing.keys import KEY

# Settings of the Pi that each pin of a bus needs; and this machine's zone.
_WIRING = ("GPIO ", "this machine's time zone", "this kernel keeps outputs")
# No camera of these offices can read the page of the guest book.
_PAGE = 'no camera has the purpose "guestbook"'
# Most of these offices have no key yet.
_KEY = "sealing.office_key is missing"
# Officer 1's panel serves the aide too in these offices.
_SHARED = "its stations officer-1 and aide both take"

EXAMPLES = default_config_folder() / "sop/examples"
_FAR = {
    "equipment": {"modules": ["far"]},
    "modules": {"far": {"line": "192.0.2.50", "driver": "wago-750"}},
    "panels": {"exit": {"at": "far"}, "escort": {"at": "far"}},
}


def _arrivals(config: Config) -> list[Button]:
    return [
        one for panel in config.panels.values() for one in panel.buttons if one.press == "arrive"
    ]


# Procedure, answers, and what the config must have.
FURTHER: list[tuple[str, dict[str, Any], Callable[[Config], bool]]] = [
    ("pelayanan-terpadu", {"places": {"loket": {"at_most": 2}}},
     lambda config: config.places[0].at_most == 2
     and config.aiphone["kepala-seksi"].title == "Kepala Seksi"),
    ("ruang-rawat", {"card_pools": {"vip": {"count": 3}}},
     lambda config: not config.cards.visitor and len(config.cards.pools["vip"]) == 3),
    ("pusat-data", {**_FAR, "cards": {"escort": ["0500E10C51"]}},
     lambda config: config.cards.escort == {"0500E10C51": "escort-1"}
     and config.aiphone["kepala-keamanan"].decline is not None),
    ("ruang-rawat", {"guests": {"kinds": ["lansia", "vip"]},
                     "guest_kinds": {"lansia": {"title": "Lansia, difabel", "priority": 5},
                                     "vip": {"card_pool": "vip"}},
                     "card_pools": {"vip": {"cards": ["0100D3C177"]}}},
     lambda config: [(one.id, one.priority, one.card_pool) for one in config.guest_kinds]
     == [("lansia", 5, None), ("vip", 0, "vip")]
     and [one.guest_kind for one in _arrivals(config)] == [None, "lansia", "vip"]
     and config.cards.pools == {"vip": ["0100D3C177"]}),
    ("pusat-data", {**_FAR, "cards": {"count": 3, "escorts": 2}},
     lambda config: len(config.cards.escort) == 2 and len(config.cards.visitor) == 3),
]  # fmt: skip


@pytest.mark.parametrize("answers", OFFICES.values(), ids=OFFICES)
def test_check_finds_nothing_in_the_config(answers: dict[str, Any], tmp_path: Path) -> None:
    """No problem; and no note but the Pi's own settings, where all buttons have a place."""
    config, result = init(tmp_path, answers)
    assert result.exit_code == 0, result.output
    checked = invoke(["check", "-c", str(config)])
    assert checked.exit_code == 0, checked.output
    notes = [line[6:] for line in checked.output.splitlines() if line.startswith("note: ")]
    left = [note for note in notes if not note.startswith(_WIRING)]
    few = answers.get("buttons") == {"amount": "few"}
    left = [note for note in left if _PAGE not in note and _SHARED not in note]
    left = [note for note in left if _KEY not in note]
    assert [one for one in left if not (few and "no button" in one)] == []


def test_the_office_key_is_written_and_examined(tmp_path: Path) -> None:
    """With a key the check has no note about it; a key with a typing error is refused."""
    (answers, *_) = OFFICES.values()
    guests = {**answers.get("guests", {}), "office_key": KEY.text}
    config, result = init(tmp_path, {**answers, "guests": guests})
    assert result.exit_code == 0, result.output
    assert load_config(config).sealing is not None
    checked = invoke(["check", "-c", str(config)])
    assert checked.exit_code == 0, checked.output
    assert _KEY not in checked.output
    text = config.read_text(encoding="utf-8")
    wrong = KEY.text[:-1] + ("A" if KEY.text[-1] != "A" else "B")
    config.write_text(text.replace(KEY.text, wrong), encoding="utf-8")
    checked = invoke(["check", "-c", str(config)])
    assert checked.exit_code == 2
    assert "sealing.office_key: has a typing error" in checked.output


@pytest.mark.parametrize("answers", OFFICES.values(), ids=OFFICES)
def test_editors_find_the_schema_and_accept_the_config(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    """The first line names a schema that is there, by which the config is valid."""
    config, _ = init(tmp_path, answers)
    text = config.read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("#:schema ")
    schema = json.loads((config.parent / named).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(tomllib.loads(text))


@pytest.mark.parametrize("answers", OFFICES.values(), ids=OFFICES)
def test_outputs_rest_while_the_pi_boots(answers: dict[str, Any], tmp_path: Path) -> None:
    """No output on GPIO 14, none that the boot switches on; each pin once."""
    config, _ = init(tmp_path, answers)
    loaded = load_config(config, elsewhere=True)
    outputs = [part for _, part in pin_parts(loaded) if isinstance(part, Output)]
    assert TXD not in [part.bcm for part in outputs]
    assert [wire for wire in wiring(loaded) if wire.direction == "out" and wire.warning] == []
    assert [note for note in boot_notes(loaded) if "14" not in note.split(" (")[0]] == []


@pytest.mark.parametrize("answers", OFFICES.values(), ids=OFFICES)
def test_picture_parts_and_procedures_are_beside_the_config(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    """Wiring picture, parts list, procedures and their law are written with the config."""
    config, result = init(tmp_path, answers)
    folder = config.parent
    assert "<svg" in (folder / "gardu-wiring.svg").read_text(encoding="utf-8")
    assert "supply for the Pi" in (folder / "gardu-parts.txt").read_text(encoding="utf-8")
    wanted = answers["checkpoint"]["procedures"]
    assert set(known_procedures(folder / "sop")) == set(wanted)
    # With the parts that they use: an update of Gardu does not change them.
    assert parts_of(folder / "sop", wanted) == sorted((folder / "sop/parts").iterdir())
    assert {one.stem for one in (folder / "sop/legal").iterdir()} == set(wanted)
    assert f"gardu check --config {config}" in result.output


@pytest.mark.parametrize(("procedure", "answers", "wanted"), FURTHER, ids=lambda one: str(one)[:20])
def test_what_few_procedures_need_is_asked_too(
    procedure: str, answers: dict[str, Any], wanted: Callable[[Config], bool], tmp_path: Path
) -> None:
    """Places, pools, escorts' cards and persons who approve: check finds no problem."""
    sop = tmp_path / "office" / "sop"
    sop.mkdir(parents=True)
    text = (EXAMPLES / f"{procedure}.toml").read_text(encoding="utf-8")
    if "card_pools" in answers and "guests" not in answers:
        text = text.replace("\nversion", '\ncard_pool = "vip"\nversion', 1)
    (sop / f"{procedure}.toml").write_text(text, encoding="utf-8")
    config, result = init(tmp_path, {"checkpoint": {"procedures": [procedure]}, **answers})
    assert result.exit_code == 0, result.output
    checked = invoke(["check", "-c", str(config)])
    assert checked.exit_code == 0, checked.output
    assert wanted(load_config(config, elsewhere=True))


def test_24_lockers_of_a_board_are_one_line(tmp_path: Path) -> None:
    """Two tables for two boards, each with a range; no table a locker."""
    config, _ = init(tmp_path, OFFICES["24 lockers on KERONG boards behind a gateway"])
    text = config.read_text(encoding="utf-8")
    assert 'address = 0\nlockers = "1-12"' in text
    assert 'address = 1\nlockers = "13-24"' in text
    assert "[[lockers.locker]]" not in text


def test_pins_stay_free_on_request(tmp_path: Path) -> None:
    """No part is on the pins of I2C and the console, if these are in use."""
    config, _ = init(tmp_path, OFFICES["I2C and console stay free, no beam, no buzzer"])
    used = {wire.pin for wire in wiring(load_config(config, elsewhere=True))}
    assert used.isdisjoint({2, 3, 14, 15})


def test_what_is_not_known_yet_is_listed_and_marked(tmp_path: Path) -> None:
    """Broker, cards and ports that were answered with later are in the config and in the output."""
    config, result = init(tmp_path, OFFICES["small registration desk"])
    text = config.read_text(encoding="utf-8")
    for key in ("broker.url", "cards.visitor", "card_readers.desk.port", "cameras.lobby.url"):
        assert f"  {key}: " in result.output
        assert f"STILL TO FILL IN ({key.rpartition('.')[2]})" in text
    assert "STILL" not in "".join(part for part in text.split("#:")[:1] if part.startswith("["))


def test_too_few_pins_are_refused_with_the_ways_out(tmp_path: Path) -> None:
    """12 lockers on pins do not fit: what uses the pins and which answers free some; no file."""
    answers = {
        "checkpoint": {"procedures": ["pimpinan"]},
        "lockers": {"count": 12, "driver": "gpio"},
    }
    config, result = init(tmp_path, answers)
    assert result.exit_code == 2
    # The ring of the aiphone is the 13th.
    assert "13 outputs that are active low are needed, and there is room for 7" in result.output
    assert "lockers 24" in result.output
    for way in ("frees 24 pins", 'pins.relays = "either"', "equipment.modules"):
        assert way in result.output
    assert not config.parent.exists()
