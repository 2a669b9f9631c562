"""One process's part in a simulation that keeps its own time (sim/stage/own_time.py keeps it).

Theory of operation
-------------------
Simulated time stands still while any thread of any process works, and moves to the next moment that
any of them waits for when all wait. The keeper is the event loop of the lobby's process. Each other
process takes part through this module:

1. It counts its busy threads. A thread that waits (edge/waits.py) is *parked*: with the moment it
   waits for at most, and with the files that may wake it earlier.
2. A thread that hands work to a parked one un-parks it first (events, queues, conditions). So the
   count never reaches 0 while a hand-over is on its way.
3. Whenever the count is 0 and no file of a parked thread can be read, the process *reports*: the
   number of the keeper's last message, and the earliest moment that any of its threads waits for.
4. A message of the keeper has a number. It means: time may have moved, or bytes may have been sent
   to you. Threads whose moment has come are un-parked; the process reports when it is idle again.
   The keeper moves time only when every process has reported its last number.
5. The present moment is eight bytes of a file that all processes map.
6. A process takes part from its first wait on. When it ends, the kernel closes its sockets.
7. Random numbers (of the broker's back-off) are the same in each run, so that it can be repeated.
8. A simulated disk can block threads in the kernel, where they cannot be parked. The keeper's
   messages have their number: the process is idle when no more threads are busy than these. The
   event loop's thread may be one of them, so such messages come through a second socket, which a
   thread that is not counted reads. A thread that is not counted must not use the data folder.
9. A thread that polls a device, and has found nothing new, reports the period of its polls too: the
   keeper may leave out polls that can find nothing (sim/stage/rounds.py).
10. A pause between two checks is deferrable: it is over when the keeper's message says so, and that
    comes only after something has happened that a check could find.

All moments are nanoseconds of the simulated boot time.
"""

import faulthandler
import math
import mmap
import os
import random
import select
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

NEVER = 1 << 62
"""A moment that does not come."""

NOW_FILE = "now"
"""Name of the file with the present moment, in the folder of the simulation's time."""

KEEPER_SOCKET = "keeper"
"""Name of the keeper's socket there."""

MESSAGE = struct.Struct("<QI?")
"""From the keeper: the message's number, from 1 on; how many threads the disk blocks; and whether
deferrable pauses whose moment has come are over."""

REPORT = struct.Struct("<Qq")
"""To the keeper: the number of its last message, and the next moment that is waited for, without
those of rounds of polls. A :data:`ROUND` for each of these follows."""

ROUND = struct.Struct("<qqq")
"""The moment of the next poll, or of the end of a deferrable pause; the period, nanoseconds (0: a
wait within a poll); and the moment at which the pause ends in any case, :data:`POLL` or
:data:`BLINK`."""

POLL, BLINK = 0, -1

BLINKS_SEEN = 2
"""Periods of a blinking lamp that a person needs to see its rhythm."""

STACKS = signal.SIGUSR2
"""The signal at which a process writes the stacks of its threads to stderr; the keeper sends it
when time stands still for long."""


# Period and end of the polls of a thread that makes none, and whether they are blinks.
_NO_POLLS = 0, NEVER, False


