"""The metrics, read by prometheus-client's own parser: names, units, values, bounded series."""

import datetime as dt
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from edge.clock import Clock
from office.broker import kit
from office.config import DatabaseSection, MetricsSection
from office.database.alarm_kinds import KINDS, base_kind
from office.database.live import add_counts
from office.database.reading import make_reading_engine
from office.ingest.follower import Follower
from office.ingest.writer import Writer
from office.metrics.collector import OfficeCollector
from tests.brokers import HOST, free_port
from tests.longer import slow
from tests.office.processes import OfficeProcess, wait_for, write_config
from tests.office.records import Stream
from tests.office.test_writer import messages

DOCS = Path(__file__).parents[3] / "docs"

Samples = dict[tuple[str, tuple[str, ...]], float]


def exposed(database: DatabaseSection, section: MetricsSection | None = None) -> Samples:
    """Return all samples: the values by name and labels' values."""
    engine = make_reading_engine(database)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(OfficeCollector(engine, database, section or MetricsSection(), Clock()))
    text = generate_latest(registry).decode()
    engine.dispose()
    return parsed(text)


def parsed(text: str) -> Samples:
    """Return the samples of the exposition *text*; each has a help text and keeps the rules."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation.endswith("."), family.name
        assert re.fullmatch(r"gardu_office_[a-z_]+", family.name)
        assert family.type in ("counter", "gauge"), family.name
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
            key = (sample.name.removeprefix("gardu_office_"), tuple(sample.labels.values()))
            assert key not in found
            found[key] = sample.value
    return found


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two sites with records, a gap, a break, alarms and health."""
    lobby, annex = Stream(), Stream("annex", "other")
    annex.base = annex.base.replace("setda", "dinas")
    annex.source = annex.source.replace("setda", "dinas")
    first, _, third = lobby.some(3)
    lobby.head = "ab" * 32  # the next record does not follow on the third
    sent = [
        first, third, lobby.next(), lobby.ledger(acked=2), lobby.status("online", 1),
        lobby.live("health", {"clock_synced": True}),
        lobby.live("state/alarm/locker-forced-3", {}),
        lobby.live("state/alarm/locker-forced-4", {}),
        annex.next(), annex.status("offline", 1), annex.live("health", {"clock_synced": False}),
        annex.live("state/alarm/fire", {}), annex.live("state/alarm/a-new-kind", {}),
        annex.live("status", {}),
    ]  # fmt: skip
    writer, follower = Writer(engine, Clock(), 10), Follower(engine, Clock(), 0.0)
    writer.write(messages(*sent))
    for _ in range(2):
        follower.follow(writer.touched)
    with engine.begin() as connection:
        add_counts(connection, {**writer.counts, **follower.counts, "hook too_old": 2})
    return engine


def test_figures(filled: Engine, database: DatabaseSection) -> None:
    """Every metric has the value that the database has, on SQLite and PostgreSQL."""
    found = exposed(database)
    expected: dict[tuple[str, tuple[str, ...]], Any] = {
        ("database_up", ()): 1,
        ("messages_total", ("record",)): 4,
        ("messages_total", ("refused",)): 1,
        ("messages_total", ("still",)): 0,
        ("gaps_opened_total", ()): 1,
        ("gaps", ("setda",)): 1,
        ("gaps", ("dinas",)): 0,
        ("missing_records", ("setda",)): 1,
        ("chain_breaks", ("setda",)): 1,
        ("alarms", ("fire",)): 1,
        ("alarms", ("locker-forced",)): 2,
        ("alarms", ("other",)): 1,
        ("alarms", ("duress",)): 0,
        ("checkpoints", ("setda", "online")): 1,
        ("checkpoints", ("dinas", "offline")): 1,
        ("checkpoints", ("dinas", "online")): 0,
        ("undelivered_records", ("setda",)): 2,
        ("checkpoints_clock_untrusted", ("dinas",)): 1,
        ("checkpoints_clock_untrusted", ("setda",)): 0,
        ("hook_notices_total", ("too_old",)): 2,
    }
    assert {key: found.get(key) for key in expected} == expected
    newest = found["newest_record_timestamp_seconds", ("setda",)]
    assert abs(newest - Clock().wall_ms() / 1000) < 300


