"""The processes that take part in a simulation's own time, as its keeper sees them.

edge/own_time.py describes the messages and reports. A thread that the simulated disk blocks
(sim/line/slow_disk.py) is no work of its process: each message has the number of these threads.
They are the threads of the requests that the disk holds, and those *behind* one of them: they wait
in the kernel, for a lock of the same file for example. The kernel does not tell of whom a thread
waits; so a thread counts as behind if it waits in the kernel, in a system call, while no thread
of the process, of the disk's server and of the other observed processes runs. After the report it
must not have run since: then each thread that was busy at the report was blocked.
"""

import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.own_time import KEEPER_SOCKET, MESSAGE, NEVER, POLL, REPORT, ROUND
from sim.stage.observed import ASLEEP, UNINTERRUPTIBLE, Look, has_thread, in_system_call, look
from sim.stage.rounds import next_deferred

_LONGEST_REPORT = 65536
_CREDENTIALS = struct.Struct("3i")


@dataclass(eq=False)
class Part:
    """A process that takes part.

    :ivar beside: its second socket, which it reads even if its event loop's thread is blocked
    :ivar name: what :meth:`sim.stage.keeper.Keeper.sent` calls it; None: it has no name
    :ivar sent: the number of the last message to it
    :ivar reported: the number in its last report
    :ivar due: the next moment that it waits for, except for polls
    :ivar rounds: its rounds of polls and deferrable pauses (:data:`edge.own_time.ROUND`)
    :ivar blocked: its threads whose requests the disk holds
    :ivar behind: its threads that wait in the kernel for one of those, as they were seen
    """

    connection: socket.socket
    pid: int
    name: object
    beside: socket.socket | None = None
    sent: int = 0
    reported: int = -1
    due: int = NEVER
    rounds: tuple[tuple[int, int, int], ...] = ()
    blocked: set[int] = field(default_factory=set)
    behind: dict[int, Look] = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        """True if it has reported since the last message to it."""
        return self.reported == self.sent

    @property
    def next(self) -> int:
        """The next moment that it waits for, polls included, deferrable pauses not."""
        return min([self.due, *(round_due for round_due, _, kind in self.rounds if kind <= POLL)])

    def next_deferred(self, changed: int | None) -> int:
        """Return when the first of its deferrable pauses is to end.

        :param changed: when the lobby last did anything but answer polls; None: none is deferred
        """
        pauses = [one for one in self.rounds if one[2] > POLL]
        ends = (one[0] if changed is None else next_deferred(*one, changed) for one in pauses)
        return min(ends, default=NEVER)

    def send(self, *, beside: bool = False, deferred: bool = False) -> bool:
        """Send it a message; return False if it has ended.

        :param deferred: its deferrable pauses whose moment has come are over
        :param beside: through the second socket; in any case while threads are blocked
        """
        self.sent += 1
        message = MESSAGE.pack(self.sent, len(self.blocked) + len(self.behind), deferred)
        other = self.beside if beside or self.blocked else None
        try:
            (other or self.connection).send(message)
        except OSError:
            return False
        return True

    def receive(self) -> bool:
        """Receive a report, if one has come; return False if the process has ended."""
        try:
            report = self.connection.recv(_LONGEST_REPORT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if report:
            self.reported, self.due = REPORT.unpack_from(report)
            self.rounds = tuple(ROUND.iter_unpack(report[REPORT.size :]))
        return bool(report)

    def find_behind(self, looks: dict[int, Look]) -> dict[int, Look]:
        """Return its threads of *looks* that wait in the kernel; none if one of all runs."""
        found = {}
        for thread, one in looks.items():
            if one.state == UNINTERRUPTIBLE and has_thread(self.pid, thread):
                if not in_system_call(self.pid, thread):
                    return {}
                found[thread] = one
            elif one.state not in ASLEEP:
                return {}
        return {thread: one for thread, one in found.items() if thread not in self.blocked}

    def close(self) -> None:
        """Close its sockets."""
        self.connection.close()
        if self.beside is not None:
            self.beside.close()


class Parts:
    """All of them, and those that are about to take part or have just ended.

    :ivar listener: readable when a process wants to take part
    """

    def __init__(self, folder: Path) -> None:
        self._parts: dict[int, Part] = {}
        self._names: dict[int, object] = {}
        self._known: set[int] = set()  # processes of which an end will be noted
        self._early: set[int] = set()  # processes that the disk blocks before they take part
        self.expected: set[int] = set()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(folder / KEEPER_SOCKET))
        self.listener.listen()
        self.listener.setblocking(False)

    def __iter__(self) -> Iterator[Part]:
        return iter(list(self._parts.values()))

    def get(self, file: int) -> Part | None:
        """Return the part whose socket is *file*."""
        return self._parts.get(file)

    def close(self) -> None:
        """Close all sockets."""
        for part in self:
            part.close()
        self.listener.close()

    def expect(self, pid: int, name: object) -> None:
        """Count the process *pid* as busy until it takes part, or ends."""
        self._known.add(pid)
        self._names[pid] = name
        if all(part.pid != pid for part in self):
            self.expected.add(pid)

    def killed(self, pid: int) -> None:
        """Count the process *pid*, which has been killed, as busy until its end has been noted."""
        self._known.add(pid)
        self.expected.add(pid)

    def forget(self, pid: int) -> None:
        """Note that the process *pid* has ended."""
        self._known.discard(pid)
        self._names.pop(pid, None)
        self.expected.discard(pid)

    def accept(self) -> list[Part]:
        """Accept the processes that want to take part; return them."""
        new: list[Part] = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except BlockingIOError:
                return new
            connection.setblocking(False)
            credentials = connection.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
            )
            pid = _CREDENTIALS.unpack(credentials)[0]
            first = next((part for part in self if part.pid == pid), None)
            if first is not None:
                first.beside = connection
                continue
            part = Part(connection, pid, self._names.get(pid))
            self._parts[connection.fileno()] = part
            self.expected.discard(pid)
            new.append(part)

    def drop(self, part: Part) -> None:
        """Remove *part*: it has ended. Its sockets are still open."""
        self._parts.pop(part.connection.fileno())
        if part.pid in self._known:
            self.expected.add(part.pid)

    # -- threads that the disk blocks

    def block(self, thread: int) -> None:
        """Note that the disk holds a request of *thread*."""
        for part in self:
            if has_thread(part.pid, thread):
                part.blocked.add(thread)
                part.behind.clear()
                part.send()
                return
        if thread in self.expected:
            self._early.add(thread)

    def unblock(self, thread: int) -> None:
        """Note that the disk is about to answer the request of *thread*."""
        self._early.discard(thread)
        for part in self:
            if thread in part.blocked:
                part.blocked.discard(thread)
                part.behind.clear()
                part.send(beside=True)

    def held_up(self) -> list[Part]:
        """Return the parts that are not idle, and of which a thread is blocked."""
        return [part for part in self if part.blocked and not part.idle]

    def all_idle(self) -> bool:
        """Return True if every process has reported, and its blocked threads are still blocked."""
        starting = self.expected - self._early
        return not starting and all(part.idle and _still_behind(part) for part in self)


def set_behind(parts: Iterable[Part], looks: dict[int, Look]) -> None:
    """Tell each of *parts* how many threads wait behind blocked ones, if that has changed."""
    for part in parts:
        behind = part.find_behind(looks)
        if behind and behind != part.behind:
            part.behind = behind
            part.send()


def _still_behind(part: Part) -> bool:
    if not part.behind:
        return True
    looks = look([part.pid])
    if all(looks.get(thread) == one for thread, one in part.behind.items()):
        return True
    part.behind.clear()
    part.send()
    return False
