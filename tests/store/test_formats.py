"""Formats: older databases are migrated whole or not at all, others are refused unchanged."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from gardu_upgrade.trial import MIGRATING

from edge.clock import Clock
from edge.commands.databases import DATABASES, FORMATS_BY_NAME
from edge.daemon.checkpoint import restore
from edge.daemon.exit_codes import exit_code
from edge.errors import StoreError, StoreFormat, StoreFull
from edge.sop.effects import UnlockLocker
from edge.sop.procedures.loading import parse_procedure
from edge.store import migration
from edge.store.backup.copy import facts_of
from edge.store.damage_mark import mark_of
from edge.store.database import Database
from edge.store.documents import Documents
from edge.store.formats import Formats, Rows, read_identity
from edge.store.migration import copies, copy_of
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, FORMAT, FORMATS, Store
from tests.sop.stand import Stand, rules
from tests.store.old_databases import (
    LAST,
    LATER,
    WAITING,
    documents,
    filled,
    migrate_on,
    open_store,
    put_format_3,
    put_format_4,
)
from tests.store_child import opened


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_real_database_of_format_3(tmp_path: Path) -> None:
    """Records byte for byte, their delivery, the chain, the open visits and texts: all is there."""
    path = put_format_3(tmp_path)
    records, visits = documents(path, "outbox"), documents(path, "visits")
    state, texts = documents(path, "checkpoint")[1], documents(path, "procedures")
    with closing(open_store(tmp_path)) as store:
        ledger = store.ledger()
        assert (ledger.last, ledger.waiting) == (LAST, WAITING)
        waiting = store.waiting(0, 99)
        assert [row.payload.decode() for row in waiting] == [
            records[row.sequence]["payload"] for row in waiting
        ]
        assert [row.link for row in waiting] == [records[row.sequence]["link"] for row in waiting]
        assert [row.visit for row in waiting] == [records[row.sequence]["visit"] for row in waiting]
        document, loaded = store.load()
        assert document is not None
        assert document == state
        assert {visit["number"]: visit for visit in loaded} == {
            number: in_format_5(visit) for number, visit in visits.items()
        }
        restored = restore(document, loaded)
        assert [visit.lockers for visit in restored.visits.values()] == [(1,), (2,), (3,)]
        assert sorted(store.procedures_in_use()) == sorted(text["key"] for text in texts.values())
        assert len(store.waiting_stills(9)) == 1
        row = store.commit(checkpoint=None, visits={}, records=[opened(1)])[0]
        assert row.sequence == LAST + 1
    facts = facts_of(tmp_path)
    assert (facts.changed, facts.sequence, facts.waiting) == ("", LAST + 1, WAITING + 1)
    assert read_identity(path) == read_identity(filled(tmp_path / "new"))


def in_format_5(visit: dict[str, Any]) -> dict[str, Any]:
    """Return a visit of format 3 or 4 as it is in format 5, by the table of that migration."""
    changed = {**visit, "came": {**visit["came"]}} if "came" in visit else {**visit}
    for one, several in (("card", "cards"), ("locker", "lockers"), ("carded", "carded")):
        if one in changed:
            changed[several] = [changed.pop(one)]
    for item in changed.get("came", {}).pop("held", ()):
        changed["came"][f"{item}s"] = 1
    return changed


def test_real_database_of_format_4(tmp_path: Path) -> None:
    """Cards, lockers and ways back of open visits are taken over; records stay byte for byte."""
    path = put_format_4(tmp_path)
    records = documents(path, "outbox")
    arrivals, rest = documents(path, "arrivals"), documents(path, "visits")
    with closing(open_store(tmp_path)) as store:
        ledger = store.ledger()
        assert (ledger.last, ledger.waiting) == (max(records), max(records) - 6)
        document, loaded = store.load()
        assert document is not None
        assert {visit["number"]: visit for visit in loaded} == {
            number: in_format_5({**arrivals[number], **visit}) for number, visit in rest.items()
        }
        restored = restore(document, loaded)
        assert [(len(v.cards), v.lockers, v.carded) for v in restored.visits.values()] == [
            (1, (2,), ()), (1, (3,), ()), (1, (), ("kartu",)), (0, (), ()),
        ]  # fmt: skip
        for card in (card for visit in restored.visits.values() for card in visit.cards):
            assert restored.visits[restored.cards[card]].cards == (card,)
        met = next(iter(restored.visits.values())).came
        assert met is not None
        assert (met.cards, met.lockers) == (1, 1)
    assert facts_of(tmp_path).changed == ""
    assert documents(path, "outbox") == records


def test_visits_of_format_4_end_under_their_own_texts(tmp_path: Path) -> None:
    """The guest with the host comes back after the upgrade: card, button, locker, as it began."""
    put_format_4(tmp_path)
    with closing(open_store(tmp_path)) as store:
        texts = [parse_procedure(text, key) for key, text in store.procedures_in_use().items()]
        document, loaded = store.load()
    assert document is not None
    state = restore(document, loaded)
    procedures = {text.key: text for text in texts}
    stand = Stand(rules(procedures=procedures))
    stand.state, stand.seconds = state, 2000.0
    stand.restart()
    guest = next(iter(state.visits.values()))
    stand.card(guest.cards[0])
    stand.press("officer-1", "done")
    assert stand.of(UnlockLocker)[-1].locker == 2
    stand.opened(2)
    stand.closed_door(2)
    stand.press("officer-1", "done")
    (closed,) = stand.closed
    assert (closed.visit, closed.outcome) == (guest.id, "completed")
    assert (closed.cards_out, closed.lockers_out) == (0, ())
    (owed,) = (card for card, holder in state.cards.items() if holder not in state.visits)
    stand.card(owed)
    assert stand.of(UnlockLocker)[-1].locker == 1


def test_parts_are_split_off(tmp_path: Path) -> None:
    """A part that becomes empty later does not come back from the old whole document."""
    path = put_format_3(tmp_path)
    with Documents(path) as file:
        file.table("invitations").put(1, {"guest": 1_800_000_000_000})
    with closing(open_store(tmp_path)) as store:
        document, _ = store.load()
        assert document is not None
        assert document["invitations"] == {"guest": 1_800_000_000_000}
        store.commit(checkpoint=None, visits={}, parts={"lockers": {}, "invitations": {}})
        document, _ = store.load()
        assert document is not None
        assert not {"lockers", "invitations"} & document.keys()


def test_copy_from_before_stays(tmp_path: Path) -> None:
    """The copy has all that the database had, for its owner only; a second start makes none."""
    path = put_format_3(tmp_path)
    before = {table: documents(path, table) for table in ("outbox", "visits", "checkpoint")}
    open_store(tmp_path).close()
    copy = copy_of(path, 3)
    assert {table: documents(copy, table) for table in before} == before
    assert copy.stat().st_mode & 0o077 == 0
    known = digest(copy)
    open_store(tmp_path).close()
    assert digest(copy) == known
    assert copies(path) == [copy]


def test_only_the_newest_copy_stays(tmp_path: Path) -> None:
    """The next migration deletes the copy of the one before: they are as large as the database."""
    path = put_format_3(tmp_path)
    open_store(tmp_path).close()
    migrate_on(path)
    assert copies(path) == [copy_of(path, FORMAT)]


def second(database: Database, on_rows: Rows) -> None:
    """Migrate once more: every later field becomes a table."""
    state = database.document("checkpoint", *database.run("after", "checkpoint", 0, 1)[0])
    database.put("later", 1, {"was": state["later"]})
    on_rows(1)


def test_steps_run_in_order(tmp_path: Path) -> None:
    """A database two formats behind goes through both steps."""
    path = filled(tmp_path)
    migrate_on(path, Formats(FORMAT + 2, {**LATER.steps, FORMAT + 1: second}))
    assert documents(path, "later") == {1: {"was": True}}
    found = read_identity(path)
    assert found is not None
    assert found.format == FORMAT + 2


def test_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    """If the second of two steps fails, the first is undone too, and all is as it was."""
    path = filled(tmp_path)

    def fail(database: Database, _on_rows: Rows) -> None:
        database.drop("outbox")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        migrate_on(path, Formats(FORMAT + 2, {**LATER.steps, FORMAT + 1: fail}))
    with closing(open_store(tmp_path)) as store:
        assert store.ledger().last == 5
        assert store.load()[0] == {"opened": 5}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_stop_in_the_middle(tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop while it is copied or migrated undoes all; the next start migrates."""
    monkeypatch.setattr(migration, "_PAGES", 100)
    monkeypatch.setattr(migration, "_ROWS", 10)
    path = put_format_3(tmp_path)
    shown = list[str]()

    def stop(text: str) -> None:
        shown.append(text)
        if len(shown) > at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path, "/gardu/site/checkpoint", Clock(), notify=stop)
    found = read_identity(path)
    assert found is not None
    assert found.format == 3
    begun = f"{MIGRATING} gardu.db from format 3 to {FORMAT}: "
    assert all(text.startswith(begun) for text in shown)
    with closing(open_store(tmp_path)) as store:
        assert store.ledger().last == LAST


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the copy nothing is begun, and the message names the room it needs."""
    path = put_format_3(tmp_path)
    monkeypatch.setattr(migration, "ROOM", 2**62)
    with pytest.raises(StoreFull, match=r"needs .* MiB of free space"):
        open_store(tmp_path)
    found = read_identity(path)
    assert found is not None
    assert (found.format, copies(path)) == (3, [])


@pytest.mark.parametrize("damaged", [False, True])
def test_newer_format_is_refused(tmp_path: Path, damaged: bool) -> None:
    """An older version changes nothing and sets nothing aside, damaged or not; it names both."""
    path = filled(tmp_path)
    migrate_on(path)
    if damaged:
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("UPDATE checkpoint SET crc = 0")
    known = digest(path)
    with pytest.raises(
        StoreFormat, match=f"has format {FORMAT + 1} .*this Gardu reads {FORMAT}"
    ) as e:
        open_store(tmp_path)
    assert exit_code(e.value) == 65, "systemd does not start it again"
    assert digest(path) == known
    assert not mark_of(path).exists()
    assert not list(tmp_path.glob("*.damaged-*"))
    if not damaged:
        with pytest.raises(StoreFormat):
            Snapshot(tmp_path)


def test_marked_database_of_a_newer_format_is_not_set_aside(tmp_path: Path) -> None:
    """Damage that the newer version has marked is left to it."""
    path = filled(tmp_path)
    migrate_on(path)
    mark_of(path).write_text("20261122T031507Z wrong checksum\n")
    with pytest.raises(StoreFormat, match="cannot be salvaged here"):
        open_store(tmp_path)
    assert path.exists()


def test_damaged_database_of_an_older_format_is_not_set_aside(tmp_path: Path) -> None:
    """Its own version can salvage it; this one would lose records that it cannot understand."""
    path = put_format_3(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE visits SET crc = 0")
    with pytest.raises(StoreFormat, match=r"is damaged.*format 3.*install the version"):
        open_store(tmp_path)
    assert path.exists()
    assert not copies(path)


def test_without_its_number_an_older_database_is_set_aside(tmp_path: Path) -> None:
    """If even the format is lost, the file is set aside whole, and work goes on."""
    path = put_format_3(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE database SET crc = 0")
    with closing(open_store(tmp_path)) as store:
        assert store.quarantined is not None
        assert len(documents(store.quarantined, "outbox")) == LAST
        assert store.ledger().last >= LAST, "no sequence is used twice"


def test_format_without_a_step_is_refused(tmp_path: Path) -> None:
    """A format from before the first migration is named, and the file is as it was."""
    path = put_format_3(tmp_path)
    with Documents(path) as file:
        file.table("database").put(1, {"format": 2, "stream": "s"})
    known = digest(path)
    with pytest.raises(StoreFormat, match=f"has format 2, this Gardu reads {FORMAT}"):
        open_store(tmp_path)
    assert digest(path) == known


@pytest.mark.parametrize("body", ["{}", '{"format": "four"}', "[]"])
def test_identity_that_is_none(tmp_path: Path, body: str) -> None:
    """A document without a number is damage, not a crash."""
    path = filled(tmp_path)
    with Documents(path) as file:
        file.table("database").put(1, msgspec.Raw(body.encode()))
    with closing(open_store(tmp_path)) as store:
        assert store.quarantined is not None


def test_tables_of_formats() -> None:
    """Each database has an unbroken chain of steps, and the commands know its format."""
    assert FORMATS_BY_NAME[FILE] is FORMATS
    for name, formats in FORMATS_BY_NAME.items():
        numbers = sorted(formats.steps)
        assert numbers == list(range(min(numbers, default=formats.number), formats.number))
        assert DATABASES[name] == formats.number


def test_failing_copy(tmp_path: Path) -> None:
    """If the copy cannot be written, the database is not migrated."""
    path = put_format_3(tmp_path)
    copy_of(path, 3).with_name(f"{copy_of(path, 3).name}.part").mkdir()
    with pytest.raises(StoreError, match="cannot be copied"):
        migrate_on(path, FORMATS)
    found = read_identity(path)
    assert found is not None
    assert found.format == 3


def test_full_disk_costs_the_copy_before_the_reserve(tmp_path: Path) -> None:
    """Once records need the room, the copy from before the migration goes."""
    path = put_format_3(tmp_path)
    with closing(open_store(tmp_path)) as store:
        store.documents.table("stills-sent").truncate()
        assert store.free_space()
        assert not copies(path)
        assert store.space.reserved
        assert store.free_space()
        assert not store.space.reserved
