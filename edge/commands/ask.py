"""Asks the running daemon over its control socket (edge/daemon/control.py)."""

import socket
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.daemon.control import (
    NAME,
    AskDay,
    AskDevices,
    AskHealth,
    AskLink,
    AskPurge,
    AskReload,
    ControlRequest,
    DeviceStates,
    HealthNow,
    LinkState,
    Purged,
    Resend,
    socket_path,
)
from edge.daemon.reload import Reloaded
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.inputs.outstanding import DayNow
from edge.store.outbox import Resent

A = TypeVar("A")

# Longest answer, bytes.
LONGEST_ANSWER = 2**20
# Longest wait for an answer, real seconds: the daemon may wait for a slow disk.
ANSWER_S = 600.0


def ask(folder: Path, request: Resend) -> Resent | None:
    """Have the daemon of the data *folder* send records again; None if no daemon runs there.

    :raises ProtocolError: if it refuses, in its words
    :raises DeviceUnavailable: if it does not answer
    """
    return _ask(folder, request, Resent)


def ask_devices(folder: Path) -> DeviceStates | None:
    """Return the states of the devices of the daemon in *folder*; None if no daemon runs there.

    :raises ProtocolError: if it refuses, in its words
    :raises DeviceUnavailable: if it does not answer
    """
    return _ask(folder, AskDevices(), DeviceStates)


def ask_link(folder: Path) -> LinkState | None:
    """Return how the daemon in *folder* stands with the broker; None if no daemon runs there.

    :raises ProtocolError: if it refuses, in its words
    :raises DeviceUnavailable: if it does not answer
    """
    return _ask(folder, AskLink(), LinkState)


def ask_reload(folder: Path) -> Reloaded | None:
    """Have the daemon of the data *folder* read its procedures again; None if none runs there.

    :raises ProtocolError: if it refuses them, in its words: every problem on a line
    :raises DeviceUnavailable: if it does not answer
    """
    return _ask(folder, AskReload(), Reloaded)


def ask_day(folder: Path) -> DayNow | None:
    """Return the state of the office day from the daemon in *folder*; None if none runs there.

    :raises ProtocolError: if it refuses, in its words
    :raises DeviceUnavailable: if it does not answer
    """
    return _ask(folder, AskDay(), DayNow)


def ask_health(folder: Path) -> HealthNow | None:
    """Return the health of the checkpoint from the daemon in *folder*; None if none runs there.

    :raises ProtocolError: if it refuses, in its words
    :raises DeviceUnavailable: if it does not answer
    """
    return _ask(folder, AskHealth(), HealthNow)


def ask_purge(folder: Path, before_ms: int) -> int | None:
    """Have the daemon of the data *folder* purge the guest book; None if no daemon runs there.

    :return: number of visits from which the details were removed
    :raises ProtocolError: if it refuses, in its words
    :raises DeviceUnavailable: if it does not answer
    """
    purged = _ask(folder, AskPurge(before_ms), Purged)
    return None if purged is None else purged.visits


def _ask(folder: Path, request: ControlRequest, kind: type[A]) -> A | None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_S)
        try:
            with socket_path(folder) as path:
                connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise DeviceUnavailable(f"{folder / NAME}: {error.strerror}") from error
        try:
            connection.sendall(msgspec.json.encode(request) + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline(LONGEST_ANSWER)
        except OSError as error:
            raise DeviceUnavailable(f"the daemon does not answer: {error}") from error
    return _understood(line, kind)


def _understood(line: bytes, kind: type[A]) -> A:
    try:
        raw = msgspec.json.decode(line)
        if "error" in raw:
            raise ProtocolError(f"the daemon refuses: {raw['error']}")
        return msgspec.convert(raw, kind)
    except (msgspec.DecodeError, TypeError) as error:
        raise ProtocolError(f"the daemon's answer cannot be read: {error}") from error