def map_now(folder: Path, *, create: bool = False) -> memoryview:
    """Return the present moment as the only number of a view, shared by all processes."""
    path = folder / NOW_FILE
    if create:
        path.write_bytes(bytes(8))
    with path.open("r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), 8)).cast("q")


def due(now: int, seconds: float | None) -> int:
    """Return the moment *seconds* after *now*; :data:`NEVER` for None."""
    return NEVER if seconds is None else now + math.ceil(max(0.0, seconds) * 1e9)


class Waiter:
    """One parked thread (or timer).

    :ivar due: the moment at which it goes on at the latest
    :ivar every: it waits for one of polls in this period, nanoseconds; 0: it does not
    :ivar end: no poll after this moment may be left out; a deferrable pause ends then
    :ivar polling: its thread polls a device: no reading of another one has to be fresh then
    :ivar blink: what it waits for is no poll but the change of a lamp
    :ivar deferrable: a pause that ends when the keeper says so
    :ivar parked: it is not counted as busy
    :ivar called: it was un-parked, or is to be: by a hand-over, or by its moment
    """

    def __init__(self, can_read: Callable[[], bool] | None = None) -> None:
        self.due = NEVER
        self.every = 0
        self.end = NEVER
        self.polling = self.blink = self.deferrable = False
        self.parked = False
        self.called = False
        self.can_read = can_read

    def open(self) -> None:
        """Let the thread go on."""

    def block(self) -> None:
        """Wait until :meth:`open` is called."""


class OwnTime:
    """This process's part; one object a process (:func:`edge.waits.own_time`).

    :param folder: of the simulation's time
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now = map_now(folder)
        self._lock = threading.Lock()
        self._busy = 1  # the thread that joins
        self._parked: dict[Waiter, None] = {}
        self._blocked = 0  # by the disk, as of the keeper's message self._number
        self._number = 0
        self._local = threading.local()
        self._socket: socket.socket | None = None
        self._listening: _Listening | None = None
        self._beside: _Listening | None = None

    @classmethod
    def join(cls, value: str) -> Self:
        """Return the part that *value* (``boot_ns,wall_ns,folder``) describes."""
        random.seed(0)  # rule 7
        faulthandler.register(STACKS)
        return cls(Path(value.split(",", maxsplit=2)[2]))

    def now(self) -> int:
        """Return the present moment."""
        return self._now[0]

    # -- for what edge/own_waits.py makes

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that all of them share."""
        with self._lock:
            yield

    def wait(self, waiter: Waiter, seconds: float | None) -> None:
        """Park this thread until *waiter* is called, or *seconds* have passed."""
        if self.park(waiter, due(self.now(), seconds)):
            waiter.block()
            self.resume(waiter)

    def park(self, waiter: Waiter, until: int) -> bool:
        """Count this thread as waiting; return False if it has been called already."""
        with self._lock:
            if waiter.called:
                waiter.called = False
                return False
            waiter.every, waiter.end, waiter.blink = getattr(self._local, "polls", _NO_POLLS)
            waiter.polling = getattr(self._local, "polling", False)
            self.schedule(waiter, until)
            self._busy -= 1
            self._report()
            return True

    def resume(self, waiter: Waiter) -> None:
        """Count this thread as busy again, if a file has woken it."""
        with self._lock:
            self._unpark(waiter)
            waiter.called = False

    def schedule(self, waiter: Waiter, until: int) -> None:
        """Put *waiter* among those that wait; the shared lock is held."""
        waiter.due, waiter.parked = until, True
        self._parked[waiter] = None

    def cancel(self, waiter: Waiter) -> None:
        """Remove *waiter*, which is not counted as a thread; the shared lock is held."""
        self._parked.pop(waiter, None)
        waiter.parked = False

    def call(self, waiter: Waiter) -> None:
        """Un-park *waiter*'s thread; the shared lock is held."""
        waiter.called = True
        if self._unpark(waiter):
            waiter.open()

    def begin(self) -> None:
        """Count a thread that is about to start as busy."""
        with self._lock:
            self._busy += 1

    def done(self) -> None:
        """Count one busy thread less."""
        with self._lock:
            self._busy -= 1
            self._report()

    def pause_polls(
        self,
        wait: Callable[[float], object],
        seconds: float,
        every_s: float,
        at_most_s: float | None,
        *,
        blink: bool = False,
    ) -> float:
        """Call *wait* with *seconds*; return the seconds of the polls that were left out."""
        until, every = due(self.now(), seconds), due(0, every_s)
        self._local.polls = every, due(self.now(), at_most_s), blink
        self._local.polling = True
        try:
            wait(seconds)
        finally:
            self._local.polls = _NO_POLLS
        return max(0, self.now() - until) // every * every / 1e9

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count one more busy thread: time stands still."""
        self.take_part()
        self.begin()
        try:
            yield
        finally:
            self.done()

    def _unpark(self, waiter: Waiter) -> bool:
        if not waiter.parked:
            return False
        self.cancel(waiter)
        self._busy += 1
        return True

    # -- the keeper

    def take_part(self) -> None:
        """Connect to the keeper, unless this process has done so before."""
        if self._socket is not None:
            return
        with self._lock:
            if self._socket is None:
                connection, beside = self._connect(), self._connect()
                self._beside = _Listening(beside, lambda: self.receive(beside))
                self._socket = connection
                self.listen()

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.connect(str(self._folder / KEEPER_SOCKET))
        return connection

    def listen(self) -> None:
        """Receive the keeper's messages on a thread of their own: no event loop does."""
        connection = self._socket
        assert connection is not None
        self._listening = _Listening(connection, lambda: self.receive(connection))

    def end_listening(self) -> socket.socket:
        """Return the keeper's socket, whose messages an event loop will receive from now on."""
        assert self._socket is not None
        if self._listening is not None:
            self._listening.end()
            self._listening = None
        return self._socket

    def close(self) -> None:
        """Take part no more; the keeper counts this process as ended."""
        self.end_listening().close()
        if self._beside is not None:
            self._beside.end()
            self._beside.connection.close()

    def receive(self, connection: socket.socket) -> None:
        """Receive one message of the keeper, which has come."""
        message = connection.recv(MESSAGE.size)
        if not message:  # the keeper has gone, and with it the time of this world
            os._exit(os.EX_UNAVAILABLE)
        with self._lock:
            number, blocked, deferred = MESSAGE.unpack(message)
            if number > self._number:  # else a later one has come through the other socket
                self._number, self._blocked = number, blocked
            now = self.now()
            for waiter in [one for one in self._parked if one.due <= now]:
                if deferred or not waiter.deferrable:
                    self.call(waiter)
            self._report()

    def _report(self) -> None:
        """Report to the keeper if all busy threads are blocked by the disk; the lock is held."""
        if self._busy > self._blocked or self._socket is None:
            return
        if any(one.can_read() for one in self._parked if one.can_read is not None):
            return  # its thread is about to go on
        next_due = NEVER
        rounds: dict[bytes, None] = {}  # one of those that are equal
        for one in self._parked:
            if one.every or one.polling:
                kind = one.end if one.deferrable else BLINK if one.blink else POLL
                rounds[ROUND.pack(one.due, one.every, kind)] = None
            if one.every and not one.deferrable:
                next_due = min(next_due, one.end)
            elif not one.every and not one.polling:
                next_due = min(next_due, one.due)
        try:
            self._socket.send(b"".join([REPORT.pack(self._number, next_due), *rounds]))
        except OSError:  # it has gone; receive() ends the process
            return


class _Listening:
    """Receives the keeper's messages on a thread that is not counted.

    :ivar connection: the socket
    """

    def __init__(self, connection: socket.socket, receive: Callable[[], None]) -> None:
        self.connection = connection
        self._receive = receive
        self._ended = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._poll.register(self._ended, select.POLLIN)
        self._thread = threading.Thread(target=self._run, name="own-time", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End it; returns once its thread has ended."""
        os.eventfd_write(self._ended, 1)
        self._thread.join()
        os.close(self._ended)

    def _run(self) -> None:
        while all(file != self._ended for file, _ in self._poll.poll()):
            self._receive()
