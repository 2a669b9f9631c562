"""Lengths of the beeps, and the quiet hours. The contract of a buzzer: tests/contract."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from edge.clock import Clock, Stamp
from edge.config.sections.panels import Buzzer, Quiet
from edge.config.zone import zone_of
from edge.drivers.base import BeepPattern
from edge.drivers.wired.buzzer import BEEPS, TICKS, WiredBuzzer, sound
from tests.drivers.conftest import Pins

JAKARTA = zone_of("Asia/Jakarta")
NIGHT = Quiet(begin="21:00", end="06:00")
NOON = Quiet(begin="12:00", end="13:00", beeps="silent")


def at(local: str, *, synced: bool = True) -> Stamp:
    """Return the moment of a local time in Jakarta (UTC+7)."""
    hour, minute = map(int, local.split(":"))
    moment = datetime(2026, 11, 22, hour, minute, tzinfo=UTC)
    return Stamp(0, int(moment.timestamp() * 1000) - 7 * 3_600_000, synced)


@pytest.mark.parametrize(
    ("pattern", "beeps", "least_s"), [("accepted", 1, 0.1), ("refused", 2, 0.1), ("alarm", 1, 1.0)]
)
def test_every_pattern_is_told_from_the_others(
    pins: Pins, clock: Clock, pattern: BeepPattern, beeps: int, least_s: float
) -> None:
    """Patterns differ by count and length: officers know the answer by ear alone."""
    buzzer = WiredBuzzer("buzzer", Buzzer(pin=26), pins.channels(clock), clock)
    buzzer.open()
    buzzer.beep(pattern)
    states = pins[26].states
    # A state's timestamp is the time since the state before it.
    heard = [round(later.timestamp, 6) for state, later in pairwise(states) if state.state]
    assert len(heard) == beeps
    assert min(heard) >= least_s
    buzzer.close()


@pytest.mark.parametrize(
    ("quiet", "local", "softened"),
    [
        (NIGHT, "20:59", False), (NIGHT, "21:00", True), (NIGHT, "00:00", True),
        (NIGHT, "05:59", True), (NIGHT, "06:00", False), (NIGHT, "12:30", False),
        (NOON, "11:59", False), (NOON, "12:00", True), (NOON, "13:00", False),
    ],
)  # fmt: skip
def test_answers_are_softened_in_the_quiet_hours_only(
    quiet: Quiet, local: str, softened: bool
) -> None:
    """The quiet hours are in the machine's local time, over midnight too."""
    soft = {"short": TICKS["refused"], "silent": ()}[quiet.beeps]
    assert sound("refused", quiet, at(local), JAKARTA) == (soft if softened else BEEPS["refused"])


@pytest.mark.parametrize("quiet", [NIGHT, Quiet(begin="21:00", end="06:00", beeps="silent"), None])
@pytest.mark.parametrize("local", ["03:00", "12:30"])
def test_an_alarm_always_sounds_in_full(quiet: Quiet | None, local: str) -> None:
    """No setting softens an alarm."""
    assert sound("alarm", quiet, at(local), JAKARTA) == BEEPS["alarm"]


def test_a_clock_that_is_not_trusted_is_never_quiet() -> None:
    """After a power cut without a network it may be noon while the clock shows night."""
    assert sound("accepted", NIGHT, at("03:00", synced=False), JAKARTA) == BEEPS["accepted"]


def test_answers_in_quiet_hours_are_still_told_apart() -> None:
    """In quiet hours the answers differ by the number of ticks."""
    assert len(TICKS["accepted"]) == 1
    assert len(TICKS["refused"]) == 3
