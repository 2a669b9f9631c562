"""`gardu records` and `gardu verify` beside a store that is open, and against tampering."""

import asyncio
import json
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from edge.clock import Clock
from edge.commands.records import records
from edge.commands.verify import verify
from edge.daemon.control import NAME, resender, serve_control
from edge.store.chain import link
from edge.store.database import checksum
from edge.store.outbox import COUNTERS
from edge.store.store import FILE, Store
from edge.worker import Worker
from sim.stage import process
from tests.brokers import until
from tests.daemon.test_run import Systemd, config_file, start
from tests.store_bench import HandClock, record, say, sequences
from tests.uplinks import opened

SOURCE = "/gardu/setda-tanjabbar/lobi-utama"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield a store that is open, as it is in the daemon."""
    opened_store = Store(tmp_path / "data", SOURCE, HandClock())
    yield opened_store
    opened_store.close()


def gardu(*arguments: str | Path) -> Result:
    """Run `gardu …`."""
    app = Typer()
    app.add_typer(records, name="records")
    app.command()(verify)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def listed(*arguments: str | Path) -> list[dict[str, Any]]:
    """Return the records of `gardu records --json`."""
    result = gardu("records", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def verified(config: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the findings of `gardu verify --json`."""
    result = gardu("verify", "--json", "--config", config, *arguments)
    return result.exit_code, json.loads(result.stdout)


def test_lists_states_beside_an_open_store(store: Store, config: Path) -> None:
    """Every record is listed in order with its state, while the store stays open for writing."""
    rows = say(store, 5)
    store.acknowledge([1, 2, 4])
    store.failed(3, "0x87")
    store.park(3, "0x87")
    lines = listed("--config", config)
    about = [line.pop("gardu") for line in lines]
    assert lines == [json.loads(row.payload) for row in rows]
    assert [one["state"] for one in about] == [
        "delivered", "delivered", "parked", "delivered", "waiting",
    ]  # fmt: skip
    assert [one["link"] for one in about] == [row.link for row in rows]
    table = gardu("records", "--config", config).output.splitlines()
    assert [line.split()[0] for line in table[2:7]] == ["1", "2", "3", "4", "5"]
    assert table[4].endswith("parked")
    assert sequences(say(store, 1)) == [6]


