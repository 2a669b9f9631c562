"""Runs the work of a long command so that the daemon on the same machine is not slowed down."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import NoReturn, TypeVar

Result = TypeVar("Result")

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT."""

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


@contextlib.contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Treat SIGTERM, and SIGHUP of a terminal that has gone, as Ctrl-C in this context."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Have SIGINT, SIGTERM and SIGHUP wait until the end of this context: it lasts a moment."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _yield_processor() -> None:
    """Give this thread processor and disk only while no other thread wants them.

    Linux sets priorities by thread. The disk's priority follows from the processor's.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        with contextlib.suppress(OSError):
            os.nice(_LOWEST)
