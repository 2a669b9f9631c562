"""Slows a process down to a share of one processor: ``python -m bench.throttle PID``.

It lets the process run for a millisecond and stops it for four (SIGSTOP, SIGCONT), again and again:
work that needs 2 ms of processor time takes 10 ms, as on a processor of a fifth of the speed. A
quota of a control group (``cpu.max``) does not show that: it stops a process only once its quota is
used up, and the few milliseconds after one edge run at full speed before that.

Not slowed down are the kernel's own work, the disk, the broker and the subscriber. An edge that
comes while the process is stopped waits for up to four milliseconds more, and each stop wakes
every thread: the figures are worse than those of a slow processor, for each process alike.
"""

import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sim.stage.process import spawn, stop

SHARE = 0.2

_RUN_S = 0.001


@asynccontextmanager
async def throttled(pid: int) -> AsyncIterator[None]:
    """Slow process *pid* down to :data:`SHARE` of one processor."""
    helper = await spawn(sys.executable, "-m", __name__, str(pid))
    try:
        yield
    finally:
        await stop(helper)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def pause_s(ran_s: float, late_s: float) -> float:
    """Return how long to stop a process that ran for *ran_s*; at least 0.

    :param late_s: by how much the stop before was too long
    """
    return max(0.0, ran_s * (1 / SHARE - 1) - late_s)


def _main(pid: int) -> None:
    late_s = 0.0
    while True:
        os.kill(pid, signal.SIGCONT)
        began = time.perf_counter()
        time.sleep(_RUN_S)
        os.kill(pid, signal.SIGSTOP)
        stopped = time.perf_counter()
        planned_s = pause_s(stopped - began, late_s)
        time.sleep(planned_s)
        late_s = time.perf_counter() - stopped - planned_s


if __name__ == "__main__":
    with suppress(ProcessLookupError):
        _main(int(sys.argv[1]))
