"""What edge/waits.py returns in a simulation with its own time (edge/own_time.py).

Each object is like one of the standard library's, and reports to :class:`OwnTime` when a thread
waits for it, and when that thread goes on.
"""

import asyncio
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from edge.own_loop import DeferrableTimer, OwnLoop
from edge.own_time import BLINKS_SEEN, OwnTime, Waiter, due

T = TypeVar("T")


class Readable(Protocol):
    """Anything with a file descriptor."""

    def fileno(self) -> int:
        """Return the file descriptor."""


class OwnWaits(OwnTime):
    """This process's part, and all that its threads wait for."""

    def thread(self, work: Callable[[], object], name: str) -> threading.Thread:
        """Return a thread that does *work*, not yet started."""
        self.take_part()
        return _Thread(self, work, name)

    def timer(self, seconds: float, call: Callable[[], object]) -> threading.Timer:
        """Return a timer, not yet started."""
        self.take_part()
        return _Timer(self, seconds, call)

    def event(self) -> threading.Event:
        """Return an event."""
        self.take_part()
        return _Event(self)

    def condition(self) -> threading.Condition:
        """Return a condition with a lock of its own."""
        self.take_part()
        return _Condition(self)

    def lock(self) -> "OwnLock":
        """Return a lock whose waiting threads are not busy."""
        self.take_part()
        return OwnLock(self)

    def queue(self) -> "SimpleQueue[Any]":
        """Return an unbounded queue."""
        self.take_part()
        return _Queue(self)

    def readable(self, seconds: float | None, *files: int | Readable) -> bool:
        """Wait until one of *files* can be read, *seconds* at most."""
        self.take_part()
        numbers = tuple(file if isinstance(file, int) else file.fileno() for file in files)
        known: dict[tuple[int, ...], _Files] = self._local.__dict__.setdefault("files", {})
        waiter = known.get(numbers)
        if waiter is None:
            waiter = known[numbers] = _Files(numbers)
        if waiter.readable():
            return True
        if seconds == 0:
            return False
        self.wait(waiter, seconds)
        return waiter.readable()

    def call_later(
        self, every_s: float, call: Callable[[], object], at_most_s: float
    ) -> "DeferrableTimer":
        """Call *call* on the running loop after a deferrable pause; it can be cancelled."""
        self.take_part()
        return DeferrableTimer(self, every_s, call, at_most_s)

    def pause_blink(self, ended: threading.Event, seconds: float, period_s: float) -> bool:
        """Wait *seconds* on *ended*, or longer by whole periods; return True if it is set."""
        self.pause_polls(ended.wait, seconds, BLINKS_SEEN * period_s, None, blink=True)
        return ended.is_set()

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Return an event loop on the simulated time."""
        self.take_part()
        return OwnLoop(self)


class _Gate(Waiter):
    """A thread that waits for nothing but a hand-over or its moment."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._lock.acquire()

    def open(self) -> None:
        self._lock.release()

    def block(self) -> None:
        self._lock.acquire()


class _Files(Waiter):
    """A thread that waits until a file can be read; it may be used again by that thread."""

    def __init__(self, files: tuple[int, ...]) -> None:
        super().__init__(self._ready)
        self._opened = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        # One for this thread and one for those that report: a poll object serves one at a time.
        self._poll, self._check = select.poll(), select.poll()
        for poll in (self._poll, self._check):
            for file in (*files, self._opened):
                poll.register(file, select.POLLIN)

    def open(self) -> None:
        os.eventfd_write(self._opened, 1)

    def block(self) -> None:
        self._poll.poll()

    def _ready(self) -> bool:
        return bool(self._check.poll(0))

    def readable(self) -> bool:
        """Return True if one of the files can be read, or has failed."""
        ready = self._poll.poll(0)
        if any(file == self._opened for file, _ in ready):
            os.eventfd_read(self._opened)
        return any(file != self._opened for file, _ in ready)

    def __del__(self) -> None:
        os.close(self._opened)


class _Thread(threading.Thread):
    """A thread that is counted."""

    def __init__(self, own: OwnTime, work: Callable[[], object], name: str) -> None:
        super().__init__(target=work, name=name, daemon=True)
        self._own = own
        self._ended = _Event(own)

    def start(self) -> None:
        self._own.begin()
        try:
            super().start()
        except RuntimeError:
            self._own.done()
            raise

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._ended.set()
            self._own.done()

    def join(self, timeout: float | None = None) -> None:
        if self._ended.wait(timeout):
            super().join()


