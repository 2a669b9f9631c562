"""The pace of simulated time for people who watch: speed, pause, single steps, a slow machine."""

from sim.stage.pace import Pace

SECOND = 1_000_000_000


class Real:
    """A real clock that is set by hand, seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        """Return the time."""
        return self.now


def run(pace: Pace, real: Real, seconds: float, now: int, following: int | None = None) -> int:
    """Let *seconds* of real time pass in small parts; return the simulated moment after them."""
    end = real.now + seconds
    while real.now < end:
        to, wait_s = pace.limit(now, following)
        now = max(now, to)
        if wait_s != 0:
            real.now += 0.005
    return now


def test_without_a_pace_time_goes_to_the_next_moment() -> None:
    """At speed max nothing is waited for, and without a next moment only events count."""
    pace = Pace()
    assert pace.limit(5, 7 * SECOND) == (7 * SECOND, 0.0)
    assert pace.limit(5, None) == (5, None)


def test_time_is_watched_while_it_has_a_pace() -> None:
    """Lamps blink on a page, and not while time goes from one act to the next."""
    pace = Pace()
    watched = [pace.watched]
    pace.set_speed(4.0)
    watched.append(pace.watched)
    pace.set_speed(None)
    watched.append(pace.watched)
    pace.hold_while(lambda: 1.0)
    watched.append(pace.watched)
    assert watched == [False, True, False, True]


def test_time_passes_as_many_times_as_fast() -> None:
    """At speed 4 four simulated seconds pass in one real second, no moment is passed over."""
    real = Real()
    pace = Pace(4.0, real.read)
    assert abs(run(pace, real, 1.0, 0) - 4 * SECOND) < 0.2 * SECOND
    to, wait_s = pace.limit(4 * SECOND, 4 * SECOND)
    assert (to, wait_s) == (4 * SECOND, 0.0)


def test_a_slow_machine_is_not_made_up_for() -> None:
    """After a second of work in real time the lobby does not run for a second at once."""
    real = Real()
    pace = Pace(1.0, real.read)
    now = run(pace, real, 1.0, 0)
    real.now += 10
    assert run(pace, real, 0.1, now) - now < 0.5 * SECOND


def test_a_pause_stands_still_and_a_step_is_exact() -> None:
    """While paused only a step moves time, by exactly its length, and past each moment in it."""
    real = Real()
    pace = Pace(1.0, real.read)
    now = run(pace, real, 0.5, 0)
    pace.pause()
    assert run(pace, real, 5.0, now, now + 1) == now
    pace.step(now, 2.0)
    assert pace.limit(now, now + SECOND) == (now + SECOND, 0.0)
    assert pace.limit(now + SECOND, now + 9 * SECOND) == (now + 2 * SECOND, 0.0)
    assert pace.limit(now + 2 * SECOND, now + 9 * SECOND) == (now + 2 * SECOND, None)
    pace.go_on()
    assert not pace.paused
    later = run(pace, real, 1.0, now + 2 * SECOND)
    assert abs(later - now - 3 * SECOND) < 0.1 * SECOND


def test_a_time_without_a_limit_is_held_for_a_player() -> None:
    """At speed max time stands still, or passes as slowly as it is held to, while it is held."""
    real = Real()
    held: list[float | None] = [0.0]
    pace = Pace(None, real.read)
    pace.hold_while(lambda: held[0])
    assert pace.limit(5, 7 * SECOND) == (5, None)
    held[0] = 1.0
    assert abs(run(pace, real, 2.0, 0, 90 * SECOND) - 2 * SECOND) < 0.1 * SECOND
    held[0] = None
    assert pace.limit(5, 7 * SECOND) == (7 * SECOND, 0.0)
