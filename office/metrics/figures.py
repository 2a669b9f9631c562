"""The figures that the metrics show, read from the database in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, func, select, text

from office.database.alarm_kinds import base_kind
from office.database.tables import alarms, breaks, checkpoints, counts, gaps, live, streams

OTHER_SITES = "(other)"
"""Stands for all sites beyond the limit; no site can have this name."""

# Health documents read from the database at a time.
_AT_ONCE = 500


class SiteFigures:
    """The figures of one site.

    :ivar checkpoints: how many checkpoints there are of each status
    :ivar newest_ms: when its newest record came, milliseconds since 1970; of several sites, that of
        the one whose newest record is oldest; None: none came
    :ivar waiting: records that its checkpoints have not delivered, by their newest ledgers
    :ivar clocks_untrusted: its checkpoints whose newest health says that their clock is not trusted
    """

    def __init__(self) -> None:
        self.checkpoints: Counter[str] = Counter()
        self.newest_ms: int | None = None
        self.waiting = 0
        self.gaps = 0
        self.missing = 0
        self.breaks = 0
        self.clocks_untrusted = 0


class Figures(NamedTuple):
    """All figures at one moment.

    :ivar counts: how many messages there were of each kind
    :ivar alarms: how many alarms of each kind of the contract stand; ``other``: of no such kind
    """

    counts: dict[str, int]
    alarms: Counter[str]
    sites: dict[str, SiteFigures]


class _Health(msgspec.Struct, frozen=True):
    clock_synced: Any = None


_health = msgspec.json.Decoder(_Health).decode


def read_figures(connection: Connection, most_sites: int) -> Figures:
    """Return the figures now.

    :param most_sites: sites that have figures of their own: those that reported first, so that a
        new site takes no other's place
    """
    first = select(checkpoints.c.site).group_by(checkpoints.c.site)
    query = first.order_by(func.min(checkpoints.c.number)).limit(most_sites)
    own = set(connection.scalars(query))
    sites: defaultdict[str, SiteFigures] = defaultdict(SiteFigures)

    def of(site: str) -> SiteFigures:
        return sites[site if site in own else OTHER_SITES]

    for site, status, number in connection.execute(_CHECKPOINTS):
        of(site).checkpoints[status] += number
    for site, newest_ms, waiting in connection.execute(_STREAMS):
        one = of(site)
        one.newest_ms = newest_ms if one.newest_ms is None else min(one.newest_ms, newest_ms)
        one.waiting += int(waiting)
    for site, number, missing in connection.execute(_GAPS):
        of(site).gaps += number
        of(site).missing += int(missing)
    for site, number in connection.execute(_BREAKS):
        of(site).breaks += number
    for site in _untrusted(connection):
        of(site).clocks_untrusted += 1
    found = {row[0]: row[1] for row in connection.execute(select(counts.c.word, counts.c["count"]))}
    return Figures(found, _alarms(connection), dict(sites))


def _alarms(connection: Connection) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, number in connection.execute(
        select(alarms.c.kind, func.count()).group_by(alarms.c.kind)
    ):
        found[base_kind(kind) or "other"] += number
    return found


def _untrusted(connection: Connection) -> Iterator[str]:
    """Yield the site of each checkpoint whose health says that its clock is not trusted."""
    query = (
        select(checkpoints.c.site, live.c.payload)
        .join(checkpoints, checkpoints.c.number == live.c.checkpoint)
        .where(live.c.topic == "health")
        .execution_options(stream_results=True, max_row_buffer=_AT_ONCE)
    )
    for site, payload in connection.execute(query):
        try:
            if _health(payload).clock_synced is False:
                yield site
        except (msgspec.DecodeError, RecursionError):
            continue  # a checkpoint that publishes nonsense hides no other one


_CHECKPOINTS = select(checkpoints.c.site, checkpoints.c.status, func.count()).group_by(
    checkpoints.c.site, checkpoints.c.status
)
# Of a checkpoint that was restored from a backup only the newest stream has a ledger that holds.
_STREAMS = text(
    "SELECT c.site, max(s.moved_ms), sum(CASE WHEN s.ledger_ms = n.ledger_ms "
    "AND s.last_seq > s.acked_seq THEN s.last_seq - s.acked_seq ELSE 0 END) "
    "FROM streams s JOIN checkpoints c ON c.number = s.checkpoint JOIN (SELECT checkpoint, "
    "max(ledger_ms) AS ledger_ms FROM streams GROUP BY checkpoint) n "
    "ON n.checkpoint = s.checkpoint GROUP BY c.site"
)
_GAPS = (
    select(checkpoints.c.site, func.count(), func.sum(gaps.c.last - gaps.c.first + 1))
    .join(streams, streams.c.number == gaps.c.stream)
    .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
    .where(gaps.c.closed_ms.is_(None))
    .group_by(checkpoints.c.site)
)
_BREAKS = (
    select(checkpoints.c.site, func.count())
    .select_from(breaks)
    .join(streams, streams.c.number == breaks.c.stream)
    .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
    .group_by(checkpoints.c.site)
)
