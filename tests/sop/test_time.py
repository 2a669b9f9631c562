"""Time in the core: wall clocks that jump or start in 1970, and reboots during a visit."""

import asyncio
from datetime import UTC, datetime

import pytest

from edge.clock import Clock, Stamp
from edge.clock_trust import CONFIRMED_MS
from edge.daemon.timers import Timers
from edge.sop import events
from edge.sop.effects import StartTimer
from edge.sop.records import StepCompleted, StepOverdue, VisitClosed
from tests.sop.stand import OPENING_MS, Stand

YEAR_MS = 365 * 86_400_000
HOUR_S = 3600.0
# Uncertainty of a span between two moments of clocks that were confirmed right before, seconds.
BOTH_JUST_CONFIRMED_S = 2 * CONFIRMED_MS / 1e3


class Timepiece(Stand):
    """A stand with a clock that can be set, trusted, and lost by a reboot.

    :ivar wall_ms: error of the wall clock, ms
    :ivar booted: start of the present boot, seconds of the stand's own time
    """

    def __init__(self) -> None:
        super().__init__()
        self.wall_ms = 0
        self.synced = True
        self.booted = -HOUR_S
        self.boot = "first"

    @property
    def now(self) -> Stamp:
        """The present moment as this device knows it."""
        right_ms = OPENING_MS + int(self.seconds * 1000)
        boot_ns = int((self.seconds - self.booted) * 1e9)
        return Stamp(boot_ns, right_ms + self.wall_ms, self.synced, self.boot)

    def reboot(self, *, off_s: float, up_s: float, boot: str = "second") -> None:
        """Be off for *off_s*, and up again for *up_s* when the daemon starts."""
        self.seconds += off_s + up_s
        self.booted, self.boot = self.seconds - up_s, boot
        self.send(events.Started(self.now))

    def arrive_and_register(self, wait_s: float = 100) -> None:
        """Open a visit; after *wait_s* the aide accepts, and the guest needs a card."""
        self.press("reception", "arrive", "pimpinan")
        self.wait(wait_s)

    def finish_step(self) -> StepCompleted:
        """Let the guest leave, which ends step and visit; return the step's record."""
        self.press("reception", "leave")
        return self.steps()[-1]

    def end(self) -> VisitClosed:
        """Return the record of the visit's end."""
        return self.data(VisitClosed)[-1]


def moment(text: str) -> float:
    """Return the seconds since 1970 of an RFC 3339 time."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()


@pytest.fixture
def stand() -> Timepiece:
    """A checkpoint at its opening."""
    return Timepiece()


@pytest.mark.parametrize("jump_ms", [10 * YEAR_MS, -YEAR_MS, -OPENING_MS], ids=str)
def test_a_jump_of_the_wall_clock_changes_no_duration(stand: Timepiece, jump_ms: int) -> None:
    """Ten years ahead, a year back, to 1970: 160 s stay 160 s, and clock_synced is false."""
    stand.arrive_and_register()
    stand.wall_ms, stand.synced = jump_ms, False
    stand.wait(60)
    step = stand.finish_step()
    assert (step.duration_s, step.uncertainty_s, step.over_s) == (160.0, 0.0, 0.0)
    assert (stand.end().duration_s, stand.end().uncertainty_s) == (160.0, 0.0)
    assert (step.clock_synced, stand.end().clock_synced) == (False, False)
    assert moment(step.started) == OPENING_MS / 1e3  # by the last trusted wall clock


@pytest.mark.parametrize("jump_ms", [10 * YEAR_MS, -YEAR_MS], ids=str)
def test_a_jump_fires_no_timer_and_stops_none(stand: Timepiece, jump_ms: int) -> None:
    """The step is overdue after 180 s of boot time, independent of the wall clock."""
    stand.booted = 0.0  # the stand's timers count from there
    stand.arrive_and_register()
    stand.wall_ms = jump_ms
    stand.wait(79)
    assert stand.data(StepOverdue) == []
    stand.wait(1)
    assert len(stand.data(StepOverdue)) == 1


def test_a_visit_that_began_in_1970_is_dated_right_once_the_clock_is_trusted(
    stand: Timepiece,
) -> None:
    """NTP comes in the middle of a step: start plus duration is the end; the duration is right."""
    stand.wall_ms, stand.synced = -OPENING_MS, False
    stand.arrive_and_register()
    assert stand.said("gardu.visit.opened.v1")[0].at.iso().startswith("1970-01-01T00:00:00")
    stand.wall_ms, stand.synced = 0, True
    stand.wait(30)
    step = stand.finish_step()
    assert step.clock_synced
    assert (step.duration_s, step.uncertainty_s) == (130.0, 0.0)
    ended = moment(stand.said("gardu.step.completed.v1")[-1].at.iso())
    assert moment(step.started) + step.duration_s == ended
    assert moment(stand.end().opened) == OPENING_MS / 1e3


def test_an_untrusted_moment_is_never_corrected_by_an_untrusted_one(stand: Timepiece) -> None:
    """Without NTP the date stays as it was noted, and the record marks it as not synchronised."""
    stand.wall_ms, stand.synced = -OPENING_MS, False
    stand.arrive_and_register()
    stand.wall_ms = YEAR_MS
    step = stand.finish_step()
    assert step.started.startswith("1970-01-01")
    assert not step.clock_synced
    assert step.duration_s == 100.0


def test_a_reboot_between_trusted_clocks_is_spanned_by_them(stand: Timepiece) -> None:
    """Off for ten minutes: the duration includes them and states its uncertainty."""
    stand.arrive_and_register()
    stand.reboot(off_s=600, up_s=20)
    stand.wait(30)
    step = stand.finish_step()
    assert (step.duration_s, step.uncertainty_s) == (750.0, BOTH_JUST_CONFIRMED_S)
    assert (stand.end().duration_s, stand.end().uncertainty_s) == (750.0, BOTH_JUST_CONFIRMED_S)


@pytest.mark.parametrize(
    ("before", "after", "wall_ms"),
    [
        (True, False, -OPENING_MS),
        (True, False, 10 * YEAR_MS),
        (False, True, 0),
        (False, False, -YEAR_MS),
        (True, True, -YEAR_MS),
    ],
    ids=["reset to 1970", "reset to the future", "trusted later", "never trusted", "contradiction"],
)
def test_a_reboot_without_a_trusted_clock_gives_the_least_it_was(
    stand: Timepiece, before: bool, after: bool, wall_ms: int
) -> None:
    """The time without power is unknown: the time since this boot, uncertainty unknown (None)."""
    stand.synced = before
    stand.arrive_and_register()
    stand.synced, stand.wall_ms = after, wall_ms
    stand.reboot(off_s=600, up_s=20)
    stand.wait(30)
    step = stand.finish_step()
    assert (step.duration_s, step.uncertainty_s) == (50.0, None)
    assert (stand.end().duration_s, stand.end().uncertainty_s) == (50.0, None)
    assert step.clock_synced is after


def test_trust_that_came_before_the_reboot_dates_what_was_before_it(stand: Timepiece) -> None:
    """1970, then NTP, then a power cut: NTP corrected the start's date, so the span is known."""
    stand.wall_ms, stand.synced = -OPENING_MS, False
    stand.arrive_and_register()
    stand.wall_ms, stand.synced = 0, True
    stand.press("officer-2", "locker")  # any event corrects the date
    stand.reboot(off_s=600, up_s=20)
    step = stand.finish_step()
    assert (step.duration_s, step.uncertainty_s) == (720.0, BOTH_JUST_CONFIRMED_S)
    assert moment(step.started) == OPENING_MS / 1e3


