"""The one clock: durations that cannot jump, moments marked as trusted or not, scaling."""

import msgspec
import pytest

from edge.clock import Clock, Span, Stamp, iso


def test_seconds_within_one_boot_ignore_the_wall_clock() -> None:
    """NTP may jump ten years in the middle of a step: its duration stays right."""
    before = Stamp(1_000_000_000, 0, False, "a")
    after = Stamp(3_500_000_000, 10 * 365 * 86_400_000, True, "a")
    assert after.seconds_since(before) == 2.5


def test_seconds_across_a_reboot_come_from_the_wall_clock() -> None:
    """Boot time starts at zero with each boot; only the wall clock spans a reboot."""
    before = Stamp(9_000_000_000_000, 1_000_000, True, "a")
    after = Stamp(1_000_000_000, 1_060_000, True, "b")
    assert after.seconds_since(before) == 60.0


def test_durations_are_never_negative() -> None:
    """A wall clock that went back over a reboot gives zero, not a negative duration."""
    before = Stamp(0, 2_000_000, True, "a")
    after = Stamp(0, 1_000_000, True, "b")
    assert after.seconds_since(before) == 0.0


def test_iso_is_rfc_3339_utc_with_milliseconds() -> None:
    """Every record has its time in one format: RFC 3339, UTC, milliseconds."""
    assert iso(1_795_313_497_412) == "2026-11-22T02:11:37.412Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"


def test_a_scaled_clock_is_shared_through_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Daemon and simulated lobby share one time: same origin, same speed."""
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


BEFORE = Stamp(9_000_000_000_000, 1_000_000_000, True, "a")


@pytest.mark.parametrize(
    ("wall_ms", "trusted", "span"),
    [
        (1_000_060_000, True, Span(60.0, 1.0)),
        (1_000_060_000, False, Span(30.0, None)),
        (0, False, Span(30.0, None)),
        (10**13, False, Span(30.0, None)),
        (1_000_020_000, True, Span(30.0, None)),
        (1_000_029_500, True, Span(29.5, 1.0)),
    ],
    ids=["trusted", "untrusted", "1970", "year 2286", "contradiction", "within uncertainty"],
)
def test_a_span_across_a_reboot_says_how_sure_it_is(
    wall_ms: int, trusted: bool, span: Span
) -> None:
    """A span is between two trusted moments, or at least the time since boot; never negative."""
    after = Stamp(30_000_000_000, wall_ms, trusted, "b")
    assert after.since(BEFORE) == span
    assert after.seconds_since(BEFORE) == span.seconds


def test_a_date_is_corrected_only_by_a_better_one() -> None:
    """A date of "1970" is corrected once NTP has set the clock; a trusted date is not changed."""
    in_1970 = Stamp(1_000_000_000, 12_000, False, "a")
    trusted = Stamp(61_000_000_000, 1_795_313_497_412, True, "a")
    untrusted = Stamp(121_000_000_000, 5_000, False, "a")
    assert trusted.dating(in_1970) == trusted.wall_ms - 60_000
    assert untrusted.dating(in_1970) == in_1970.wall_ms
    assert untrusted.dating(trusted) == trusted.wall_ms


def test_a_span_across_a_reboot_has_the_errors_of_both_clocks() -> None:
    """An outage of days makes a duration less sure; it does not make it unknown."""
    before = Stamp(9_000_000_000_000, 1_000_000_000, True, "a", 4_300)
    after = Stamp(30_000_000_000, 1_000_060_000, True, "b", 20_000)
    assert after.since(before) == Span(60.0, 24.3)
    assert Stamp(30_000_000_000, 1_000_010_000, True, "b", 20_000).since(before) == Span(10.0, 24.3)


def test_moments_of_older_versions_can_be_read() -> None:
    """A stored state has moments without a bound: they count as confirmed right then."""
    old = msgspec.convert([9_000_000_000_000, 1_000_000_000, True, "a"], Stamp)
    assert old == BEFORE
    assert old.error_ms is None
    assert msgspec.to_builtins(old)[:4] == [9_000_000_000_000, 1_000_000_000, True, "a"]


@pytest.mark.parametrize(
    ("kernel_us", "trusted", "error_ms"),
    [(0, True, 500), (16_000_000, True, 16_500), (60_000_000, False, 60_500), (None, False, None)],
)
def test_a_clock_is_trusted_while_its_error_is_small(
    kernel_us: int | None, trusted: bool, error_ms: int | None
) -> None:
    """The kernel's bound is the beginning; more than the config's limit is not trusted."""

    class Machine(Clock):
        def kernel_error_us(self) -> int | None:
            return kernel_us

    clock = Machine()
    clock.set_limits(trusted_error_s=30.0, drift_ppm=100)
    now = clock.now()
    assert (now.synced, now.error_ms) == (trusted, error_ms)
