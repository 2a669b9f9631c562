"""Every wait of the daemon that is not the event loop's: threads, queues, events, timers, ports.

On a Pi, and in a simulation that is scaled real time, each function here returns the plain object
of the standard library, or makes the plain call: it costs one comparison when a device is built.
In a simulation with its own time (edge/own_time.py) the same functions return objects
(edge/own_waits.py) that report when their thread waits, and until which moment, so that time can
stand still while any thread works.

Rules for the code that uses it
-------------------------------
1. A thread is started by :func:`thread`; a thread that is not counts as idle.
2. A wait that is not made here counts as work: time stands still until it is over. That is right
   for short waits (a lock that is held for moments, an answer of a library), wrong for all others.
3. A lock that is held during a wait is made by :func:`lock` or :func:`reentrant_lock`. A simulated
   disk is such a wait.
4. Work that another process does for this one, and that is waited for on the event loop, is put in
   ``with busy():``.

All seconds are real seconds, as the standard library's are; ``Clock.real`` converts to them. In a
simulation with its own time one second of the clock is one of these.
"""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from edge.own_waits import OwnLock, OwnWaits, Readable

T = TypeVar("T")


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Do not call; without effect after the call."""


ENVIRONMENT = "GARDU_CLOCK"
"""Defines the process's clock; see :meth:`edge.clock.Clock.from_environment`."""

LONGEST_PAUSE_S = 60.0
"""The longest pause between two checks in a simulation with its own time, seconds."""

OWN_TIME = "own-time"
"""The first part of that variable's value in a simulation with its own time."""


@cache
def own_time() -> "OwnWaits | None":
    """Return this process's part in the simulation's own time; None in real and scaled time."""
    kind, _, rest = os.environ.get(ENVIRONMENT, "").partition(",")
    if kind != OWN_TIME:
        return None
    from edge.own_waits import OwnWaits

    return OwnWaits.join(rest)


def thread(work: Callable[[], object], name: str) -> threading.Thread:
    """Return a started thread that does *work*; it does not block the process's end.

    :raises RuntimeError: if no thread can be started
    """
    own = own_time()
    made = (
        threading.Thread(target=work, name=name, daemon=True)
        if own is None
        else own.thread(work, name)
    )
    made.start()
    return made


def timer(seconds: float, call: Callable[[], object]) -> threading.Timer:
    """Return a timer, not yet started, that calls *call* on a thread of its own after *seconds*."""
    own = own_time()
    made = threading.Timer(seconds, call) if own is None else own.timer(seconds, call)
    made.daemon = True
    return made


def event() -> threading.Event:
    """Return an event that threads can wait for."""
    own = own_time()
    return threading.Event() if own is None else own.event()


def condition() -> threading.Condition:
    """Return a condition that threads can wait for, with a lock of its own."""
    own = own_time()
    return threading.Condition() if own is None else own.condition()


def lock() -> AbstractContextManager[Any]:
    """Return a lock that may be held during a wait."""
    own = own_time()
    return threading.Lock() if own is None else own.lock()


def reentrant_lock() -> "threading.RLock | OwnLock":
    """Return a lock that may be held during a wait, and taken again by the thread that holds it."""
    own = own_time()
    return threading.RLock() if own is None else own.lock()


def queue() -> "SimpleQueue[T]":
    """Return an unbounded queue between threads."""
    own = own_time()
    return SimpleQueue() if own is None else own.queue()


def sleep(seconds: float) -> None:
    """Block this thread for *seconds*."""
    event().wait(seconds)


def readable(seconds: float | None, *files: "int | Readable") -> bool:
    """Wait until one of *files* can be read; return False after *seconds* (None: no limit).

    :raises OSError: if one is closed
    :raises ValueError: if one is closed
    """
    own = own_time()
    if own is None:
        return bool(select.select(files, [], [], seconds)[0])
    return own.readable(seconds, *files)


def pause_polls(
    on: threading.Event | threading.Condition,
    seconds: float,
    every_s: float,
    at_most_s: float | None = None,
) -> float:
    """Wait *seconds* on *on* between two polls of a device that have found nothing new.

    In a simulation with its own time, polls that can find nothing are left out.

    :param every_s: the period of the polls, above 0
    :param at_most_s: no poll that is due later is left out; not below *seconds*. None: no limit
    :return: the seconds of the polls that were left out, a multiple of *every_s*; 0 on a Pi
    """
    own = own_time()
    if own is None:
        on.wait(seconds)
        return 0.0
    return own.pause_polls(on.wait, seconds, every_s, at_most_s)


def call_later(
    every_s: float, call: Callable[[], object], at_most_s: float = LONGEST_PAUSE_S
) -> Timer:
    """Call *call* on the running event loop after *every_s*; return a handle to cancel that.

    For checks that are made again and again, and of which each finds nothing unless something has
    happened: in a simulation with its own time they are deferrable, as such timers of an operating
    system are. They are made after something has happened, on a common beat.

    :param at_most_s: from the first beat after so many seconds on the pause is over in any case:
        time itself may be what a check finds
    """
    own = own_time()
    if own is None:
        return asyncio.get_running_loop().call_later(every_s, call)
    return own.call_later(every_s, call, at_most_s)


async def pause_checks(
    every_s: float, at_most_s: float = LONGEST_PAUSE_S, *, seconds: float | None = None
) -> None:
    """Wait *every_s* between two checks: :func:`call_later` says what they are.

    :param seconds: where this pause is another one, seconds; the simulation has its own beat
    """
    own = own_time()
    if own is None:
        await asyncio.sleep(every_s if seconds is None else seconds)
        return
    over = asyncio.get_running_loop().create_future()
    timer = own.call_later(every_s, partial(_end, over), at_most_s)
    try:
        await over
    finally:
        timer.cancel()


def _end(pause: "asyncio.Future[None]") -> None:
    if not pause.done():
        pause.set_result(None)


def pause_blink(ended: threading.Event, seconds: float, period_s: float) -> bool:
    """Wait *seconds* for the next change of a blinking lamp; return True if *ended* is set.

    In a simulation with its own time, changes that no person can see are left out.

    :param period_s: one change on and one off
    """
    own = own_time()
    if own is None:
        return ended.wait(seconds)
    return own.pause_blink(ended, seconds, period_s)


def monotonic() -> float:
    """Return seconds that only grow, as :func:`time.monotonic` does."""
    own = own_time()
    return time.monotonic() if own is None else own.now() / 1e9


def busy() -> AbstractContextManager[Any]:
    """Return a context in which time stands still in a simulation with its own time."""
    own = own_time()
    return nullcontext() if own is None else own.busy()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* on a new event loop, as :func:`asyncio.run` does."""
    own = own_time()
    with asyncio.Runner(loop_factory=None if own is None else own.new_loop) as runner:
        return runner.run(main)
