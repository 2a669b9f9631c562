"""Contacts: initial level, edges, wiring, missed edges, and errors in the callback."""

from collections.abc import Iterator
from typing import Any

import pytest

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.plausibility import Level
from tests.drivers.conftest import Pins


class Reports:
    """Collects a contact's reports; *broken* makes it raise instead."""

    def __init__(self) -> None:
        self.seen: list[tuple[bool, bool]] = []
        self.broken = False

    def __call__(self, level: Level) -> None:
        """Record one report (a ``Report``)."""
        if self.broken:
            raise RuntimeError("broken on purpose")
        self.seen.append((level.active, level.initial))


@pytest.fixture
def reports() -> Reports:
    """Return the collector of reports."""
    return Reports()


@pytest.fixture
def contact(pins: Pins, clock: Clock, reports: Reports) -> Iterator[WiredContact]:
    """Yield an open, normally-open contact to ground on pin 17, its first report removed."""
    contact = WiredContact(Contact(pin=17), pins.channels(clock), clock, reports)
    contact.open()
    assert reports.seen == [(False, True)]
    reports.seen.clear()
    yield contact
    contact.close()


# The wiring of a contact, and the level of the pin while the contact is active (True: high).
WIRINGS: list[tuple[dict[str, Any], bool]] = [
    ({"wired": "normally-open", "pull": "up"}, False),
    ({"wired": "normally-open", "pull": "external-up"}, False),
    ({"wired": "normally-open", "pull": "down"}, True),
    ({"wired": "normally-open", "pull": "external-down"}, True),
    ({"wired": "normally-closed", "pull": "up"}, True),
    ({"wired": "normally-closed", "pull": "external-up"}, True),
    ({"wired": "normally-closed", "pull": "down"}, False),
    ({"wired": "normally-closed", "pull": "external-down"}, False),
]


@pytest.mark.parametrize("wiring", WIRINGS, ids=lambda wiring: "-".join(wiring[0].values()))
def test_every_wiring_reports_active_at_its_level(
    pins: Pins, clock: Clock, reports: Reports, wiring: tuple[dict[str, Any], bool]
) -> None:
    """In each of eight wirings active is at its level; a wrong one would read an alarm as clear."""
    keys, high = wiring
    contact = WiredContact(Contact(pin=17, **keys), pins.channels(clock), clock, reports)
    contact.open()
    for level in (high, not high, high):
        pins.drive(17, high=level)
    contact.close()
    assert [active for active, _ in reports.seen][-3:] == [True, False, True]
    assert [initial for _, initial in reports.seen] == [True] + [False] * (len(reports.seen) - 1)


def test_a_cut_wire_of_a_closed_loop_is_active(pins: Pins, clock: Clock, reports: Reports) -> None:
    """A closed loop without a connection is active, as an alarm loop needs."""
    contact = WiredContact(
        Contact(pin=17, wired="normally-closed", pull="up"), pins.channels(clock), clock, reports
    )
    contact.open()
    contact.close()
    assert reports.seen == [(True, True)]


def test_external_pull_up_on_a_pin_with_its_own(pins: Pins, clock: Clock, reports: Reports) -> None:
    """GPIO 2 and 3 are pulled up on the board; to let gpiozero float them would raise."""
    contact = WiredContact(Contact(pin=2, pull="external-up"), pins.channels(clock), clock, reports)
    contact.open()
    pins.drive(2, high=False)
    contact.close()
    assert reports.seen == [(False, True), (True, False)]


def test_bounce_time_reaches_the_library(pins: Pins, clock: Clock, contact: WiredContact) -> None:
    """The bounce time is in real seconds for the library; zero is None there."""
    assert pins[17].bounce == 0.02
    contact.close()
    other = WiredContact(
        Contact(pin=17, bounce_s=0), pins.channels(clock), clock, lambda _level: None
    )
    other.open()
    assert pins[17].bounce is None
    other.close()


def test_a_missed_edge_is_found_once(pins: Pins, contact: WiredContact, reports: Reports) -> None:
    """An edge that the library lost is reported by reconcile, and the next edge is not lost."""
    pins[17].muted = True
    pins.drive(17, high=False)
    pins[17].muted = False
    assert reports.seen == []
    contact.reconcile()
    contact.reconcile()
    assert reports.seen == [(True, False)]
    pins.drive(17, high=True)
    assert reports.seen == [(True, False), (False, False)]


def test_a_bounce_is_no_missed_edge(
    pins: Pins, clock: Clock, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A level that is gone after the bounce time is not reported."""
    contact = WiredContact(Contact(pin=17), pins.channels(clock), clock, reports)
    contact.open()
    pins[17].muted = True
    pins.drive(17, high=False)
    monkeypatch.setattr(clock, "sleep", lambda _: pins.drive(17, high=True))
    contact.reconcile()
    contact.close()
    assert reports.seen == [(False, True)]


def test_an_error_in_the_callback_is_logged_and_made_good(
    pins: Pins, contact: WiredContact, reports: Reports, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception would end lgpio's only thread: it is logged, and the change reported later."""
    reports.broken = True
    pins.drive(17, high=False)
    assert "pin 17" in caplog.text
    reports.broken = False
    contact.reconcile()
    assert reports.seen == [(True, False)]


def test_a_closed_contact_is_silent_and_opens_again(
    pins: Pins, contact: WiredContact, reports: Reports
) -> None:
    """Closing releases the pin and may be repeated; opening begins with the initial level."""
    contact.close()
    contact.close()
    pins.drive(17, high=False)
    contact.reconcile()
    assert reports.seen == []
    contact.open()
    assert reports.seen == [(False, True)]
