"""The one clock: durations that cannot jump, moments that say whether to trust them, scaling."""

import pytest

from edge.clock import Clock, Stamp, iso


def test_seconds_within_one_boot_ignore_the_wall_clock() -> None:
    """NTP may jump ten years in the middle of a step: its duration stays right."""
    before = Stamp(1_000_000_000, 0, False, "a")
    after = Stamp(3_500_000_000, 10 * 365 * 86_400_000, True, "a")
    assert after.seconds_since(before) == 2.5


def test_seconds_across_a_reboot_come_from_the_wall_clock() -> None:
    """Boot time starts anew at each boot; only the wall clock spans it."""
    before = Stamp(9_000_000_000_000, 1_000_000, True, "a")
    after = Stamp(1_000_000_000, 1_060_000, True, "b")
    assert after.seconds_since(before) == 60.0


def test_durations_are_never_negative() -> None:
    """A wall clock that went back over a reboot gives zero, not a negative duration."""
    before = Stamp(0, 2_000_000, True, "a")
    after = Stamp(0, 1_000_000, True, "b")
    assert after.seconds_since(before) == 0.0


def test_iso_is_rfc_3339_utc_with_milliseconds() -> None:
    """Every record writes time the same way."""
    assert iso(1_795_313_497_412) == "2026-11-22T02:11:37.412Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"


def test_a_scaled_clock_is_shared_through_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Daemon and world run on one time: same origin, same speed."""
    clock = Clock.scaled(60.0)
    monkeypatch.setenv("GARDU_CLOCK", clock.to_environment())
    other = Clock.from_environment()
    first, second = clock.boot_ns(), other.boot_ns()
    assert 0 <= second - first < 60 * 1_000_000_000
    assert other.real(60.0) == 1.0


def test_the_real_clock_is_the_kernels() -> None:
    """Without the variable there is no scaling, and moments grow."""
    clock = Clock()
    assert clock.speed == 1.0
    first = clock.now()
    assert clock.now().seconds_since(first) >= 0.0
