"""Runs the work of a long command so that the daemon on the same machine is not slowed down."""

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

Result = TypeVar("Result")

# Interval of the calls of *on_wait*, real seconds.
_WAIT_S = 0.1
# The niceness where the scheduling policy cannot be set.
_LOWEST = 19


def run_in_background(
    work: Callable[[], Result], *, stop: Callable[[], None], on_wait: Callable[[], None]
) -> Result:
    """Run *work* on a thread of the lowest priority; return its result.

    :param stop: makes *work* return soon; called when the user interrupts the command
    :param on_wait: called on this thread ten times a second until *work* has ended
    :raises KeyboardInterrupt: after *work* has ended
    """
    with ThreadPoolExecutor(1, initializer=_yield_processor) as pool:
        future = pool.submit(work)
        try:
            while not wait([future], _WAIT_S).done:
                on_wait()
        except BaseException:
            stop()
            raise
        return future.result()


def _yield_processor() -> None:
    """Give this thread processor and disk only while no other thread wants them.

    Linux sets priorities by thread. The disk's priority follows from the processor's.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        with contextlib.suppress(OSError):
            os.nice(_LOWEST)
