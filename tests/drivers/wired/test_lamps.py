"""Signs over the modes of a panel's lamps, with timers that a test fires by hand.

The panel on bare pins is in test_panel.py.
"""

import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from edge.clock import Clock
from edge.config.sections.panels import LampName
from edge.drivers.wired.lamps import BLINKS, MOST_BEATS, SIGNS, Lamps, Rhythm, rhythms
from edge.drivers.wired.outputs import WiredOutput
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import LampMode

MODES: tuple[LampMode, ...] = ("off", "on", "slow", "amber", "red", "fast")
FITTED: tuple[LampName, ...] = ("green", "red")
HEARD, REFUSED = len(SIGNS["heard"]), len(SIGNS["refused"])


class HandTimer(threading.Timer):
    """A timer without a thread: it waits in *waiting* until a test fires it.

    :ivar running: it has ended, but its call waits for a lock: too late to cancel it
    """

    def __init__(
        self, seconds: float, call: Callable[[], None], waiting: list["HandTimer"]
    ) -> None:
        super().__init__(seconds, call)
        self.waiting = waiting
        self.due = seconds
        self.running = False

    def start(self) -> None:
        """Begin to wait."""
        self.waiting.append(self)

    def cancel(self) -> None:
        """Stop waiting, unless it has ended already."""
        if not self.running and self in self.waiting:
            self.waiting.remove(self)


class FakeLamp(WiredOutput):
    """An output whose rhythm can be read.

    :ivar rhythm: None: dark
    :ivar lit_half: True while a blink is in its lit part
    :ivar diary: every rhythm that it was given
    """

    def __init__(self) -> None:
        self.rhythm: Rhythm | None = None
        self.lit_half = True
        self.claimed = True
        self.broken = False
        self.diary: list[Rhythm | None] = []

    def close(self) -> None:
        """Go dark, for good."""
        self.claimed, self.rhythm = False, None

    @property
    def on(self) -> bool:
        """True while it is lit."""
        self._check()
        return self._lit

    @property
    def _lit(self) -> bool:
        return self.rhythm == "steady" or (self.rhythm is not None and self.lit_half)

    def set(self, *, on: bool) -> None:
        """Be lit or dark."""
        self._become("steady" if on else None)

    def blink(self, on_s: float, off_s: float) -> None:
        """Blink, beginning lit."""
        self._become(next(name for name, times in BLINKS.items() if times == (on_s, off_s)))
        self.lit_half = True

    def _become(self, rhythm: Rhythm | None) -> None:
        if self.broken:
            self.rhythm = "steady" if self._lit else None  # the blinking ends in any case
        self._check()
        self.rhythm = rhythm
        self.diary.append(rhythm)

    def _check(self) -> None:
        if not self.claimed:
            raise DeviceUnavailable("closed")
        if self.broken:
            raise DeviceFault("broken")


class Bench:
    """The lamps of one panel; the plain one is *green*."""

    def __init__(self, fitted: tuple[LampName, ...] = FITTED) -> None:
        self.fakes = {name: FakeLamp() for name in fitted}
        self.waiting: list[HandTimer] = []
        self.now = 0.0
        self.lamps = Lamps(self.fakes, Clock(), self._timer)

    @property
    def green(self) -> FakeLamp:
        """The plain lamp."""
        return self.fakes["green"]

    def heard(self) -> None:
        """Have a press heard: the sign has begun when this returns."""
        self.lamps.heard()
        self.fire(lambda timer: timer.interval == 0)

    def fire(self, which: Callable[[HandTimer], bool] = lambda _timer: True) -> None:
        """Fire the timer that is due first (of those that *which* accepts)."""
        timer = min(filter(which, self.waiting), key=lambda timer: timer.due)
        self.waiting.remove(timer)
        self.now = max(self.now, timer.due)
        timer.function()

    def settle(self) -> None:
        """Fire timers until none waits."""
        while self.waiting:
            self.fire()

    def shown(self) -> dict[LampName, Rhythm]:
        """Return the rhythm of each lamp that is not dark."""
        return {name: fake.rhythm for name, fake in self.fakes.items() if fake.rhythm is not None}

    def shows(self, mode: LampMode) -> bool:
        """Return True if the lamps show *mode*."""
        return self.shown() == rhythms(mode, frozenset(self.fakes))

    def _timer(self, seconds: float, call: Callable[[], None]) -> threading.Timer:
        timer = HandTimer(seconds, call, self.waiting)
        timer.due += self.now
        return timer


@pytest.fixture
def bench() -> Bench:
    """Return a panel with a green and a red lamp, dark."""
    return Bench()


