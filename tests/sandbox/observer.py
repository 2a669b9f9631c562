"""Answers the system calls that the sandbox refuses, and notes each: no refusal stays unseen.

The kernel asks this process about every call that no rule allows (seccomp_unotify(2)). It answers
with the error that systemd's filter gives.
"""

import errno
import fcntl
import os
import select
import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from tests.sandbox import libseccomp
from tests.sandbox.rules import Rules

# struct seccomp_notif: id, pid, flags; then number, architecture, instruction pointer, 6 arguments.
_ASKED = struct.Struct("=QIIiIQ6Q")
# struct seccomp_notif_resp: id, value, error, flags.
_ANSWER = struct.Struct("=QqiI")
# SECCOMP_IOCTL_NOTIF_RECV and _SEND of linux/seccomp.h, the same on amd64 and arm64.
_RECEIVE, _SEND = 0xC0502100, 0xC0182101


class Refusal(NamedTuple):
    """One refused call: the command line of its process, its name, its first arguments."""

    command: str
    call: str
    arguments: tuple[int, ...]


class Observer:
    """Observes the processes that enter the sandbox. Use as ``with``."""

    def __init__(self, folder: Path, rules: Rules) -> None:
        self.path = folder / "observer"
        self.refusals: list[Refusal] = []
        self._rules = rules
        self._listening = socket.socket(socket.AF_UNIX)
        self._stop = os.eventfd(0)
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._listening.bind(str(self.path))
        self._listening.listen()
        self._threads[0].start()
        return self

    def __exit__(self, *_error: object) -> None:
        os.eventfd_write(self._stop, 1)
        self._threads[0].join()  # first: it starts the others
        for thread in self._threads[1:]:
            thread.join()
        self._listening.close()
        os.close(self._stop)

    def _accept(self) -> None:
        while self._readable(self._listening.fileno()):
            connection, _ = self._listening.accept()
            with connection:
                _, received, *_ = socket.recv_fds(connection, 1, 1)
            for refusals in received:  # none, if the process could not enter
                self._threads.append(threading.Thread(target=self._observe, args=(refusals,)))
                self._threads[-1].start()

    def _observe(self, refusals: int) -> None:
        while self._readable(refusals):
            asked = bytearray(_ASKED.size)
            try:
                fcntl.ioctl(refusals, _RECEIVE, asked)
            except OSError:  # the process has died meanwhile
                continue
            identity, pid, _, number, _, _, *arguments = _ASKED.unpack(asked)
            call = libseccomp.name_of(number)
            error = self._rules.error(call)
            if error != errno.ENOSYS:  # libraries then use the older call
                self.refusals.append(Refusal(_command(pid), call, tuple(arguments)))
            answer = _ANSWER.pack(identity, 0, -error, 0)
            with suppress(OSError):
                fcntl.ioctl(refusals, _SEND, answer)
        os.close(refusals)

    def _readable(self, file: int) -> bool:
        """Wait for data on *file*; return False at the stop, or if no process is left."""
        poll = select.poll()
        poll.register(file, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        events = dict(poll.poll())
        return bool(events.get(file, 0) & select.POLLIN) and self._stop not in events


def _command(pid: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode("utf-8", "replace").strip()
    return f"process {pid}"
