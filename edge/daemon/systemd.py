"""Notifications to systemd: sd_notify(3), 15 lines instead of a dependency."""

import contextlib
import os
import socket


def notify(message: str) -> None:
    """Send *message* (``READY=1``, ``WATCHDOG=1``, ``STATUS=…``) to systemd, if it listens.

    A listener that does not read must not block the checkpoint: a message for which its queue has
    no room is lost; the next change or the next watchdog interval sends another.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            out.sendto(message.encode(), address)


def watchdog_seconds() -> float | None:
    """Return the interval of WATCHDOG=1, seconds; None if systemd does not watch this process.

    Half of WatchdogSec, as sd_watchdog_enabled(3) advises.
    """
    microseconds = os.environ.get("WATCHDOG_USEC")
    process = os.environ.get("WATCHDOG_PID")
    if not microseconds or (process and int(process) != os.getpid()):
        return None
    return int(microseconds) / 2e6
