"""Trust in the wall clock: the bound of its error over outages, steps, restarts and reboots."""

import ctypes
import platform
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import clock_trust as module
from edge.clock_trust import (
    CONFIRMED_MS,
    DRIFT_PPM,
    STEP_MS,
    Confirmation,
    Correction,
    Trust,
    kernel_error_us,
)

HOUR_S, DAY_S = 3600, 86_400
# The kernel's own bound grows by so much, and its trust ends at 16 s (kernel/time/ntp.c).
KERNEL_PPM, KERNEL_LIMIT_US = 500, 16_000_000
FROM_MS = 1_795_313_497_412


class Machine:
    """A machine whose clock is confirmed by a time server, and stepped.

    :ivar off_ms: by how much the wall clock was stepped against boot time, in all
    """

    def __init__(self, boot: str = "a") -> None:
        self.boot_ns, self.off_ms, self.confirmed_ns = 60 * 10**9, 0.0, None
        self.trust = Trust(boot, lambda: (self.boot_ns, self.wall_ms))

    confirmed_ns: int | None

    @property
    def wall_ms(self) -> int:
        """The wall clock."""
        return round(FROM_MS + self.boot_ns // 1_000_000 + self.off_ms)

    @property
    def kernel_us(self) -> int | None:
        """The kernel's bound; None when it does not trust the clock."""
        if self.confirmed_ns is None:
            return None
        error_us = (self.boot_ns - self.confirmed_ns) // 1000 * KERNEL_PPM // 10**6
        return None if error_us > KERNEL_LIMIT_US else error_us

    def wait(self, seconds: float) -> None:
        """Let time pass; boot time and wall clock have the same rate."""
        self.boot_ns += round(seconds * 1e9)

    def confirm(self, left_ms: float = 0.0) -> None:
        """Have a time server set the clock; *left_ms* of its error remains to be slewed."""
        self.off_ms, self.confirmed_ns = left_ms, self.boot_ns

    def set_by_hand(self, by_ms: int) -> None:
        """Set the date: the kernel calls the clock unsynchronised from then on."""
        self.off_ms += by_ms
        self.confirmed_ns = None

    def error_ms(self) -> int | None:
        """Return the bound now."""
        return self.trust.error_ms(self.boot_ns, self.wall_ms, self.kernel_us)


@pytest.mark.parametrize(
    ("away_s", "error_ms", "kernel_trusts"),
    [
        (0, 500, True),
        (60, 506, True),
        (8 * HOUR_S, 3_380, True),
        (9 * HOUR_S, 3_740, False),
        (16 * HOUR_S, 6_260, False),
        (DAY_S, 9_140, False),
        (3 * DAY_S, 26_420, False),
        (7 * DAY_S, 60_980, False),
    ],
)
def test_an_outage_lets_the_bound_grow_with_the_crystal(
    away_s: int, error_ms: int, kernel_trusts: bool
) -> None:
    """After nine hours the kernel gives up; the bound is then 3.7 s, and a minute after a week."""
    machine = Machine()
    machine.confirm()
    assert machine.error_ms() == CONFIRMED_MS
    machine.wait(away_s)
    assert (machine.kernel_us is not None) is kernel_trusts
    assert machine.error_ms() == error_ms


def test_reading_often_gives_the_same_bound_as_reading_once() -> None:
    """The kernel's faster growing bound, read each minute of nine hours, improves nothing."""
    machine = Machine()
    machine.confirm()
    for _ in range(9 * 60):
        machine.error_ms()
        machine.wait(60)
    assert machine.error_ms() == CONFIRMED_MS + 9 * HOUR_S * DRIFT_PPM // 1000


def test_a_time_server_that_comes_back_makes_the_bound_small_again() -> None:
    """Its correction is a step with a confirmation."""
    machine = Machine()
    machine.confirm()
    machine.error_ms()
    machine.wait(3 * DAY_S)
    machine.off_ms = -20_000
    before = machine.wall_ms
    machine.confirm()
    assert machine.wall_ms - before == 20_000
    assert machine.error_ms() == CONFIRMED_MS


def test_a_clock_that_was_never_confirmed_has_no_bound() -> None:
    """A start in 1970, or with the time that systemd saved: unknown, for however long."""
    machine = Machine()
    for _ in range(3):
        machine.wait(DAY_S)
        assert machine.error_ms() is None


@pytest.mark.parametrize("by_ms", [STEP_MS + 1, -STEP_MS - 1, 10 * 365 * DAY_S * 1000])
def test_a_date_set_by_hand_ends_the_trust(by_ms: int) -> None:
    """It may be right or wrong: only a time server can tell. The step is reported, once."""
    machine = Machine()
    machine.confirm()
    machine.error_ms()
    machine.wait(HOUR_S)
    machine.set_by_hand(by_ms)
    assert machine.error_ms() is None
    machine.wait(60)
    assert machine.error_ms() is None
    assert list(machine.trust.corrections) == [Correction(by_ms, 860, confirmed=False)]
    machine.confirm()
    assert machine.error_ms() == CONFIRMED_MS


def test_a_small_step_counts_as_error() -> None:
    """Half a second by hand makes the bound half a second larger."""
    machine = Machine()
    machine.confirm()
    machine.error_ms()
    machine.set_by_hand(-500)
    assert machine.error_ms() == CONFIRMED_MS + 500


def test_a_step_with_a_confirmation_has_its_size_and_the_bound_before() -> None:
    """The note says how wrong the clock was, and how wrong it was taken to be."""
    machine = Machine()
    machine.confirm(left_ms=0)
    machine.error_ms()
    machine.wait(10 * HOUR_S)
    # The wall clock is stepped by 7 s relative to boot time.
    machine.off_ms = 7_000
    machine.confirmed_ns = machine.boot_ns
    assert machine.error_ms() == CONFIRMED_MS
    assert list(machine.trust.corrections) == [Correction(7_000, 4_100, confirmed=True)]


def test_a_thread_that_was_stopped_between_two_readings_sees_no_step() -> None:
    """The clocks are read again, close together, before trust ends."""
    machine = Machine()
    machine.confirm()
    machine.error_ms()
    late_ms = machine.wall_ms + 30_000
    assert machine.trust.error_ms(machine.boot_ns, late_ms, None) == CONFIRMED_MS
    assert not machine.trust.corrections


def test_clocks_that_cannot_be_read_close_together_end_no_trust() -> None:
    """On a machine that swaps, each pair of readings may be a second apart."""
    times: Iterator[int] = iter(range(60, 1000))
    trust = Trust("a", lambda: (next(times) * 10**9, FROM_MS))
    trust.error_ms(60 * 10**9, FROM_MS, 0)
    assert trust.error_ms(60 * 10**9, FROM_MS + 30_000, None) == CONFIRMED_MS


deeds = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 3 * DAY_S)),
    st.tuples(st.just("confirm"), st.integers(-400, 400)),
    st.tuples(st.just("set"), st.integers(-60_000, 60_000)),
    st.tuples(st.just("read"), st.just(0)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(deeds, max_size=30), st.floats(-DRIFT_PPM, DRIFT_PPM))
