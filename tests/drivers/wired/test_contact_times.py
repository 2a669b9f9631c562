"""Minimum times of pulses and rests of a contact, on mock pins."""

from collections.abc import Iterator
from typing import Any

import pytest

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.plausibility import LIMITS, Level
from tests.drivers.conftest import PATIENCE_S, Pins

PIN = 23


class Rig:
    """A contact to ground on mock pins, and its reports.

    :param found: True if it is active at opening, as an unconnected normally-closed one is
    """

    def __init__(
        self,
        pins: Pins,
        clock: Clock,
        *,
        found: bool = False,
        minimum_s: float,
        hold_s: float = 0.0,
        stuck_s: float | None = None,
    ) -> None:
        self.pins = pins
        self.found = found
        self.clock = clock
        self.reports: list[tuple[bool, bool]] = []
        self.short = 0
        contact = Contact(pin=PIN, wired="normally-closed" if found else "normally-open")
        limits = LIMITS["alarm"]._replace(active_s=minimum_s, rest_s=hold_s)
        self.contact = WiredContact(
            contact, pins.channels(clock), clock, self._report, limits,
            on_noise=self._too_short, stuck_s=stuck_s,
        )  # fmt: skip

    def _report(self, level: Level) -> None:
        self.reports.append((level.active, level.initial))

    def _too_short(self, pulses: int) -> None:
        self.short += pulses

    def edges(self, *edges: tuple[float, bool]) -> None:
        """Hand over edges late, all at once: seconds before now, and the pin's level."""
        now = self.clock.boot_ns() / 1e9
        for ago_s, level in edges:
            self.contact._changed(now - ago_s, level)

    def set(self, *, active: bool) -> None:
        """Make the contact active, or inactive."""
        self.pins.drive(PIN, high=active == self.found)

    def wait(self, count: int) -> list[tuple[bool, bool]]:
        """Return the reports once there are *count* of them."""
        end = self.clock.boot_ns() + int(PATIENCE_S * self.clock.speed * 1e9)
        while len(self.reports) < count and self.clock.boot_ns() < end:
            self.clock.sleep(0.05)
        return self.reports


SLOW: dict[str, Any] = {"minimum_s": 30.0, "hold_s": 30.0, "stuck_s": 5.0}
"""Half a minute to count and half a minute to end: no machine is that slow at fifty times."""


@pytest.fixture
def rig(pins: Pins, clock: Clock) -> Iterator[Rig]:
    """Yield a contact that is at rest when opened."""
    rig = Rig(pins, clock, **SLOW)
    yield rig
    rig.contact.close()


@pytest.fixture
def active_rig(pins: Pins, clock: Clock) -> Iterator[Rig]:
    """Yield a contact that is active when opened."""
    rig = Rig(pins, clock, found=True, **SLOW)
    yield rig
    rig.contact.close()


def test_a_short_pulse_is_noise(rig: Rig) -> None:
    """A short pulse is counted as too short, and not reported."""
    rig.contact.open()
    rig.set(active=True)
    rig.set(active=False)
    assert (rig.reports, rig.short) == ([(False, True)], 1)


def test_a_second_short_pulse_soon_after_is_no_noise(rig: Rig) -> None:
    """Short pulses in a row, as of a relay in saturation, are an alarm, however short they are."""
    rig.contact.open()
    for active in (True, False, True, False):
        rig.set(active=active)
    assert (rig.reports, rig.short) == ([(False, True), (True, False)], 1)


def test_a_short_rest_does_not_count(active_rig: Rig) -> None:
    """The level found at opening is reported at once; every edge restarts the hold time."""
    active_rig.contact.open()
    for active in (False, True, False, True):
        active_rig.set(active=active)
    assert (active_rig.reports, active_rig.short) == ([(True, True)], 0)


def test_what_lasts_is_reported_when_its_time_has_come(pins: Pins, clock: Clock) -> None:
    """A lasting level is reported after its time in either direction, without another edge."""
    rig = Rig(pins, clock, minimum_s=1.0, hold_s=1.0)
    rig.contact.open()
    rig.set(active=True)
    assert rig.wait(2)[1:] == [(True, False)]
    rig.set(active=False)
    assert rig.wait(3)[2:] == [(False, False)]
    rig.contact.close()
    assert rig.short == 0


def test_without_times_it_reports_every_edge_at_once(pins: Pins, clock: Clock) -> None:
    """Without times every edge is reported at once, as of a plain contact."""
    rig = Rig(pins, clock, minimum_s=0.0)
    rig.contact.open()
    rig.set(active=True)
    rig.set(active=False)
    rig.contact.close()
    assert rig.reports == [(False, True), (True, False), (False, False)]


def test_a_contact_that_warbles_for_ever_is_stuck(active_rig: Rig) -> None:
    """Short pulses without end are one activity that has lasted too long: stuck."""
    active_rig.contact.open()
    while active_rig.contact.stuck() is None:
        active_rig.set(active=False)
        active_rig.clock.sleep(0.5)
        active_rig.set(active=True)
    assert active_rig.reports == [(True, True)]


def test_closing_forgets_what_was_not_reported(pins: Pins, clock: Clock) -> None:
    """No timer reports for a closed contact, and opening starts from the beginning."""
    rig = Rig(pins, clock, minimum_s=0.5)
    rig.contact.open()
    rig.set(active=True)
    rig.contact.close()
    clock.sleep(2)
    assert rig.reports == [(False, True)]
    rig.contact.open()
    rig.contact.close()
    assert rig.reports == [(False, True), (False, True)]


def test_an_edge_that_was_missed_is_found_again(pins: Pins, clock: Clock) -> None:
    """An alarm with a lost edge is found by reconcile."""
    rig = Rig(pins, clock, minimum_s=0.1)
    rig.contact.open()
    pins[PIN].muted = True
    rig.set(active=True)
    rig.contact.reconcile()
    assert rig.wait(2)[1:] == [(True, False)]
    rig.contact.close()


def test_the_moments_of_the_edges_count_not_when_somebody_looked(rig: Rig) -> None:
    """The times of the edges count, not of their processing: 35 s apart they are an alarm."""
    rig.contact.open()
    rig.clock.sleep(36)
    rig.edges((35, False), (0, True))
    assert (rig.reports, rig.short) == ([(False, True), (True, False)], 0)


def test_a_countdown_that_is_late_ends_nothing_more(pins: Pins, clock: Clock) -> None:
    """Press and release before a late countdown are one report each, and no stuck contact."""
    rig = Rig(pins, clock, minimum_s=5.0, stuck_s=5.0)
    rig.contact.open()
    clock.sleep(11)
    rig.edges((10, False), (0, True))
    told = [(False, True), (True, False), (False, False)]
    assert rig.reports == told
    clock.sleep(20)
    assert rig.reports == told
    assert rig.contact.stuck() is None
    rig.contact.close()
