"""Start wait: waits at the start while another program holds the database."""

import logging
from collections.abc import Callable
from typing import TypeVar

from edge.daemon.stop_signal import Stop, StopSignal
from edge.daemon.systemd import notify
from edge.errors import StoreUnavailable
from edge.printable import printable
from edge.store.patient_worker import WAIT_S

log = logging.getLogger(__name__)

T = TypeVar("T")

EXTEND_US = 30_000_000
"""Time by which systemd extends the start with each try, microseconds (sd_notify(3))."""


async def when_available(call: Callable[[], T], stop: StopSignal) -> T:
    """Return the result of *call*; while the database is unavailable, try again every WAIT_S.

    :raises Stop: if a stop is requested meanwhile
    """
    waits = False
    while True:
        try:
            result = call()
        except StoreUnavailable as error:
            if not waits:
                log.error("%s; the start waits", error)  # noqa: TRY400 - no defect of the daemon
            waits = True
            report_wait(str(error))
        else:
            if waits:
                log.warning("the database is available again; the start goes on")
            return result
        if await stop.wait_at_most(WAIT_S):
            raise Stop


def report_wait(why: str) -> None:
    """Have systemd extend the start, and show *why* in ``systemctl status``."""
    notify(f"EXTEND_TIMEOUT_USEC={EXTEND_US}\nSTATUS=waiting: {printable(why)}")