def test_series_are_bounded(engine: Engine, database: DatabaseSection) -> None:
    """Many sites and invented alarms, also from a hostile publisher, make no further series."""
    writer = Writer(engine, Clock(), 10)
    for number in range(12):
        stream = Stream()
        stream.base = stream.base.replace("setda", f"site-{number}")
        writer.write(
            messages(
                stream.status("offline", 1),
                stream.live(f"state/alarm/made-up-{number}", {}),
                stream.live(f"state/alarm/door-held-{number}", {}),
            )
        )
    found = exposed(database, MetricsSection(most_sites=3))
    assert found["checkpoints", ("site-0", "offline")] == 1
    assert found["checkpoints", ("(other)", "offline")] == 9
    assert {labels[0] for name, labels in found if name == "gaps"} == {
        "site-0", "site-1", "site-2", "(other)",
    }  # fmt: skip
    assert found["alarms", ("other",)] == 12
    assert found["alarms", ("door-held",)] == 12


def test_nonsense_in_a_health_hides_no_other(engine: Engine, database: DatabaseSection) -> None:
    """A checkpoint whose health is nonsense is left out, and all others are counted."""
    writer, good = Writer(engine, Clock(), 10), Stream("annex")
    deep = (
        Stream()
        .live("health", {})
        ._replace(payload=b'{"clock_synced":' + b"[" * 500 + b"]" * 500 + b"}")
    )
    writer.write(messages(deep, good.live("health", {"clock_synced": False})))
    assert exposed(database)["checkpoints_clock_untrusted", ("setda",)] == 1


def test_without_the_database(tmp_path: Path) -> None:
    """A database that cannot be read shows as such; no figure of it is there, not even 0."""
    found = exposed(DatabaseSection(url=f"sqlite:///{tmp_path}/none.db"))
    assert found == {("database_up", ()): 0}


def test_certificates(engine: Engine, database: DatabaseSection, tmp_path: Path) -> None:
    """The end of the first certificate of each role is there, and a kit that is away shows."""
    folder = tmp_path / "kit"
    kit.init(folder, ["broker.example"], dt.datetime.now(dt.UTC))
    found = exposed(database, MetricsSection(broker_kit=str(folder)))
    assert found["broker_kit_up", ()] == 1
    assert found["certificates", ("valid",)] == 2
    years = (
        found["certificate_expiry_timestamp_seconds", ("server",)] - Clock().wall_ms() / 1e3
    ) / (365 * 86400)
    assert 2.9 < years < 3.1
    assert exposed(database, MetricsSection(broker_kit=str(tmp_path)))["broker_kit_up", ()] == 0


def test_the_kinds_are_those_of_the_contract() -> None:
    """The list of kinds is that of docs/mqtt.md: no kind of it is counted as another."""
    contract = (DOCS / "mqtt.md").read_text(encoding="utf-8")
    table = contract.split("| alarm (`event/alarm`")[1].split("\n\n")[0]
    named = {
        re.sub(r"-(N|NAME)$", "", word)
        for line in table.splitlines()[2:]
        for word in re.findall(r"`([a-z-]+(?:-N|-NAME)?)`", line.split("|")[1])
    }
    assert named == set(KINDS)
    assert base_kind("beam-blocked-utara") == "beam-blocked"
    assert base_kind("firework") is None


@slow
def test_served(tmp_path: Path) -> None:
    """`gardu office run` serves the metrics; a port in use is named; SIGTERM ends all."""
    port = free_port()
    more = f"[metrics]\nport = {port}\n"
    config = write_config(tmp_path, 1, f"sqlite:///{tmp_path}/office.db", more)
    address = f"http://{HOST}:{port}/metrics"

    def asked() -> Samples:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return parsed(answer.read().decode())

    with OfficeProcess(config, "run") as office:
        office.until(f"metrics: {address}")
        wait_for(lambda: asked()["database_up", ()] == 1, lambda: office.log)
        with OfficeProcess(config, "metrics") as second:
            assert second.wait() == 1
            assert (
                f"metrics.port: {HOST}:{port} cannot be used: address already in use" in second.log
            )
        assert office.end() == 0