class _Timer(threading.Timer):
    """A timer that has no thread before its moment."""

    def __init__(self, own: OwnTime, seconds: float, call: Callable[[], object]) -> None:
        super().__init__(seconds, call)
        self._own = own
        self._waiter = _Moment(self)

    def start(self) -> None:
        own = self._own
        with own.locked():
            own.schedule(self._waiter, due(own.now(), self.interval))

    def cancel(self) -> None:
        with self._own.locked():
            self._own.cancel(self._waiter)
            self.finished.set()

    def expire(self) -> None:
        """Call the function on a new thread, which is counted already."""
        super().start()

    def run(self) -> None:
        try:
            if not self.finished.is_set():
                self.function()
            self.finished.set()
        finally:
            self._own.done()


class _Moment(Waiter):
    """A timer that waits for its moment."""

    def __init__(self, timer: _Timer) -> None:
        super().__init__()
        self._timer = timer

    def open(self) -> None:
        self._timer.expire()


class _Event(threading.Event):
    def __init__(self, own: OwnTime) -> None:
        super().__init__()
        self._own = own
        self._waiting: list[Waiter] = []
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        with self._own.locked():
            self._set = True
            while self._waiting:
                self._own.call(self._waiting.pop())

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        waiter = _Gate()
        with self._own.locked():
            if self._set:
                return True
            self._waiting.append(waiter)
        self._own.wait(waiter, timeout)
        with self._own.locked():
            if waiter not in self._waiting:
                return True
            self._waiting.remove(waiter)
            return False


class _Condition(threading.Condition):
    def __init__(self, own: OwnTime) -> None:
        super().__init__()
        self._own = own
        self._waiting: deque[Waiter] = deque()

    def wait(self, timeout: float | None = None) -> bool:
        waiter = _Gate()
        with self._own.locked():
            self._waiting.append(waiter)
        saved = self._release_save()  # type: ignore[attr-defined]  # of threading.Condition
        try:
            self._own.wait(waiter, timeout)
        finally:
            self._acquire_restore(saved)  # type: ignore[attr-defined]
        with self._own.locked():
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                return False
            return True

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        until = due(self._own.now(), timeout)
        while not (result := predicate()) and (left := until - self._own.now()) > 0:
            self.wait(None if timeout is None else left / 1e9)
        return result

    def notify(self, n: int = 1) -> None:
        with self._own.locked():
            for _ in range(min(n, len(self._waiting))):
                self._own.call(self._waiting.popleft())

    def notify_all(self) -> None:
        self.notify(len(self._waiting))


class OwnLock:
    """A lock that may be held during a wait: threads that wait for it are not busy.

    The thread that holds it may take it again.
    """

    def __init__(self, own: OwnTime) -> None:
        self._own = own
        self._holder = 0
        self._depth = 0
        self._waiting: deque[Waiter] = deque()

    def acquire(self) -> bool:
        """Take it; wait while another thread holds it."""
        thread = threading.get_ident()
        while True:
            with self._own.locked():
                if not self._depth or self._holder == thread:
                    self._holder = thread
                    self._depth += 1
                    return True
                waiter = _Gate()
                self._waiting.append(waiter)
            self._own.wait(waiter, None)

    def release(self) -> None:
        """Give it back as often as it was taken."""
        with self._own.locked():
            self._depth -= 1
            if not self._depth and self._waiting:
                self._own.call(self._waiting.popleft())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()


class _Queue(SimpleQueue[Any]):
    def __init__(self, own: OwnTime) -> None:
        super().__init__()
        self._own = own
        self._waiting: deque[Waiter] = deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT001, FBT002 - SimpleQueue's signature
        with self._own.locked():
            super().put(item, block, timeout)
            if self._waiting:
                self._own.call(self._waiting.popleft())

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002 - SimpleQueue's signature
        while True:
            waiter = _Gate()
            with self._own.locked():
                try:
                    return super().get(block=False)
                except Empty:
                    if not block:
                        raise
                self._waiting.append(waiter)
            self._own.wait(waiter, timeout)
            with self._own.locked():
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
                    raise Empty