@pytest.mark.parametrize(
    ("mode", "lit_half", "lit"),
    [
        ("off", True, False),
        ("on", True, True),
        ("red", True, False),
        ("slow", True, True),
        ("slow", False, False),
        ("amber", True, True),
    ],
)
def test_a_press_reverses_the_lamp_for_a_moment(
    bench: Bench, mode: LampMode, lit_half: bool, lit: bool
) -> None:
    """A lit lamp goes out, a dark one lights, a blinking one either; then the mode goes on."""
    bench.lamps.show(mode)
    bench.green.lit_half = lit_half
    bench.green.diary.clear()
    bench.heard()
    assert bench.green.on is not lit
    bench.fire()
    assert bench.green.on is lit
    bench.settle()
    assert bench.shows(mode)
    assert len(bench.green.diary) <= HEARD + 1


def test_a_press_is_heard_in_the_middle_of_a_flash(bench: Bench) -> None:
    """The sign of a press does not wait for a refusal's flashes; both flashes are still shown."""
    bench.lamps.flash()
    bench.fire()
    bench.heard()
    assert bench.green.diary == ["steady", None, "steady"]
    bench.settle()
    assert bench.green.diary[3:] == [None, "steady", None]
    assert bench.shows("off")


def test_a_refusal_flashes_after_the_sign_of_its_press(bench: Bench) -> None:
    """A decision that is quicker than the sign still shows two whole flashes."""
    bench.lamps.show("on")
    bench.green.diary.clear()
    bench.heard()
    bench.lamps.flash()
    bench.settle()
    dark_and_lit: list[Rhythm | None] = [None, "steady"]
    assert bench.green.diary == dark_and_lit * 3


def test_a_press_is_heard_during_a_lamp_test(bench: Bench) -> None:
    """The buttons go on working during a lamp test, which then goes on to its end."""
    bench.lamps.test()
    bench.heard()
    assert bench.shown() == {"red": "steady"}
    bench.fire()
    bench.fire()
    assert bench.shows("test")
    bench.settle()
    assert bench.shows("off")


def test_a_mode_set_during_the_sign_is_shown_after_it(bench: Bench) -> None:
    """*Accepted* often comes before the sign is over; the sign is whole, the mode is not lost."""
    bench.heard()
    bench.lamps.show("red")
    assert bench.shown() == {"green": "steady", "red": "steady"}
    bench.settle()
    assert bench.shows("red")
    bench.heard()
    bench.lamps.show("fast")
    bench.lamps.show("off")
    assert bench.shown() == {"green": "steady"}
    bench.settle()
    assert bench.shows("off")


def test_two_presses_are_two_signs(bench: Bench) -> None:
    """A press during the sign of another one reverses the lamp again."""
    bench.heard()
    bench.heard()
    assert not bench.green.on
    bench.settle()
    assert bench.green.diary == ["steady", None, "steady", None]


def test_closing_during_a_sign_leaves_the_lamp_dark(bench: Bench) -> None:
    """A sign and a lamp test end with their panel, and so does a sign that has not begun yet."""
    bench.lamps.test()
    bench.heard()
    bench.lamps.heard()
    for lamp in bench.fakes.values():
        lamp.close()
    bench.lamps.closed()
    assert not bench.shown()
    for lamp in bench.fakes.values():
        lamp.claimed = True
    bench.lamps.show("red")
    assert bench.shows("red")
    bench.settle()
    assert bench.shows("red")


