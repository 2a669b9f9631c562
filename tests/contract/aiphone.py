"""The contract of a called station of the intercom, on its twin and on a technician's bench.

A test module subclasses :class:`AiphoneContract` as ``Test…`` and gives it a fixture ``bench``
with the station ``adc``, whose driver is open, with nothing posted since. It has all contacts; an
answer there must last a quarter of a second, and ``limit`` rings with five tones.
"""

import threading
from typing import Any, Protocol

import pytest

from edge.drivers import base
from edge.drivers.gpio.aiphone import ANSWERS, SHORT_ANSWER, AideAnswer
from edge.errors import DeviceUnavailable
from edge.sop.events import HostAnswered, InputRefused, StationBusy

Said = tuple[Any, ...]

TONES = {"call": 2, "reminder": 2, "limit": 5}


class Bench(Protocol):
    """The station behind a driver, seen from the aide's desk."""

    @property
    def driver(self) -> base.Aiphone:
        """The driver under test."""

    def press(self, answer: AideAnswer) -> None:
        """Press an answer button and let go."""

    def crosstalk(self, answer: AideAnswer) -> None:
        """Let an answer contact close for a moment that nobody meant."""

    def press_for_ever(self, answer: AideAnswer) -> None:
        """Have an answer contact stick closed."""

    def talk(self, *, talking: bool) -> None:
        """Take up a call from elsewhere, or hang up."""

    def rung(self) -> int:
        """Wait for the end of a ring; return of how many tones it was."""

    def ringing(self) -> bool:
        """Whether the tone sounds now, pauses of a pattern included."""

    def wait_ringing(self) -> None:
        """Wait until a ring begins."""

    def rings(self) -> int:
        """How often it has rung in all."""

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""


class AiphoneContract:
    """What holds for every called station."""

    @pytest.mark.parametrize("pattern", TONES)
    def test_every_pattern_rings_and_ends(self, bench: Bench, pattern: str) -> None:
        """A relay left on is an aide's telephone that never stops."""
        bench.driver.ring(pattern)
        assert bench.rung() == TONES[pattern]
        assert not bench.ringing()

    @pytest.mark.parametrize("answer", ANSWERS)
    def test_an_answer_is_posted_once(self, bench: Bench, answer: AideAnswer) -> None:
        """A key's press counts, its release does not."""
        bench.press(answer)
        bench.press("accept")
        said = (HostAnswered, "adc", answer)
        last = (HostAnswered, "adc", "accept")
        assert bench.posted(said, last) == [said, last]

    def test_crosstalk_is_counted_and_no_answer(self, bench: Bench) -> None:
        """Nobody accepts a guest by a pulse on the neighbouring pair."""
        bench.crosstalk("accept")
        bench.press("decline")
        said = (HostAnswered, "adc", "decline")
        assert bench.posted(said) == [(InputRefused, "aiphone/adc", SHORT_ANSWER), said]

    def test_a_busy_station_is_not_rung(self, bench: Bench) -> None:
        """A tone in the host's ear helps nobody; reception is told instead, at every try."""
        pressed = (HostAnswered, "adc", "decline")  # once it is seen, so is what came before
        bench.talk(talking=True)
        bench.press("decline")
        bench.posted(pressed)
        bench.driver.ring("call")
        bench.driver.ring("call")
        assert bench.posted() == [(StationBusy, "adc")] * 2
        assert (bench.rings(), bench.ringing()) == (0, False)
        bench.talk(talking=False)
        bench.press("decline")
        bench.posted(pressed)
        bench.driver.ring("call")
        assert bench.rung() == 2
        assert bench.posted() == []

    def test_a_contact_that_sticks_before_opening_answers_nothing(self, bench: Bench) -> None:
        """Nobody has accepted a guest by a contact that was closed before the call."""
        bench.driver.close()
        bench.press_for_ever("accept")
        bench.driver.open()
        bench.press("decline")
        said = (HostAnswered, "adc", "decline")
        assert bench.posted(said) == [said]

    def test_closing_in_a_ring_silences_it(self, bench: Bench) -> None:
        """A daemon that is stopped must not leave the tone on."""
        failed: list[OSError] = []

        def ring() -> None:
            try:
                bench.driver.ring("limit")
            except DeviceUnavailable as error:
                failed.append(error)

        ringing = threading.Thread(target=ring)
        ringing.start()
        bench.wait_ringing()
        bench.driver.close()
        ringing.join()
        assert bench.rung() < TONES["limit"]
        assert failed

    def test_opening_and_closing_do_not_ring(self, bench: Bench) -> None:
        """A restart must not call the aide, and closing twice is allowed."""
        bench.driver.close()
        bench.driver.close()
        bench.driver.open()
        bench.driver.close()
        assert (bench.rings(), bench.ringing()) == (0, False)
        with pytest.raises(DeviceUnavailable):
            bench.driver.ring("call")
