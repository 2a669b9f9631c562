"""The purger: deletes what is older than the retention of the config allows."""

import logging
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Engine

from office.config import RetentionSection
from office.database import retention
from office.database.retention import ASIDE, RECORDS, STILLS, Deleted

log = logging.getLogger(__name__)

INTERVAL_S = 3600.0
"""Interval between two runs in the ingest, seconds."""

_DAY_MS = 86_400_000
_NAMES = {RECORDS: "records", STILLS: "stills", ASIDE: "refused messages"}


class Purger:
    """Deletes what is too old, one small transaction after the other.

    :ivar deleted: what has been deleted, by the words of the counts
    """

    def __init__(self, engine: Engine, section: RetentionSection, now_ms: int) -> None:
        self.deleted: Counter[str] = Counter()
        self._engine = engine
        self._section = section
        self._now_ms = now_ms
        self._run = self._all()

    def step(self) -> bool:
        """Make the next transaction; return False if there is none left.

        :raises DBAPIError: if the database cannot be used now; the run is over
        """
        found = next(self._run, None)
        if found is None:
            if words := self.words:
                log.info("retention: deleted %s", words)
            return False
        word, count = found
        if word:
            self.deleted[word] += count
        return True

    @property
    def words(self) -> str:
        """What has been deleted, for a person; empty if it is nothing."""
        return in_words(self.deleted)

    def _all(self) -> Iterator[Deleted]:
        limits = limits_ms(self._section, self._now_ms)
        if (before_ms := limits["stills_ms"]) is not None:
            yield from retention.delete_stills(self._engine, before_ms, self._now_ms)
        if (before_ms := limits["records_ms"]) is not None:
            yield from retention.delete_records(self._engine, before_ms, self._now_ms)
        if (before_ms := limits["aside_ms"]) is not None:
            yield from retention.delete_aside(self._engine, before_ms)


def limits_ms(section: RetentionSection, now_ms: int) -> dict[str, int | None]:
    """Return the moments before which each kind is too old; None: it is kept for ever."""
    days = {
        "records_ms": section.records_days,
        "stills_ms": section.stills_days,
        "aside_ms": section.aside_days,
    }
    return {name: now_ms - count * _DAY_MS if count else None for name, count in days.items()}


def in_words(counted: dict[str, int]) -> str:
    """Return the counts of *counted* for a person, such as ``3 records, 1 stills``."""
    return ", ".join(
        f"{counted[word]} {name}" for word, name in _NAMES.items() if counted.get(word)
    )
