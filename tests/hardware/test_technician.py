"""The technician's terminal, and the words for the person at it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.lockers import GpioLockers
from tests.hardware import hands
from tests.hardware.contract_config import contract_config, names
from tests.hardware.technician import Person

EXIT = Path(__file__).parents[2] / "sim/scenarios/days/arsip/gardu-arsip.toml"
"""A config with a named metal detector."""
TABLES = (
    hands.LOCKERS, hands.DETECTOR, hands.READER, hands.AIPHONE, hands.DOOR, hands.SAFETY,
    hands.CAMERA, hands.PANEL, hands.BUZZER,
)  # fmt: skip


def at_terminal(typed: str, act: Callable[[Person], Any]) -> Any:
    """Return the result of *act* with a person who types *typed* at a real terminal."""
    ours, theirs = os.openpty()
    try:
        os.write(ours, typed.encode())
        with Person(Path(os.ttyname(theirs))) as person:
            return act(person)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_person_is_asked_until_the_answer_is_one() -> None:
    """A question is repeated until the answer is a yes or no, or a number."""
    assert at_terminal("\nperhaps\ny\n", lambda person: person.says("Did it ring?")) is True
    assert at_terminal("no\n", lambda person: person.says("Did it ring?")) is False
    assert at_terminal("two\n2\n", lambda person: person.counts("How often?")) == 2


def test_what_cannot_be_done_is_skipped_and_quitting_ends_all() -> None:
    """An instruction that cannot be carried out skips the test; it does not fail the equipment."""
    with pytest.raises(pytest.skip.Exception, match="could not do it"):
        at_terminal("s\n", lambda person: person.does("Cut the wire."))
    with pytest.raises(pytest.exit.Exception):
        at_terminal("q\n", lambda person: person.does("Cut the wire."))


def test_without_a_terminal_it_is_skipped_in_words() -> None:
    """Without a terminal the test is skipped with a reason, not failed."""
    with pytest.raises(pytest.skip.Exception, match="needs a terminal"):
        Person(Path("/dev/no-such-terminal"))


@pytest.mark.parametrize("table", TABLES)
def test_no_two_things_have_the_same_words(table: tuple[hands.Hand, ...]) -> None:
    """Each question has one meaning only, and its words contain all of its arguments."""
    for hand in table:
        fields = {
            "locker": 7,
            "times": 3,
            "cards": "first card",
            "answer": "accept",
            "loop": "fire",
            "button": "arrive",
            "seconds": 1,
        }
        words = hand.words.format(**fields)
        meant = [other for other in table if other.heard(words) is not None]
        assert meant == [hand]


def test_the_first_of_several_metal_detectors_is_the_one_that_is_tried() -> None:
    """It is the only one in the tests, a walk through its beam is one in, and it is named."""
    config = load_config(EXIT, elsewhere=True)
    shaped = contract_config(config)
    assert shaped.metal_detectors == {}
    assert shaped.metal_detector is not None
    assert sorted(shaped.metal_detector.beams) == ["inner", "outer"]
    assert (shaped.metal_detector.direction, shaped.metal_detector.hold_s) == ("in", 3.0)
    assert "The metal detector in the tests is exit here." in list(names(config))


def test_a_real_config_gets_the_names_of_the_contracts() -> None:
    """The first of each section gets the contract's name and times; the technician is informed."""
    config = load_config(default_config_folder() / "gardu.toml", elsewhere=True)
    assert isinstance(config.lockers, GpioLockers)
    shaped = contract_config(config)
    assert shaped.lockers is not None
    assert [locker.number for locker in shaped.lockers.locker] == [1, 2]
    assert list(shaped.aiphone) == ["adc"]
    assert shaped.metal_detector is not None
    assert shaped.metal_detector.hold_s == 3.0
    assert "Locker 2 in the tests is locker 2 here." in list(names(config))
    assert (shaped.doors, config.doors) == ({}, {})