def test_a_lamp_that_fails_raises_no_error_at_a_press(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in a pin callback would silence every input: the failure is logged instead."""
    bench.green.broken = True
    bench.heard()
    assert "does not show its mode or sign: broken" in caplog.text
    assert bench.waiting == []


def test_a_sign_that_could_not_end_is_ended_later(bench: Bench) -> None:
    """A lamp that failed during a sign is a fault until it can be driven, then shows its mode."""
    bench.heard()
    bench.green.broken = True
    bench.settle()
    assert bench.green.rhythm == "steady"
    with pytest.raises(DeviceFault):
        bench.lamps.refresh()
    bench.green.broken = False
    bench.lamps.refresh()
    assert bench.shows("off")


def test_a_lamp_that_failed_is_driven_again_in_any_mode(bench: Bench) -> None:
    """The light of a lamp that failed is unknown: it is driven even to the mode from before."""
    bench.lamps.show("fast")
    bench.fakes["red"].broken = True
    with pytest.raises(DeviceFault):
        bench.lamps.show("off")
    bench.fakes["red"].broken = False
    bench.lamps.show("fast")
    assert bench.shows("fast")


def test_a_broken_lamp_does_not_stop_the_others(bench: Bench) -> None:
    """A red lamp that fails does not stop the green one's mode and signs."""
    bench.fakes["red"].broken = True
    with pytest.raises(DeviceFault):
        bench.lamps.show("on")
    bench.heard()
    assert not bench.green.on
    bench.settle()
    assert bench.green.rhythm == "steady"


def test_a_sign_whose_end_cannot_be_timed_is_not_begun(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On a machine that can start no thread the lamp shows its mode; no error is raised."""

    def no_timer(_seconds: float, _call: Callable[[], None]) -> threading.Timer:
        raise RuntimeError("can't start new thread")

    lamp = FakeLamp()
    lamps = Lamps({"lamp": lamp}, Clock(), no_timer)
    lamps.heard()
    assert "can't start new thread" in caplog.text
    lamps.flash()
    assert lamp.rhythm is None
    lamps.show("on")
    assert lamp.rhythm == "steady"


def test_signs_do_not_pile_up(bench: Bench) -> None:
    """However many refusals and presses come, the lamp soon shows its mode."""
    for _ in range(50):
        bench.heard()
        bench.lamps.flash()
    bench.lamps.show("on")
    bench.green.diary.clear()
    bench.settle()
    assert len(bench.green.diary) <= MOST_BEATS
    assert bench.shows("on")


def test_every_refusal_is_followed_by_two_flashes(bench: Bench) -> None:
    """A refusal in the middle of another one's flashes is shown after them."""
    bench.lamps.flash()
    bench.fire()
    bench.lamps.flash()
    bench.settle()
    assert len(bench.green.diary) == 2 * REFUSED


def test_without_a_lamp_there_is_no_sign() -> None:
    """A panel without lamps starts no timer and raises no error."""
    bench = Bench(())
    bench.lamps.heard()
    bench.lamps.flash()
    bench.lamps.test()
    bench.lamps.refresh()
    assert bench.waiting == []


class AnyOrder(RuleBasedStateMachine):
    """Modes, signs, tests, faults and closing in any order, with timers as late as can be."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.mode: LampMode = "off"
        self.faulty = False

    @property
    def usable(self) -> bool:
        """True while the panel is open and its lamps work."""
        return self.bench.green.claimed and not self.bench.green.broken

    @precondition(lambda self: self.bench.green.claimed)
    @rule(mode=st.sampled_from(MODES))
    def show(self, mode: LampMode) -> None:
        """The checkpoint sets a mode."""
        self.mode = mode
        self._try(lambda: self.bench.lamps.show(mode))

    @rule()
    def press(self) -> None:
        """A press comes; its sign begins at once."""
        was = self.usable and self.bench.green.on
        self.bench.heard()
        if self.usable:
            assert self.bench.green.on is not was

    @rule()
    def press_unseen(self) -> None:
        """A press comes; its thread is late."""
        self.bench.lamps.heard()

    @rule()
    def refuse(self) -> None:
        """A press is refused."""
        self._try(self.bench.lamps.flash)

    @rule()
    def test(self) -> None:
        """A lamp test is requested."""
        self._try(self.bench.lamps.test)

    @precondition(lambda self: self.bench.waiting)
    @rule(place=st.integers(0, 9))
    def wait(self, place: int) -> None:
        """Any timer ends."""
        timer = self.bench.waiting[place % len(self.bench.waiting)]
        self.bench.fire(lambda one: one is timer)

    @precondition(lambda self: self.bench.waiting)
    @rule(place=st.integers(0, 9))
    def ends_in_a_race(self, place: int) -> None:
        """Any timer ends, and can no longer be cancelled; another call comes first."""
        self.bench.waiting[place % len(self.bench.waiting)].running = True

    @rule()
    def reconcile(self) -> None:
        """The daemon drives the lamps again that failed."""
        self._try(self.bench.lamps.refresh)
        self.faulty = any(fake.broken for fake in self.bench.fakes.values())

    @rule(lit=st.booleans())
    def blink(self, lit: bool) -> None:
        """A blinking lamp is in one half of its rhythm or the other."""
        self.bench.green.lit_half = lit

    @rule(name=st.sampled_from(FITTED), broken=st.booleans())
    def pin(self, name: LampName, broken: bool) -> None:
        """A pin fails, or works again."""
        self.bench.fakes[name].broken = broken
        self.faulty = self.faulty or broken

    @rule()
    def close_or_open(self) -> None:
        """The panel is closed, or opened again."""
        was_open = self.bench.green.claimed
        for fake in self.bench.fakes.values():
            fake.close()
            fake.claimed = not was_open
        if was_open:
            self.bench.lamps.closed()
            self.mode, self.faulty = "off", any(fake.broken for fake in self.bench.fakes.values())

    @invariant()
    def a_closed_panel_is_dark(self) -> None:
        """No timer lights a lamp of a closed panel."""
        assert self.bench.green.claimed or not self.bench.shown()

    @invariant()
    def every_sign_ends_in_the_mode(self) -> None:
        """Once no timer waits, an open panel shows the mode that was set last."""
        if self.bench.green.claimed and not self.faulty and not self.bench.waiting:
            assert self.bench.shows(self.mode)

    def teardown(self) -> None:
        """With all pins working, the lamps show the mode in the end."""
        for fake in self.bench.fakes.values():
            fake.broken = False
        self.bench.settle()
        self.reconcile()
        self.every_sign_ends_in_the_mode()

    def _try(self, call: Callable[[], None]) -> None:
        try:
            call()
        except DeviceUnavailable:
            assert not self.bench.green.claimed
        except DeviceFault:
            assert any(fake.broken for fake in self.bench.fakes.values())


def test_the_lamps_show_their_mode_after_anything() -> None:
    """Modes, signs, tests, faults and closing in any order end in the right light."""
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=150,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
