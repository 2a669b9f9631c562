"""Database watch: checks the database's files and the length of its log every few seconds.

A program that reads the database without an end (a query left open in a table viewer) keeps the
write-ahead log from being overwritten: it grows with every change, and nothing else shows it.
"""

import logging
from functools import partial
from pathlib import Path

from edge import waits
from edge.sop.events import Post, SystemAlarmCleared, SystemAlarmRaised
from edge.store import lock_holders
from edge.store.store import Store
from edge.worker import Worker

log = logging.getLogger(__name__)

LOG_LONG = "database-log-long"

# Interval of the checks, real seconds.
CHECK_S = 5.0

# Bytes: twice the size that the log has after a burst of changes (edge/store/database.py).
LONGEST_LOG = 32 * 2**20


class LogAlarm:
    """Raises the alarm about a long log, and clears it; the alarm of an earlier run, too.

    :param database: its path
    """

    def __init__(self, database: Path, post: Post) -> None:
        self._database = database
        self._post = post
        self._long: bool | None = None

    def check(self, size: int) -> None:
        """Note that the log has *size* bytes."""
        long = size > LONGEST_LOG
        if long == self._long:
            return
        if long:
            reader = lock_holders.readers(self._database) or "a program"
            detail = f"the log has {size // 2**20} MiB: {reader} reads the database all the time"
            log.error("%s; close that program", detail)
            self._post(partial(SystemAlarmRaised, kind=LOG_LONG, detail=detail))
        else:
            self._post(partial(SystemAlarmCleared, kind=LOG_LONG))
        self._long = long


async def watch_database(store: Store, worker: Worker, post: Post) -> None:
    """Check *store* every CHECK_S until cancelled.

    :raises StoreError: if a file of the database was removed or replaced; its data was saved
    """
    alarm = LogAlarm(store.path, post)
    while True:
        await worker.do(store.check_files)
        alarm.check(await worker.do(store.log_bytes))
        await waits.pause_checks(CHECK_S)