def test_waiting_before_the_step_has_an_uncertainty_of_its_own(stand: Timepiece) -> None:
    """A reboot while the guest waited leaves the duration of the step itself exact."""
    stand.arrive_and_register(20)
    stand.answer("accept")
    stand.press("reception", "accept")
    stand.press("reception", "done")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.answer("accept")  # the aide calls the guest from the waiting room
    stand.detector("passage")
    stand.press("officer-3", "done")  # the aide's step begins; its time runs from the admission on
    stand.wait(10)
    stand.synced = False
    stand.reboot(off_s=600, up_s=20)
    stand.answer("accept")
    stand.wait(40)
    stand.answer("decline")
    meeting = stand.steps()[-1]
    assert meeting.number == 5
    assert (meeting.duration_s, meeting.uncertainty_s) == (40.0, 0.0)
    assert (meeting.waited_s, meeting.waited_uncertainty_s) == (20.0, None)


class FrozenClock(Clock):
    """A clock that stands still and records the waits that are requested."""

    def __init__(self, at: Stamp) -> None:
        super().__init__()
        self.at = at
        self.waits: list[float] = []

    def now(self) -> Stamp:
        """Return the fixed moment."""
        return self.at

    def real(self, seconds: float) -> float:
        """Record *seconds*; return an hour, so that the timer does not fire."""
        self.waits.append(seconds)
        return HOUR_S


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (Stamp(160_000_000_000, OPENING_MS + 10 * YEAR_MS, False, "first"), 120.0),
        (Stamp(160_000_000_000, OPENING_MS - YEAR_MS, False, "first"), 120.0),
        (Stamp(500_000_000_000, OPENING_MS, True, "first"), 0.0),
        (Stamp(20_000_000_000, OPENING_MS + 70_000, True, "second"), 110.0),
        (Stamp(20_000_000_000, 0, False, "second"), 160.0),
        (Stamp(20_000_000_000, OPENING_MS + 10 * YEAR_MS, False, "second"), 160.0),
        (Stamp(20_000_000_000, OPENING_MS - YEAR_MS, True, "second"), 160.0),
        (Stamp(500_000_000_000, 0, False, "second"), 0.0),
    ],
    ids=[
        "+10 years", "-1 year", "run out", "reboot, trusted", "reboot to 1970",
        "reboot to the future", "reboot, contradiction", "reboot, up for longer",
    ],
)  # fmt: skip
def test_a_timer_never_waits_years_nor_longer_than_it_was_set_for(at: Stamp, left: float) -> None:
    """180 s from boot time 100 s: the rest follows the rules of spans, from 0 to 180 s."""
    loop = asyncio.new_event_loop()
    clock = FrozenClock(at)
    timers = Timers(loop, clock, lambda _make: None)
    timers.start("phase", Stamp(100_000_000_000, OPENING_MS, True, "first"), 180.0)
    timers.stop()
    loop.close()
    assert clock.waits == [left]


def test_after_a_reboot_open_visits_ask_for_their_timers_from_where_they_began(
    stand: Timepiece,
) -> None:
    """The core states the start, not the remaining time: the present clock gives the rest."""
    stand.arrive_and_register(10)
    stand.effects.clear()
    stand.reboot(off_s=600, up_s=20)
    since = {timer.since for timer in stand.of(StartTimer)}
    assert since == {Stamp(int(HOUR_S * 1e9), OPENING_MS, True, "first")}
