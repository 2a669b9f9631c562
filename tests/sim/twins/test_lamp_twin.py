"""The simulated lamp: signs of a press are no modes, at any moment and in any rhythm."""

import pytest

from edge.clock import Clock
from edge.config.sections.pins import Output
from sim.twins.panel import LampTwin, Rhythm
from sim.world.header import HeaderPin

# Seconds between the changes of a lamp.
HEARD = (0.06,)
REFUSED = (0.1, 0.15, 0.1)
# The length of a look (sim/people/hands.py), seconds.
LOOK_S = 3.0
RHYTHMS: dict[Rhythm, tuple[float, float]] = {
    "slow": (1.0, 1.0),
    "fast": (0.25, 0.25),
    "wink": (1.7, 0.3),
}


class HandClock(Clock):
    """A clock that a test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.ns = 0

    def boot_ns(self) -> int:
        """Nanoseconds that have passed in the test."""
        return self.ns


class Bench:
    """A lamp on a pin that a test drives, and an eye on it."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.pin = HeaderPin(9)
        self.lamp = LampTwin(self.pin, Output(pin=9), self.clock)
        self._seen: list[tuple[int, Rhythm]] = []
        self.turn(on=False)

    def turn(self, *, on: bool) -> None:
        """Light the lamp, or put it out."""
        self.pin.drive(int(on), self.clock.ns)

    def wait(self, seconds: float) -> None:
        """Let time pass; look at the lamp every 10 ms."""
        for _ in range(round(seconds * 100)):
            self.clock.ns += 10_000_000
            self._seen.append((self.clock.ns, self.lamp.rhythm))

    def blink(self, rhythm: Rhythm, times: int) -> None:
        """Blink, beginning lit."""
        for _ in range(times):
            for on, seconds in zip((True, False), RHYTHMS[rhythm], strict=True):
                self.turn(on=on)
                self.wait(seconds)

    def sign(self, changes: tuple[float, ...]) -> None:
        """Reverse the lamp, and back, and so on."""
        for seconds in (*changes, 0.06):
            self.turn(on=not self.lamp.lit)
            self.wait(seconds)

    def watched(self, but_s: float = 0.0) -> set[Rhythm]:
        """Return the rhythms that were seen since the last call, but for its first seconds."""
        since = self._seen[0][0] + but_s * 1e9
        seen = {rhythm for at, rhythm in self._seen if at >= since}
        self._seen.clear()
        return seen


@pytest.fixture
def bench() -> Bench:
    """Return a dark lamp."""
    return Bench()


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("changes", [HEARD, REFUSED], ids=["heard", "refused"])
def test_a_sign_is_no_mode(bench: Bench, on: bool, changes: tuple[float, ...]) -> None:
    """A lamp that is reversed for moments is as steady, or as dark, as it was; again and again."""
    bench.turn(on=on)
    bench.wait(3.0)
    bench.watched()
    for _ in range(4):
        bench.sign(changes)
        bench.wait(0.3)
    assert bench.watched() == {"steady" if on else "off"}


def test_the_mode_after_a_sign_is_seen(bench: Bench) -> None:
    """A press that is accepted changes the mode right after its sign."""
    bench.sign(HEARD)
    bench.turn(on=True)
    bench.wait(3.0)
    assert bench.watched() == {"off", "steady"}
    bench.sign(HEARD)
    bench.turn(on=False)
    bench.wait(3.0)
    assert bench.watched() == {"steady", "off"}


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("moment", [0.05, 0.2, 0.9])
@pytest.mark.parametrize("lit", [False, True])
def test_a_sign_does_not_change_a_rhythm(
    bench: Bench, rhythm: Rhythm, moment: float, lit: bool
) -> None:
    """A lamp that blinks slowly or fast does so during a sign and after it.

    A winking one is lit for long after it: a person who looks for 3 s may read it as steady, never
    as dark.
    """
    on_s, off_s = RHYTHMS[rhythm]
    bench.blink(rhythm, 8)
    bench.turn(on=True)
    bench.wait(min(moment, on_s / 2) if lit else on_s)
    if not lit:
        bench.turn(on=False)
        bench.wait(min(moment, off_s / 2))
    bench.watched()
    bench.sign(HEARD)
    bench.blink(rhythm, 6)
    if rhythm == "wink":
        assert bench.watched(but_s=LOOK_S) <= {"wink", "steady"}
    else:
        assert bench.watched() == {rhythm}


def test_a_sign_is_shown_in_the_live_view(bench: Bench) -> None:
    """The view draws four pictures a second: it shows a sign for longer than it lasts."""
    bench.turn(on=True)
    bench.wait(3.0)
    shown = [bench.lamp.signs]
    bench.sign(HEARD)
    shown.append(bench.lamp.signs)
    bench.wait(1.0)
    shown.append(bench.lamp.signs)
    assert shown == [False, True, False]
