"""Notifications to systemd: sd_notify(3), 15 lines instead of a dependency."""

import contextlib
import functools
import os
import socket


def notify(message: str) -> None:
    """Send *message* (``READY=1``, ``WATCHDOG=1``, ``STATUS=…``) to systemd, if it listens.

    A listener that does not read must not block the checkpoint: a message for which its queue has
    no room is lost; the next change or the next watchdog interval sends another. So is one that
    finds no listener.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with contextlib.suppress(OSError):
        _socket().sendto(message.encode(), address)


@functools.cache
def _socket() -> socket.socket:
    """Return the socket of this process: later there may be no file descriptor for one."""
    out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    out.setblocking(False)
    return out


def watchdog_seconds() -> float | None:
    """Return the interval of WATCHDOG=1, seconds; None if systemd does not watch this process.

    Half of WatchdogSec, as sd_watchdog_enabled(3) advises.
    """
    microseconds = os.environ.get("WATCHDOG_USEC")
    process = os.environ.get("WATCHDOG_PID")
    if not microseconds or (process and int(process) != os.getpid()):
        return None
    return int(microseconds) / 2e6
