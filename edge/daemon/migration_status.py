"""Shows systemd and the journal the progress of a migration at the start, and ends it on a stop."""

import logging

from edge.clock import Clock
from edge.daemon.stop_signal import Stop, StopSignal
from edge.daemon.systemd import notify

log = logging.getLogger(__name__)

# Time by which systemd extends the start with each notification, microseconds: a sync of a large
# copy on a slow card comes without one.
_EXTEND_US = 600_000_000

_STATUS_S = 1.0
_LOG_S = 10.0


class MigrationStatus:
    """Called with the progress in words, often (edge/store/migration.py).

    :raises Stop: from a call, if a stop was requested: the migration is undone
    """

    def __init__(self, clock: Clock, stop: StopSignal) -> None:
        self._clock = clock
        self._stop = stop
        self._notified: int | None = None
        self._logged = clock.boot_ns()

    def __call__(self, text: str) -> None:
        """Show *text*, unless the text before was shown just now."""
        if self._stop.requested:
            log.warning("stopping: the migration is undone, and begins again at the next start")
            raise Stop
        now = self._clock.boot_ns()
        if self._notified is None or now - self._notified >= _STATUS_S * 1e9:
            self._notified = now
            notify(f"EXTEND_TIMEOUT_USEC={_EXTEND_US}\nSTATUS={text}")
        if now - self._logged >= _LOG_S * 1e9:
            self._logged = now
            log.info("%s", text)
