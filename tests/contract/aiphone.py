"""The contract of a called station of the intercom, on its twin and on a technician's bench.

A test module subclasses :class:`AiphoneContract` as ``Test…`` and gives it a fixture ``bench``
with the station ``adc``, its driver open, and no event posted since. It has all contacts; an
answer there must last a quarter of a second, and ``limit`` rings with five tones.
"""

from typing import Any, Protocol

import pytest

from edge import waits
from edge.drivers import base
from edge.drivers.wired.aiphone import ANSWERS, SHORT_ANSWER, AideAnswer
from edge.errors import DeviceUnavailable
from edge.sop.events import HostAnswered, InputRefused, StationBusy

Said = tuple[Any, ...]

TONES = {"call": 2, "reminder": 2, "limit": 5}


class Bench(Protocol):
    """The station behind a driver, as the aide's desk uses it."""

    @property
    def driver(self) -> base.Aiphone:
        """The driver under test."""

    def press(self, answer: AideAnswer) -> None:
        """Press an answer button and release it."""

    def crosstalk(self, answer: AideAnswer) -> None:
        """Close an answer contact for a moment, as crosstalk does."""

    def press_for_ever(self, answer: AideAnswer) -> None:
        """Close an answer contact for ever."""

    def talk(self, *, talking: bool) -> None:
        """Begin a call from elsewhere, or hang up."""

    def rung(self) -> int:
        """Wait for the end of a ring; return its number of tones."""

    def ringing(self) -> bool:
        """Return True while it rings, pauses of a pattern included."""

    def wait_ringing(self) -> None:
        """Wait until a ring begins."""

    def rings(self) -> int:
        """Return the number of rings in all."""

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""


class AiphoneContract:
    """Tests for every called station."""

    @pytest.mark.parametrize("pattern", TONES)
    def test_every_pattern_rings_and_ends(self, bench: Bench, pattern: str) -> None:
        """A ring ends after its tones; a relay left on would ring the aide's telephone for ever."""
        bench.driver.ring(pattern)
        assert bench.rung() == TONES[pattern]
        assert not bench.ringing()

    @pytest.mark.parametrize("answer", ANSWERS)
    def test_an_answer_is_posted_once(self, bench: Bench, answer: AideAnswer) -> None:
        """A press of a key counts, its release does not."""
        bench.press(answer)
        bench.press("accept")
        said = (HostAnswered, "adc", answer)
        last = (HostAnswered, "adc", "accept")
        assert bench.posted(said, last) == [said, last]

    def test_crosstalk_is_counted_and_no_answer(self, bench: Bench) -> None:
        """A pulse on the neighbouring pair is counted as refused, and accepts no guest."""
        bench.crosstalk("accept")
        bench.press("decline")
        said = (HostAnswered, "adc", "decline")
        assert bench.posted(said) == [(InputRefused, "aiphone/adc", SHORT_ANSWER), said]

    def test_a_busy_station_is_not_rung(self, bench: Bench) -> None:
        """A station whose line is in use is not rung; each try posts StationBusy for reception."""
        pressed = (HostAnswered, "adc", "decline")  # posted after all earlier events
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
        """A contact that was closed before the call accepts no guest."""
        bench.driver.close()
        bench.press_for_ever("accept")
        bench.driver.open()
        bench.press("decline")
        said = (HostAnswered, "adc", "decline")
        assert bench.posted(said) == [said]

    def test_closing_in_a_ring_silences_it(self, bench: Bench) -> None:
        """Closing the driver ends a ring: a stopped daemon must not leave the tone on."""
        failed: list[OSError] = []

        def ring() -> None:
            try:
                bench.driver.ring("limit")
            except DeviceUnavailable as error:
                failed.append(error)

        ringing = waits.thread(ring, "ring")
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