def test_the_bound_holds_and_never_shrinks_without_a_confirmation(
    story: list[tuple[str, int]], ppm: float
) -> None:
    """For any outages, steps, readings and any crystal: the true error is within the bound."""
    machine, bound, confirmed = Machine(), None, False
    true_off = 0.0  # the wall clock's true error, the crystal's drift included, ms
    for deed, value in story:
        if deed == "wait":
            machine.wait(value)
            true_off += value * ppm / 1000
        elif deed == "confirm":
            # The step is what the wall clock jumps by against boot time.
            machine.off_ms += value - true_off
            true_off, machine.confirmed_ns, confirmed = float(value), machine.boot_ns, True
        elif deed == "set":
            machine.set_by_hand(value)
            true_off += value
        now = machine.error_ms()
        if now is not None:
            assert abs(true_off) <= now + 12  # whole milliseconds, and steps too small to be seen
            # A small step that is taken back takes its error with it.
            assert bound is None or confirmed or deed == "set" or now >= bound - 12
        bound, confirmed = now, False


def test_a_confirmation_of_another_boot_or_of_less_worth_is_not_used() -> None:
    """Boot time starts again with each boot; an older confirmation must not widen the bound."""
    machine = Machine("b")
    assert not machine.trust.offer(Confirmation("a", 1, FROM_MS, 1))
    assert machine.error_ms() is None
    own = Confirmation("b", machine.boot_ns, machine.wall_ms, 700)
    assert machine.trust.offer(own)
    assert not machine.trust.offer(Confirmation("b", machine.boot_ns, machine.wall_ms, 900))
    assert machine.error_ms() == 700


@pytest.mark.parametrize(("answer", "trusted"), [(0, True), (4, True), (5, False), (-1, False)])
def test_the_kernel_is_believed_only_while_it_trusts_the_clock(
    monkeypatch: pytest.MonkeyPatch, answer: int, trusted: bool
) -> None:
    """TIME_OK and its leap seconds count; TIME_ERROR and a forbidden call do not."""

    class Kernel:
        def adjtimex(self, timex: object) -> int:
            module._timex.maxerror = 1234
            return answer

    monkeypatch.setattr(module, "_libc", Kernel())
    assert kernel_error_us() == (1234 if trusted else None)


def test_the_fields_lie_where_this_machines_c_library_has_them() -> None:
    """Maxerror is read at its place: behind an int and two longs, padded as the compiler does."""
    long = struct.calcsize("l")
    assert module._Timex.maxerror.offset == struct.calcsize("ill")
    assert module._Timex.maxerror.size == long
    assert module._Timex.tolerance.offset + long == struct.calcsize("illllilll")
    assert ctypes.sizeof(module._Timex) >= 256, platform.machine()


def test_this_machines_kernel_answers() -> None:
    """The real call gives a bound below the kernel's own limit, or none."""
    error_us = kernel_error_us()
    assert error_us is None or 0 <= error_us <= KERNEL_LIMIT_US
