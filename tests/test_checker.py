"""The checker: it finds every kind of loss that it is made for."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.sop.records import Record, VisitClosed
from edge.store.store import Store
from soak.checker import Committed, Findings, Pulse, check, lost_visits, read_committed
from soak.journal import Model
from soak.table import Row, table
from tests.uplinks import AT, opened

COUNT = 20


def records() -> list[Committed]:
    """Return the records that a correct store commits."""
    return [
        Committed(n, f"id-{n}", json.dumps({"id": f"id-{n}", "sequence": f"{n:016d}"}).encode())
        for n in range(1, COUNT + 1)
    ]


def payloads() -> list[bytes]:
    """Return the payloads that a correct subscriber receives."""
    return [record.payload for record in records()]


def test_an_honest_history_is_clean() -> None:
    """A history with every record once and in order has no findings."""
    found = check(records(), payloads(), [Pulse(1, "v/3"), Pulse(1, "v/9"), Pulse(2, "w/3")])
    assert found == Findings(committed=COUNT, delivered=COUNT, pulses=3)
    assert found.clean


def test_resends_and_late_comers_are_no_loss() -> None:
    """A record sent again is a duplicate, a late one has healed a hole: neither is a loss."""
    heard = payloads()
    heard[4], heard[5] = heard[5], heard[4]
    found = check(records(), heard[:8] + heard[3:8] + heard[8:])
    assert (found.duplicates, found.healed, found.lost) == (5, 1, 0)
    assert found.clean


def strange(sequence: int) -> bytes:
    """Return a record that was never committed."""
    return json.dumps({"id": "strange", "sequence": str(sequence)}).encode()


TAMPERED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], dict[str, int]]] = {
    "the first is missing": (lambda heard: heard[1:], {"holes": 1, "delivered": COUNT - 1}),
    "one in the middle is missing": (lambda heard: heard[:7] + heard[8:], {"holes": 1}),
    "the tail is missing": (lambda heard: heard[:-3], {"holes": 3, "delivered": COUNT - 3}),
    "nothing came": (lambda _heard: [], {"holes": COUNT, "delivered": 0}),
    "a byte differs": (
        lambda heard: [*heard[:4], heard[4] + b" ", *heard[5:]],
        {"corrupted": 1, "holes": 1},
    ),
    "a byte differs the second time": (
        lambda heard: [*heard, heard[4] + b" "],
        {"corrupted": 1, "duplicates": 1, "holes": 0},
    ),
    "half a record": (lambda heard: [*heard, heard[0][:9]], {"corrupted": 1}),
    "no record at all": (lambda heard: [*heard, b"\xff\xfe", b"[]"], {"corrupted": 2}),
    "a sequence that is none": (
        lambda heard: [*heard, b'{"id":"x","sequence":"first"}'],
        {"corrupted": 1},
    ),
    "one that was never committed": (
        lambda heard: [*heard, strange(COUNT + 1), strange(COUNT + 1)],
        {"uncommitted": 1, "duplicates": 1},
    ),
    "one in the place of another": (
        lambda heard: [*heard[:4], strange(5), *heard[5:]],
        {"uncommitted": 1, "holes": 1},
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_every_tampering_is_found(name: str) -> None:
    """Each kind of loss is counted under its name, and the history is never clean."""
    tamper, expected = TAMPERED[name]
    found = check(records(), tamper(payloads()))
    assert {key: getattr(found, key) for key in expected} == expected
    assert found.lost > 0
    assert not found.clean


def test_a_hole_in_the_store_is_found() -> None:
    """A sequence that the store skipped cannot be delivered, and counts as a hole."""
    kept = [record for record in records() if record.sequence != 6]
    found = check(kept, [record.payload for record in kept])
    assert (found.committed, found.delivered, found.holes) == (COUNT - 1, COUNT - 1, 1)
    assert not found.clean


def test_a_store_that_forgets_is_found() -> None:
    """A record that was reported as committed must be there, under the same number and id."""
    promised = {record.sequence: record.id for record in records()}
    assert check(records(), payloads(), promised=promised).clean
    shorter = records()[:-1]
    found = check(shorter, [record.payload for record in shorter], promised=promised)
    assert (found.forgotten, found.clean) == (1, False)
    swapped = {**promised, 1: promised[2], 2: promised[1]}
    assert check(records(), payloads(), promised=swapped).forgotten == 2


@pytest.mark.parametrize(
    ("pulses", "unlocks"),
    [
        ([Pulse(1, None)], 1),
        ([Pulse(1, "v/3"), Pulse(1, "v/3")], 1),
        ([Pulse(1, "v/3"), Pulse(2, "v/3")], 0),
        ([Pulse(1, None), Pulse(1, None), Pulse(3, "v/3")], 2),
    ],
)
def test_unlocks_without_cause_are_found(pulses: list[Pulse], unlocks: int) -> None:
    """A lock pulsed without a decision, or twice for one decision, is found."""
    found = check(records(), payloads(), pulses)
    assert (found.unlocks, found.clean) == (unlocks, unlocks == 0)


def test_findings_add_up() -> None:
    """The sum of two findings holds the figures and the words of both."""
    bad = Findings(committed=5, delivered=4, holes=1, unlocks=1, other=["words"])
    both = bad + Findings(committed=2, delivered=2)
    assert (both.committed, both.delivered, both.lost, both.unlocks) == (7, 6, 1, 1)
    assert both.other == ["words"]


def test_it_reads_a_real_store(tmp_path: Path) -> None:
    """The checker reads the database while the store is open, and finds a deleted row."""
    store = Store(tmp_path, "/gardu/site/checkpoint", Clock())
    rows = store.append([opened(f"v{number}") for number in range(5)])
    kept = read_committed(tmp_path / "gardu.db")
    assert [(one.sequence, one.id, one.payload) for one in kept] == [
        (row.sequence, row.id, row.payload) for row in rows
    ]
    store.close()
    with closing(sqlite3.connect(tmp_path / "gardu.db")) as connection, connection:
        connection.execute("DELETE FROM outbox WHERE id = 3")
    found = check(read_committed(tmp_path / "gardu.db"), [row.payload for row in rows])
    assert (found.holes, found.uncommitted) == (1, 1)


def closed(visit: str) -> Record:
    """Return the record of a visit that has ended."""
    data = VisitClosed(
        visit=visit, procedure="pimpinan", procedure_version="1+00000000", outcome="abandoned",
        reason=None, opened=AT.iso(), duration_s=1.0, steps=0, card_out=False, locker_out=None,
        clock_synced=True,
    )  # fmt: skip
    return Record("gardu.visit.closed.v1", f"visit/{visit}", AT, visit, data)


def test_a_lost_visit_is_found(tmp_path: Path) -> None:
    """Every opened visit is open, or has a record of how it ended; else it is lost."""
    store = Store(tmp_path, "/gardu/site/checkpoint", Clock())
    store.commit(checkpoint={"opened": 2}, visits={2: {"number": 2}}, records=[closed("v1")])
    assert lost_visits(tmp_path / "gardu.db") == 0
    store.commit(checkpoint={"opened": 3}, visits={2: None})
    assert lost_visits(tmp_path / "gardu.db") == 2
    store.close()


def test_the_model_allows_the_change_under_way_and_no_other(tmp_path: Path) -> None:
    """After a kill the state is the last committed one, or that with the whole change in flight."""
    database, journal = tmp_path / "gardu.db", tmp_path / "journal"
    store = Store(tmp_path, "/gardu/site/checkpoint", Clock())
    visits = {1: {"id": "v", "number": 1}}
    first = {"checkpoint": {"a": 1}, "parts": {"cards": {"c": "v"}}, "visits": visits}
    store.commit(checkpoint={"a": 1}, parts={"cards": {"c": "v"}}, visits=visits)
    lines = [{"wants": first}, {"did": [[1, "id-1"]]}]
    in_flight = {"wants": {"checkpoint": {"a": 2}, "parts": {"cards": {}}, "visits": {1: None}}}
    journal.write_text("\n".join(map(json.dumps, [*lines, in_flight])) + '\n{"did": [[2')
    before, after, half = Model(journal), Model(journal), Model(journal)
    before.settle(database)
    store.commit(checkpoint={"a": 2}, parts={"cards": {}}, visits={1: None})
    after.settle(database)
    store.commit(checkpoint={"a": 1}, visits={})
    half.settle(database)
    store.close()
    assert (before.wrong, after.wrong, len(half.wrong)) == ([], [], 1)
    assert after.promised == {1: "id-1"}


def test_the_table_shows_losses() -> None:
    """One row a fault; losses are in its last column, other errors below."""
    rows = [
        Row("harmless", 10, Findings(committed=3, delivered=3)),
        Row("harmful", 5, Findings(committed=3, delivered=2, holes=1, other=["a visit is gone"])),
        Row("counted only", 7, losses=4),
    ]
    assert [row.clean for row in rows] == [True, False, False]
    lines = table(rows).splitlines()
    assert [line.split()[-1] for line in lines[2:5]] == ["0", "2", "4"]
    assert lines[-1] == "harmful: a visit is gone"
