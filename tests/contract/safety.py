"""The contract of the safety inputs, on their twin and on the bench of a technician.

A test module subclasses :class:`SafetyContract` as ``Test…`` and gives it a fixture ``bench`` with
all five inputs, its driver open, no input in alarm and no event posted since.
"""

from typing import Any, Protocol

import pytest

from edge.drivers import base
from edge.drivers.wired.safety import KINDS
from edge.sop.events import InputAlarmed, InputRestored

Said = tuple[Any, ...]


class Bench(Protocol):
    """The loops behind a driver; each by the name of its key in the config."""

    @property
    def driver(self) -> base.SafetyInputs:
        """The driver under test."""

    def alarm(self, loop: str) -> None:
        """Make the loop alarm (press the duress button, open the lid, switch off the mains)."""

    def reset(self, loop: str) -> None:
        """End the alarm, with the key where it latches."""

    def cut(self, loop: str) -> None:
        """Cut the loop's wire."""

    def mend(self, loop: str) -> None:
        """Repair the wire."""

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""


class SafetyContract:
    """Tests for all safety inputs that are closed loops."""

    @pytest.mark.parametrize("loop", KINDS)
    def test_an_alarm_is_posted_with_both_edges(self, bench: Bench, loop: str) -> None:
        """An alarm is posted under its own name only; it lasts until it is reset."""
        bench.alarm(loop)
        alarmed = (InputAlarmed, KINDS[loop], False, "")
        assert bench.posted(alarmed) == [alarmed]
        bench.reset(loop)
        restored = (InputRestored, KINDS[loop], False, "")
        assert bench.posted(restored) == [restored]

    @pytest.mark.parametrize("loop", KINDS)
    def test_a_cut_wire_alarms(self, bench: Bench, loop: str) -> None:
        """A cut wire is an alarm until it is repaired: pliers cannot silence a loop."""
        bench.cut(loop)
        alarmed = (InputAlarmed, KINDS[loop], False, "")
        assert bench.posted(alarmed) == [alarmed]
        bench.alarm(loop)
        bench.reset(loop)
        bench.mend(loop)
        restored = (InputRestored, KINDS[loop], False, "")
        assert bench.posted(restored) == [restored]

    def test_opening_posts_every_level_as_initial(self, bench: Bench) -> None:
        """An alarm that began or ended while the daemon was down is posted at its start."""
        bench.driver.close()
        bench.alarm("fire")
        bench.driver.open()
        events = bench.posted(
            (InputAlarmed, "fire", True, ""), (InputRestored, "battery-low", True, "")
        )
        assert sorted(events, key=str) == [
            (InputAlarmed, "fire", True, ""),
            (InputRestored, "battery-low", True, ""),
            (InputRestored, "duress", True, ""),
            (InputRestored, "enclosure-tamper", True, ""),
            (InputRestored, "mains-lost", True, ""),
        ]

    def test_nothing_is_posted_once_closed(self, bench: Bench) -> None:
        """A daemon that stops must not report its own end as a fire."""
        bench.driver.close()
        bench.driver.close()
        bench.alarm("fire")
        bench.driver.open()
        assert (InputAlarmed, "fire", False, "") not in bench.posted(
            (InputAlarmed, "fire", True, "")
        )
