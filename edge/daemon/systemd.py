"""What the service manager wants to hear: sd_notify(3), 15 lines instead of a dependency."""

import contextlib
import os
import socket


def notify(message: str) -> None:
    """Send *message* (``READY=1``, ``WATCHDOG=1``, ``STATUS=…``) to systemd, if it listens.

    A listener that does not read must not hold up the checkpoint: what its queue has no room for
    is lost, and comes again with the next change or the next turn of the watchdog.
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
    """Return how often systemd wants WATCHDOG=1, or None if it does not watch this process.

    Half of WatchdogSec, as sd_watchdog_enabled(3) advises.
    """
    microseconds = os.environ.get("WATCHDOG_USEC")
    process = os.environ.get("WATCHDOG_PID")
    if not microseconds or (process and int(process) != os.getpid()):
        return None
    return int(microseconds) / 2e6
