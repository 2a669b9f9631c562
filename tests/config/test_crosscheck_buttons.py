"""Meanings that must not share a button are noted; no shipped panel has such a button."""

import tomllib
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from edge.config.crosscheck.buttons import FREQUENT, GRAVE, button_notes
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.panels import Button, Panel
from edge.config.sections.values import Action

FOLDER = default_config_folder()
SHIPPED = sorted(FOLDER.glob("gardu*.toml"))


def with_buttons(*buttons: Button) -> Config:
    """Return a config whose only panel has *buttons*."""
    config = load_config(FOLDER / "gardu.toml", elsewhere=True)
    panels = {"reception": Panel(stations=["reception"], buttons=list(buttons))}
    return msgspec.structs.replace(config, panels=panels)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_shipped_panel_has_such_a_pair(path: Path) -> None:
    """A press one second too long neither closes the office nor ends an alarm."""
    config = load_config(path, elsewhere=True)
    assert config.panels
    assert button_notes(config) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_lobby_can_acknowledge_an_alarm_by_a_press(path: Path) -> None:
    """An officer under stress does not have to hold a button."""
    panels = tomllib.loads(path.read_text(encoding="utf-8"))["panels"].values()
    presses = {button["press"] for panel in panels for button in panel["buttons"]}
    assert "acknowledge" in presses


@pytest.mark.parametrize("frequent", sorted(FREQUENT))
@pytest.mark.parametrize("grave", sorted(GRAVE))
def test_every_grave_meaning_beside_a_frequent_one_is_noted(
    grave: Action, frequent: Action
) -> None:
    """Either way round: held too long, or released too soon."""
    for press, hold, words in (
        (frequent, grave, "held one second too long"),
        (grave, frequent, "released too soon"),
    ):
        (note,) = button_notes(with_buttons(Button(pin=2, press=press, hold=hold)))
        assert note.startswith("panels.reception.buttons[0]: ")
        for part in (repr(grave), repr(frequent), GRAVE[grave], "GPIO 2", words):
            assert part in note


@pytest.mark.parametrize(
    ("press", "hold"),
    [
        ("done", "accept"), ("arrive", "more"), ("reschedule", "day"), ("open-day", "close-day"),
        ("acknowledge", "refuse"), ("acknowledge", None), ("done", None), ("decline", "leave"),
    ],
)  # fmt: skip
def test_other_pairs_are_not_noted(press: Action, hold: Action | None) -> None:
    """A note that is not certain would be read past."""
    assert button_notes(with_buttons(Button(pin=2, press=press, hold=hold))) == []


def test_the_note_names_a_place_on_the_same_panel() -> None:
    """The buttons of this panel that are seldom pressed; without any, a button of its own."""
    pair = Button(pin=2, press="arrive", hold="day", procedure="pimpinan")
    rare = [Button(pin=3, press="decline"), Button(pin=4, press="reschedule")]
    (note,) = button_notes(with_buttons(pair, *rare))
    assert note.endswith("seldom pressed (here 'decline' or 'reschedule')")
    (note,) = button_notes(with_buttons(pair, Button(pin=3, press="done")))
    assert "a button of its own" in note


def test_the_lists_hold_meanings_that_exist_and_each_once() -> None:
    """A meaning cannot be grave and frequent."""
    assert GRAVE.keys() | FREQUENT <= set(get_args(Action))
    assert FREQUENT.isdisjoint(GRAVE)
