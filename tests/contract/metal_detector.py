"""The contract of a walk-through metal detector, on its twin and on the bench of a technician.

A test module subclasses :class:`MetalDetectorContract` as ``Test…`` and gives it a fixture
``bench`` with its driver open, the detector at rest and no event posted since. An alarm there
must last half a second to count, and ends three seconds after its last edge.
"""

from typing import Any, Protocol

from edge.drivers import base
from edge.drivers.wired.metal_detector import SHORT_ALARM
from edge.sop.events import (
    DetectorAlarmed,
    DetectorCleared,
    InputAlarmed,
    InputRefused,
    InputRestored,
    PassageMade,
    PassageTooFast,
)

Said = tuple[Any, ...]

ALARMED, CLEARED = (DetectorAlarmed, False, ""), (DetectorCleared, False, "")
PASSED = (PassageMade, "", "in")
TAMPERED = (InputAlarmed, "detector-tamper", False, "")
BLOCKED = (InputAlarmed, "beam-blocked", False, "")
FREE = (InputRestored, "beam-blocked", False, "")
RAN = (PassageTooFast, "", "in")


class Bench(Protocol):
    """A detector behind a driver, seen from outside."""

    @property
    def driver(self) -> base.MetalDetector:
        """The driver under test."""

    def walk(self, *, metal: bool) -> None:
        """Walk through at walking pace, with or without metal."""

    def run(self) -> None:
        """Run through, without metal."""

    def block(self, *, blocked: bool) -> None:
        """Block the beam, or clear it."""

    def warble(self, times: int) -> None:
        """Switch the alarm on and off, *times* times."""

    def spike(self) -> None:
        """Put a short interference pulse on the alarm contact."""

    def meddle(self, *, opened: bool) -> None:
        """Open the detector's cabinet, or close it."""

    def break_alarm(self, how: str | None) -> None:
        """Cut the wire of the alarm contact, or make the contact stick; None: repair it."""

    def fault(self) -> str:
        """Read the levels again and again until they are a fault; return its text."""

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""


class MetalDetectorContract:
    """Tests for every metal detector with a supervised (normally-closed) alarm."""

    def test_opening_posts_every_level_as_initial(self, bench: Bench) -> None:
        """Levels found at opening are initial: an alarm that has ended is cleared; no passage."""
        bench.driver.close()
        bench.driver.open()
        assert sorted(bench.posted((DetectorCleared, True, "")), key=str) == [
            (DetectorCleared, True, ""),
            (InputRestored, "beam-blocked", True, ""),
            (InputRestored, "detector-tamper", True, ""),
        ]

    def test_a_walk_without_metal_is_a_passage(self, bench: Bench) -> None:
        """One walk is one passage, posted when the person has gone through."""
        bench.walk(metal=False)
        assert bench.posted(PASSED) == [PASSED]

    def test_a_walk_with_metal_is_an_alarm_with_both_edges(self, bench: Bench) -> None:
        """The alarm begins before its passage and ends after it: no passage looks clear."""
        bench.walk(metal=True)
        assert bench.posted(CLEARED) == [ALARMED, PASSED, CLEARED]

    def test_a_relay_that_warbles_is_one_alarm(self, bench: Bench) -> None:
        """A relay that goes on and off in saturation is one alarm: one search, not several."""
        bench.warble(3)
        assert bench.posted(CLEARED) == [ALARMED, CLEARED]

    def test_a_spike_is_counted_and_no_alarm(self, bench: Bench) -> None:
        """A lift's motor must not have guests searched, and its noise is counted as refused."""
        bench.spike()
        bench.walk(metal=False)
        assert bench.posted(PASSED) == [(InputRefused, "metal-detector", SHORT_ALARM), PASSED]

    def test_running_through_is_no_passage(self, bench: Bench) -> None:
        """A run is too fast for the detector: it is no passage, and the person walks once more."""
        bench.run()
        bench.walk(metal=False)
        assert bench.posted(PASSED) == [RAN, PASSED]

    def test_a_blocked_beam_is_an_alarm_and_no_passage(self, bench: Bench) -> None:
        """A suitcase in the frame is an alarm; neither it nor its removal is a passage."""
        bench.block(blocked=True)
        assert bench.posted(BLOCKED) == [BLOCKED]
        bench.block(blocked=False)
        assert bench.posted(FREE) == [FREE]

    def test_tampering_is_an_alarm_of_its_own(self, bench: Bench) -> None:
        """An open cabinet is an alarm of its own: the detector can be made blind there."""
        bench.meddle(opened=True)
        assert bench.posted(TAMPERED) == [TAMPERED]
        bench.meddle(opened=False)
        assert bench.posted((InputRestored, "detector-tamper", False, ""))

    def test_a_cut_wire_is_an_alarm_then_a_fault_and_never_clear(self, bench: Bench) -> None:
        """A cut wire is an alarm for every walk, then a fault, and cleared only by a repair."""
        bench.break_alarm("cut")
        bench.walk(metal=False)
        assert bench.posted(ALARMED, PASSED) == [ALARMED, PASSED]
        assert "its wire is cut" in bench.fault()
        assert bench.posted() == []
        bench.break_alarm(None)
        assert bench.posted(CLEARED) == [CLEARED]

    def test_a_stuck_alarm_stays_one_and_becomes_a_fault(self, bench: Bench) -> None:
        """A relay that stays on although the detector is quiet is an alarm, then a fault."""
        bench.break_alarm("stuck active")
        assert "stuck" in bench.fault()
        assert bench.posted() == [ALARMED]
