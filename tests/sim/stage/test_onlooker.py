"""The onlooker: looks after changes, not more often than it may, and never without one."""

import pytest

from sim.stage.onlooker import BUSY_S, Onlooker, sooner


class Real:
    """A real clock that is set by hand, seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        """Return the time."""
        return self.now


def test_it_looks_once_for_each_change() -> None:
    """A change is seen at once, and nothing is computed while nothing happens."""
    looks: list[float] = []
    real = Real()
    onlooker = Onlooker(lambda: looks.append(real.now), 0.05, real.read)
    assert onlooker.see(0) is None
    real.now += 1
    assert onlooker.see(0) is None
    assert onlooker.see(3) is None
    assert looks == [100.0, 101.0]


def test_it_looks_at_most_so_often_and_misses_no_change() -> None:
    """Changes that come too fast are seen together, as soon as the time has passed."""
    looks: list[float] = []
    real = Real()
    onlooker = Onlooker(lambda: looks.append(real.now), 0.05, real.read)
    onlooker.see(0)
    real.now += 0.02
    left_s = onlooker.see(1)
    assert left_s is not None
    assert left_s == pytest.approx(0.03)
    real.now += left_s
    assert onlooker.see(2) is None
    assert len(looks) == 2


def test_it_lets_the_daemon_work_first() -> None:
    """While the daemon is at work a look waits, but not for ever: a daemon may be busy for long."""
    looks: list[float] = []
    real = Real()
    onlooker = Onlooker(lambda: looks.append(real.now), 0.05, real.read)
    assert onlooker.see(1, busy=True) == pytest.approx(BUSY_S)
    real.now += BUSY_S / 2
    assert onlooker.see(2, busy=True) is not None
    assert onlooker.see(2) is None
    assert len(looks) == 1
    onlooker.see(3, busy=True)
    real.now += 2 * BUSY_S
    assert onlooker.see(3, busy=True) is None
    assert len(looks) == 2


def test_the_shortest_wait_counts() -> None:
    """A loop that waits without a limit still wakes for a look that is due."""
    assert sooner(None, None) is None
    assert sooner(None, 0.03) == 0.03
    assert sooner(0.0, 0.03) == 0.0