def test_chooses_by_time_and_type(
    store: Store, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--since and --until accept dates, times, zones and spans; --type accepts a part of it."""
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    import time

    time.tzset()
    store.append([record(1), opened("late")])  # at 2023-11-14T22:13:20Z and 2026-11-21T03:51:37Z
    where = ("--config", config)

    def chosen(*options: str) -> list[int]:
        return [int(line["sequence"]) for line in listed(*where, *options)]

    assert chosen("--since", "2026-11-21") == [2]
    assert chosen("--since", "2026-11-21T10:51:37.412") == [2]
    assert chosen("--since", "2026-11-21T10:51:38") == []
    assert chosen("--since", "2026-11-21T03:51:37Z") == [2]
    assert chosen("--until", "2026-11-21T03:51:37Z") == [1]
    assert chosen("--until", "2023-11-15T05:13:21") == [1]
    assert chosen("--until", "2023-11-15") == []
    assert chosen("--type", "visit") == [2]
    monkeypatch.setenv("GARDU_CLOCK", f"1.5,{Clock().boot_ns()},1795233217412000000")
    assert chosen("--since", "2m") == []
    assert chosen("--since", "3m") == [2]
    assert chosen("--since", "5000d") == [1, 2]
    monkeypatch.delenv("TZ")
    time.tzset()


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "3y", "", "99999999999d", "2026-11-"])
def test_bad_time_is_explained(store: Store, config: Path, when: str) -> None:
    """A bad time ends with 2 and an example of a good one."""
    result = gardu("records", "--config", config, "--since", when)
    assert result.exit_code == 2
    assert "must be like 2026-11-21" in result.output


def test_table_shows_the_latest(store: Store, config: Path) -> None:
    """Without --since the table shows the latest 50 records; with it, all since then."""
    say(store, 70)
    short = gardu("records", "--config", config).output
    assert "the last 50" in short
    assert "\n21 " in short
    assert "\n20 " not in short
    assert "\n1 " in gardu("records", "--config", config, "--since", "2000-01-01").output


def test_no_database_is_said(config: Path) -> None:
    """Without a database the file is named, and none is created."""
    for command in (["records"], ["verify"], ["records", "resend", "1", "2"]):
        result = gardu(*command, "--config", config)
        assert FILE in str(result.exception)
    assert not (config.parent / "data").exists()


# -- gardu verify


def test_intact_beside_an_open_store(store: Store, config: Path) -> None:
    """With the store open, the published head still fits after further records."""
    say(store, 6)
    published = store.ledger()
    say(store, 3)
    head = ("--head", published.head.upper(), "--sequence", str(published.last))
    code, found = verified(config, *head)
    assert (code, found["difference"], found["sequence"]) == (0, None, 9)
    assert found["head"] == store.ledger().head
    assert verified(config, *head[:2])[0] == 0
    assert verified(config)[0] == 0
    words = gardu("verify", "--config", config, *head)
    assert "intact, and it is the history that was published" in words.output


def test_verify_waits_for_nobody(store: Store, config: Path) -> None:
    """A transaction under way in the daemon neither blocks the check nor is part of it."""
    say(store, 2)
    with store.documents.transaction():
        say(store, 1)
        code, found = verified(config)
    assert (code, found["sequence"]) == (0, 2)


def tamper(config: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Change the database file directly."""
    with sqlite3.connect(config.parent / "data" / FILE) as database:
        for sql, parameters in statements:
            database.execute(sql, parameters)
    database.close()


def body_of(config: Path, sequence: int) -> bytes:
    """Return the row of a record, byte for byte."""
    database = sqlite3.connect(config.parent / "data" / FILE)
    (body,) = database.execute("SELECT body FROM outbox WHERE id = ?", (sequence,)).fetchone()
    database.close()
    return bytes(body)


def put(sequence: int, body: bytes, table: str = "outbox") -> tuple[str, tuple[Any, ...]]:
    """Return a statement that writes a row with a right checksum: the tamperer knows the source."""
    return (
        f"REPLACE INTO {table} (id, body, crc) VALUES (?, ?, ?)",
        (sequence, body, checksum(table, sequence, body)),
    )


def forged(row: bytes) -> bytes:
    """Change the contents of a record."""
    before, after = '"since":"…"'.encode(), b'"since":"x"'
    assert before in row
    return row.replace(before, after)


def test_changed_payload_is_named(store: Store, config: Path) -> None:
    """A payload changed together with its checksum: the first such record is named in full."""
    rows = say(store, 8)
    store.close()
    tamper(config, put(6, forged(body_of(config, 6))), put(4, forged(body_of(config, 4))))
    code, found = verified(config)
    assert code == 1
    difference = found["difference"]
    assert (difference["sequence"], difference["id"]) == (4, rows[3].id)
    assert difference["type"] == "gardu.alarm.raised.v1"
    assert difference["time"] == "2023-11-14T22:13:20.000Z"
    assert "link" in difference["what"]
    words = gardu("verify", "--config", config)
    assert words.exit_code == 1
    assert "record 4 differs" in words.output


def test_flipped_bit_is_named(store: Store, config: Path) -> None:
    """A wrong checksum is named by `verify`, and in the list of `records`."""
    say(store, 3)
    store.close()
    tamper(config, ("UPDATE outbox SET crc = crc + 1 WHERE id = 2", ()))
    assert "checksum" in verified(config)[1]["difference"]["what"]
    listing = gardu("records", "--config", config).output
    assert "the checksum of its row is wrong" in listing


def test_deleted_and_swapped_rows_are_named(store: Store, config: Path) -> None:
    """A deleted row, and two rows in each other's places, are named."""
    say(store, 8)
    store.close()
    five, six = body_of(config, 5), body_of(config, 6)
    tamper(config, put(5, six), put(6, five))
    assert verified(config)[1]["difference"]["sequence"] == 5
    tamper(config, put(5, five), put(6, six))
    assert verified(config)[0] == 0
    tamper(config, ("DELETE FROM outbox WHERE id IN (3, 4)", ()))
    code, found = verified(config)
    assert code == 1
    assert (found["difference"]["sequence"], found["difference"]["what"]) == (3, "missing: 3 to 4")


def packed(document: dict[str, Any]) -> bytes:
    """Return *document* as JSON, as short as Gardu writes it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def rewrite(config: Path, first: int, last: int) -> None:
    """Forge a record and compute all links after it again, the stored head included."""
    previous = json.loads(body_of(config, first - 1))["link"]
    changes = []
    for sequence in range(first, last + 1):
        row = body_of(config, sequence)
        row = forged(row) if sequence == first else row
        kept = json.loads(row)
        event = packed({**kept["event"], "prevhash": previous})
        previous = link(previous, event)
        head = packed({"topic": kept["topic"], "link": previous})[:-1]
        changes.append(put(sequence, head + b',"event":' + event + b"}"))
    changes.append(put(COUNTERS, packed({"sequence": last, "head": previous}), "checkpoint"))
    tamper(config, *changes)


def test_rewritten_tail_is_found_by_the_published_head(store: Store, config: Path) -> None:
    """A rewritten tail is consistent in itself, but differs from a head published before."""
    say(store, 8)
    early = (store.waiting(2, 1)[0].link, "3")
    late = store.ledger()
    store.close()
    rewrite(config, 5, 8)
    assert verified(config)[0] == 0
    assert verified(config, "--head", early[0], "--sequence", early[1])[0] == 0
    code, found = verified(config, "--head", late.head, "--sequence", "8")
    assert (code, found["difference"]["sequence"]) == (1, 8)
    assert verified(config, "--head", late.head)[0] == 1


def test_truncated_history_is_found(store: Store, config: Path) -> None:
    """A cut-off end is found by the stored head, or, if that is forged, by the published one."""
    say(store, 8)
    published = store.ledger().head
    store.close()
    tamper(config, ("DELETE FROM outbox WHERE id > 5", ()))
    code, found = verified(config)
    assert (code, found["difference"]["sequence"]) == (1, 6)
    head = json.loads(body_of(config, 5))["link"]
    tamper(config, put(COUNTERS, packed({"sequence": 5, "head": head}), "checkpoint"))
    assert verified(config)[0] == 0
    code, found = verified(config, "--head", published, "--sequence", "8")
    assert (code, found["difference"]["sequence"]) == (1, 6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--head", "12ab"], "64 hexadecimal digits"),
        (["--sequence", "3"], "give both"),
        (["--head", "ab" * 32, "--sequence", "1"], "take a later head"),
    ],
)
def test_wrong_question_is_explained(
    store: Store, config: Path, options: list[str], words: str
) -> None:
    """A question that cannot be checked ends with 2, not with a finding."""
    say(store, 4)
    store.documents.table("removed").put(1, {"sequence": 2, "link": store.waiting(1, 1)[0].link})
    store.documents.table("outbox").remove(doc_ids=[1, 2])
    result = gardu("verify", "--config", config, *options)
    assert result.exit_code == 2
    assert words in result.output
    assert verified(config)[0] == 0


# -- gardu records resend


def test_resend_marks_where_no_daemon_runs(store: Store, config: Path) -> None:
    """Delivered and parked records wait again, under their own numbers; the rest is counted."""
    say(store, 6)
    store.acknowledge([1, 2, 3])
    store.failed(5, "0x87")
    store.park(5, "0x87")
    store.close()
    (config.parent / "data" / NAME).touch()  # the socket of a killed daemon is no daemon
    (config.parent / "data" / NAME).unlink()
    result = gardu("records", "resend", "2", "9", "--config", config)
    assert result.exit_code == 0, result.output
    assert "No daemon runs here" in result.output
    assert "3 records are sent again (1 of them were parked)" in result.output
    assert "2 waited anyway; 3 are not there" in result.output
    states = {line["sequence"][-1]: line["gardu"]["state"] for line in listed("--config", config)}
    assert states == {"1": "delivered", **dict.fromkeys("23456", "waiting")}


@pytest.mark.parametrize("span", [("5", "4"), ("0", "4"), ("x", "4")])
def test_resend_of_no_range_is_refused(config: Path, span: tuple[str, str]) -> None:
    """A wrong range ends with 2 before the database is opened."""
    assert gardu("records", "resend", *span, "--config", config).exit_code == 2


def test_resend_asks_the_daemon(store: Store, config: Path) -> None:
    """While the daemon has the database, it marks the records, asked over its socket."""
    say(store, 5)
    store.acknowledge([1, 2, 3, 4, 5])
    said: list[int] = []

    class Sender:
        def go_back(self, first: int) -> None:
            said.append(first)

    async def scenario() -> None:
        worker = Worker("store")
        serving = asyncio.create_task(
            serve_control(config.parent / "data", resender(store, worker, Sender()), {})
        )
        await until((config.parent / "data" / NAME).exists)
        assert stat.S_IMODE((config.parent / "data" / NAME).stat().st_mode) == 0o600
        results: list[Result] = []
        asking = threading.Thread(
            target=lambda: results.append(gardu("records", "--config", config, "resend", "2", "3"))
        )
        asking.start()
        await until(lambda: results)
        asking.join()
        serving.cancel()
        await asyncio.wait([serving])
        worker.stop()
        assert results[0].exit_code == 0, results[0].output
        assert results[0].output.startswith("2 records are sent again (0 of them were parked)")

    asyncio.run(scenario())
    assert said == [2]
    assert sequences(store.waiting(0, 9)) == [2, 3]
    assert not (config.parent / "data" / NAME).exists()


def test_beside_the_running_daemon(tmp_path: Path) -> None:
    """All three commands run as processes beside the daemon, which goes on and stops cleanly."""
    manager = Systemd(tmp_path)
    where = config_file(tmp_path)
    daemon = start(where, manager)

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*process.gardu(), *words, "--config", str(where)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    try:
        manager.until("READY=1")
        manager.until("not working")
        lines = [json.loads(line) for line in ran("records", "--json").stdout.splitlines()]
        assert [int(line["sequence"]) for line in lines] == list(range(1, len(lines) + 1))
        assert {line["gardu"]["state"] for line in lines} == {"waiting"}
        assert (
            json.loads(ran("verify", "--json", "--head", lines[0]["gardu"]["link"]).stdout)[
                "difference"
            ]
            is None
        )
        assert ran("verify", "--head", "ab" * 32).returncode == 1
        resent = ran("records", "resend", "1", "1")
        assert (resent.returncode, resent.stderr) == (0, "")
        assert resent.stdout == (
            "0 records are sent again (0 of them were parked); 1 waited anyway; 0 are not there.\n"
        )
        daemon.terminate()
        _, log = daemon.communicate(timeout=20)
    finally:
        daemon.kill()
        manager.close()
    assert daemon.returncode == 0
    assert "Traceback" not in log
    assert not (tmp_path / "data" / NAME).exists()
