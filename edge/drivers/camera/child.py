"""A child process that can be killed: called over pipes, with deadlines and a memory limit.

Rules
-----
1. Every wait has a deadline, which ends the wait here and does not depend on the child's death: a
   child that is stuck in a kernel driver does not even die when it is killed.
2. A child that is late, dies, breaks the protocol or grows too large is killed; its owner starts
   another.
3. Its memory is its resident memory in ``/proc``, measured during every wait for an answer and by
   ``check``. Limits on address space would not do: camera buffers are mapped, not used.
"""

import os
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from edge.drivers.camera.base import MAX_SIZE, Deadline
from edge.drivers.camera.child_pipe import ANSWER, ASK, ERROR, HEAD, READY
from edge.errors import DeviceFault, DeviceUnavailable, GarduError

# How often a child's memory is measured while it works, real seconds.
_CHECK_S = 0.1

# How long a killed child is waited for, real seconds: it ends at once, or hangs in the kernel and
# is left there.
_REAP_S = 1.0

_CHUNK = 65536
_PAGE = os.sysconf("SC_PAGESIZE")
_MIB = 2**20

# The longest answer, bytes: a picture and some room.
_LARGEST = MAX_SIZE + 4096


_BROKEN = (
    "It is started again by itself. If this stays, restart the machine, update its packages, and "
    "report it with the journal (journalctl -u gardu)."
)


class NoAnswer(DeviceUnavailable):
    """The child did not answer in time."""


class Child:
    """One process, from its start to its end; it cannot be started again.

    :param name: name of the device that it belongs to, for messages
    :param memory_mb: resident memory above which it is killed, MiB
    :raises DeviceUnavailable: if it cannot be started
    """

    def __init__(self, name: str, command: Sequence[str], memory_mb: int) -> None:
        self._name = name
        self._memory_mb = memory_mb
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own command, no shell
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        except OSError as error:
            raise DeviceUnavailable(
                f"{name}: its process cannot be started: {error}",
                "The machine has no memory or too many processes: restart it.",
            ) from error
        self._in, self._out = _pipes(self._process)
        os.set_blocking(self._in, False)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ready(self, deadline: Deadline) -> None:
        """Wait until it sends READY.

        :raises DeviceUnavailable: if it sends an error or is late; it has been ended then
        """
        try:
            with self._or_end():
                self._answer(READY, deadline)
        except DeviceFault as error:
            raise DeviceUnavailable(str(error), error.remedy) from error

    def ask(self, request: bytes, deadline: Deadline) -> bytes:
        """Return its answer to *request*.

        :raises DeviceUnavailable: if there is none in time; it has been ended then
        :raises DeviceFault: if it breaks the protocol; likewise
        """
        with self._or_end():
            self._write(HEAD.pack(ASK, len(request)) + request, deadline)
            return self._answer(ANSWER, deadline)

    def check(self) -> None:
        """Check that it runs and is within its memory limit.

        :raises DeviceUnavailable: if not; it has been ended then
        """
        with self._or_end():
            if self._process.poll() is not None:
                raise self._ended()
            self._check_memory()

    def kill(self) -> None:
        """Kill it now, from any thread; a call that waits for its answer raises."""
        self._process.kill()

    def end(self) -> None:
        """Kill it and close its pipes. May be called twice."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        with suppress(subprocess.TimeoutExpired):  # rule 1: stuck in the kernel
            self._process.wait(_REAP_S)

    @contextmanager
    def _or_end(self) -> Iterator[None]:
        try:
            yield
        except GarduError:
            self.end()
            raise

    def _write(self, data: bytes, deadline: Deadline) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._in, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._in, rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:  # it has ended; an ERROR it sent before holds the reason
                return

    def _answer(self, wanted: bytes, deadline: Deadline) -> bytes:
        what, length = HEAD.unpack(self._read(HEAD.size, deadline))
        if what not in (wanted, ERROR) or length > _LARGEST:
            raise DeviceFault(f"{self._name}: its process sent nonsense", _BROKEN)
        body = self._read(length, deadline)
        if what == ERROR:
            why, _, remedy = body.decode("utf-8", "replace").partition("\n")
            raise DeviceUnavailable(f"{self._name}: {why}", remedy or _BROKEN)
        return body

    def _read(self, length: int, deadline: Deadline) -> bytes:
        data = bytearray()
        while len(data) < length:
            self._wait(self._out, select.POLLIN, deadline)
            part = os.read(self._out, min(length - len(data), _CHUNK))
            if not part:
                raise self._ended()
            data += part
        return bytes(data)

    def _wait(self, pipe: int, what: int, deadline: Deadline) -> None:
        poll = select.poll()
        poll.register(pipe, what)
        while not poll.poll(min(deadline.left(), _CHECK_S) * 1000):
            self._check_memory()
            if not deadline.left():
                raise NoAnswer(f"{self._name}: no answer in time", _BROKEN)

    def _check_memory(self) -> None:
        used_mb = resident_mb(self.pid)
        if used_mb > self._memory_mb:
            raise DeviceUnavailable(
                f"{self._name}: its process was ended: it used {used_mb:.0f} MiB, "
                f"above its limit of {self._memory_mb}",
                "No action, if it is rare; else raise memory_mb, or choose a smaller picture.",
            )

    def _ended(self) -> DeviceUnavailable:
        return DeviceUnavailable(f"{self._name}: its process has ended", _BROKEN)


def resident_mb(pid: int) -> float:
    """Return the resident memory of process *pid*, MiB; 0 if it is gone or hidden."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - no Path needed
            return int(file.read().split()[1]) * _PAGE / _MIB
    except (OSError, IndexError, ValueError):
        return 0.0


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin.fileno(), process.stdout.fileno()
