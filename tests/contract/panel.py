"""The contract of a panel, on its twin and on the bench of a technician.

A test module subclasses :class:`PanelContract` as ``Test…`` and gives it a fixture ``bench`` with
the panel ``reception``. Its two buttons mean *arrive* (for pimpinan), and *decline* or, held,
*absent*. Its driver is open, and no event was posted since.
"""

from typing import Any, Protocol

import pytest

from edge.drivers import base
from edge.sop.effects import LampMode
from edge.sop.events import ButtonPressed

Said = tuple[Any, ...]

ARRIVED = (ButtonPressed, "reception", "arrive", "pimpinan", None, None)
DECLINED = (ButtonPressed, "reception", "decline", None, None, None)
ABSENT = (ButtonPressed, "reception", "absent", None, None, None)


class Bench(Protocol):
    """The panel behind a driver; its buttons by their meaning."""

    @property
    def driver(self) -> base.Panel:
        """The driver under test."""

    def press(self, button: str) -> None:
        """Press a button and release it."""

    def hold(self, button: str) -> None:
        """Hold a button for a second and a half, and release it."""

    def tremble(self, button: str) -> None:
        """Press a button twice, as fast as a trembling finger."""

    def lean(self, seconds: int) -> None:
        """Press both buttons in one movement, and release them after *seconds*."""

    def shows(self, mode: str) -> bool:
        """Return True if the lamps show *mode*, by docs/panel.md."""

    def reverses(self, button: str) -> bool:
        """Press a button; return True if the plain lamp went out or lit for a moment."""

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""


class PanelContract:
    """Tests for all panels."""

    def test_a_press_is_posted_once(self, bench: Bench) -> None:
        """A press is posted once, with its procedure if it has one; its release posts no event."""
        bench.press("arrive")
        bench.press("decline")
        assert bench.posted(ARRIVED, DECLINED) == [ARRIVED, DECLINED]

    def test_a_held_button_has_its_other_meaning(self, bench: Bench) -> None:
        """A held button posts its other meaning only; one without another meaning posts a press."""
        bench.hold("decline")
        bench.hold("arrive")
        assert bench.posted(ABSENT, ARRIVED) == [ABSENT, ARRIVED]

    def test_a_trembling_finger_presses_once(self, bench: Bench) -> None:
        """Two presses of one button within a trembling finger's time are one."""
        bench.tremble("decline")
        bench.press("arrive")
        assert bench.posted(DECLINED, ARRIVED) == [DECLINED, ARRIVED]

    def test_two_buttons_at_once_mean_nothing(self, bench: Bench) -> None:
        """Two buttons at once, as by leaning on the panel, are ignored; the next press counts."""
        bench.lean(1)
        bench.press("arrive")
        assert bench.posted(ARRIVED) == [ARRIVED]

    @pytest.mark.parametrize("mode", ["on", "slow", "amber", "red", "fast"])
    def test_every_mode_is_told_from_the_others(self, bench: Bench, mode: LampMode) -> None:
        """The modes differ with any set of lamps; with one lamp, overdue and alarm are alike."""
        bench.driver.show(mode)
        assert bench.shows(mode)
        bench.driver.show("off")
        assert bench.shows("off")

    @pytest.mark.parametrize("mode", ["off", "on"])
    def test_a_press_is_heard(self, bench: Bench, mode: LampMode) -> None:
        """The lamp itself answers a press for a moment, lit or dark; then its mode goes on."""
        bench.driver.show(mode)
        assert bench.shows(mode)
        assert bench.reverses("arrive")
        assert bench.shows(mode)
        assert bench.posted(ARRIVED) == [ARRIVED]

    def test_a_mode_set_during_a_flash_is_shown_after_it(self, bench: Bench) -> None:
        """The flashes of a refusal delay no call and lose no mode."""
        bench.driver.flash()
        bench.driver.show("slow")
        assert bench.shows("slow")

    def test_two_buttons_held_together_are_the_lamp_test(self, bench: Bench) -> None:
        """The lamp test posts no event; afterwards the lamps show the mode from before."""
        bench.driver.show("slow")
        bench.lean(4)
        assert bench.shows("slow")
        bench.press("arrive")
        assert bench.posted(ARRIVED) == [ARRIVED]

    def test_nothing_is_posted_once_closed(self, bench: Bench) -> None:
        """A closed panel posts no event, and its lamps are dark."""
        bench.driver.show("fast")
        bench.driver.close()
        bench.driver.close()
        assert bench.shows("off")
        bench.press("arrive")
        bench.driver.open()
        bench.press("decline")
        assert bench.posted(DECLINED) == [DECLINED]
