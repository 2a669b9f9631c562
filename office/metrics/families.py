"""The metrics, by their names: figures in, families of prometheus-client out. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from office.broker.expiry import Row
from office.database.alarm_kinds import KINDS
from office.metrics.figures import Figures, SiteFigures

_MESSAGES = ("record", "still", "live", "duplicate", "refused", "dropped")
_OUTCOMES = ("delivered", "tries_failed", "refused", "too_old", "dropped", "unreadable")
_STATUSES = ("online", "offline", "unknown")
_CERTIFICATES = ("valid", "expires soon", "expired", "revoked")


def of_figures(figures: Figures) -> Iterator[Metric]:
    """Yield the metrics of *figures*."""
    counts = figures.counts
    yield _counter(
        "messages", "Messages that were received, by what they were.", "kind", counts, _MESSAGES
    )
    hooks = {word.removeprefix("hook "): count for word, count in counts.items() if "hook " in word}
    yield _counter("hook_notices", "Notices of hooks, by outcome.", "outcome", hooks, _OUTCOMES)
    opened = CounterMetricFamily("gardu_office_gaps_opened", "Gaps that were found.")
    opened.add_metric([], counts.get("gap", 0))
    yield opened
    standing = _gauge("alarms", "Alarms that stand.", ["kind"])
    for kind in (*KINDS, "other"):
        standing.add_metric([kind], figures.alarms[kind])
    yield standing
    yield from _of_sites(figures.sites)


def of_certificates(rows: Sequence[Row]) -> Iterator[Metric]:
    """Yield the metrics of the certificates of a broker kit."""
    by_status = Counter[str](row.status for row in rows)
    number = _gauge("certificates", "Certificates of the broker kit, by status.", ["status"])
    for status in _CERTIFICATES:
        number.add_metric([status.replace(" ", "_")], by_status[status])
    yield number
    ends: dict[str, float] = {}
    for row in rows:
        if row.status != "revoked":
            at = row.ends.timestamp()
            ends[row.role] = min(at, ends.get(row.role, at))
    expiry = _gauge(
        "certificate_expiry_timestamp_seconds",
        "When the first certificate of a role expires, seconds since 1970.",
        ["role"],
    )
    for role, at in sorted(ends.items()):
        expiry.add_metric([role], at)
    yield expiry


def up(name: str, words: str, *, value: bool) -> Metric:
    """Return the metric *name*: 1 if it can be used."""
    return GaugeMetricFamily(f"gardu_office_{name}_up", words, value=float(value))


def _of_sites(sites: Mapping[str, SiteFigures]) -> Iterator[Metric]:
    there = _gauge("checkpoints", "Checkpoints, by the status of their connection.",
                   ["site", "status"])  # fmt: skip
    newest = _gauge(
        "newest_record_timestamp_seconds", "When the newest record came, seconds since 1970.",
        ["site"],
    )  # fmt: skip
    plain = {name: _gauge(name, words, ["site"]) for name, words, _ in _PLAIN}
    for site, one in sorted(sites.items()):
        for status in _STATUSES:
            there.add_metric([site, status], one.checkpoints[status])
        if one.newest_ms is not None:
            newest.add_metric([site], one.newest_ms / 1000)
        for name, _, attribute in _PLAIN:
            plain[name].add_metric([site], getattr(one, attribute))
    yield there
    yield newest
    yield from plain.values()


_PLAIN = (
    ("undelivered_records", "Records that checkpoints have not delivered yet.", "waiting"),
    ("gaps", "Gaps that stand.", "gaps"),
    ("missing_records", "Records in the gaps that stand.", "missing"),
    ("chain_breaks", "Places where a hash chain is broken.", "breaks"),
    ("checkpoints_clock_untrusted", "Checkpoints whose clock is not trusted.", "clocks_untrusted"),
)


def _gauge(name: str, words: str, labels: Sequence[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"gardu_office_{name}", words, labels=labels)


def _counter(
    name: str, words: str, label: str, counts: Mapping[str, int], values: Sequence[str]
) -> CounterMetricFamily:
    """Return a counter with one series for each of *values*, also for those that are 0."""
    made = CounterMetricFamily(f"gardu_office_{name}", words, labels=[label])
    for value in values:
        made.add_metric([value], counts.get(value, 0))
    return made
