"""Cost of calls: SQLite's steps do not depend on the number of documents."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tinydb import where
from tinydb.table import Document

from edge.store.documents import Documents
from edge.store.store import StillRow, Store
from tests.store_bench import SOURCE, HandClock, fill, record, say, sequences, statements, work

BY_ID: dict[str, Callable[[Any], object]] = {
    "insert": lambda table: table.insert({"n": 0}),
    "insert with id": lambda table: table.insert(Document({"n": 0}, 10**6)),
    "insert several": lambda table: table.insert_multiple([{"n": 0}, Document({}, 10**7)]),
    "put": lambda table: table.put(20, {"n": 0}),
    "get": lambda table: table.get(doc_id=20),
    "get several": lambda table: table.get(doc_ids=[3, 20, 10**8]),
    "contains": lambda table: table.contains(doc_id=20),
    "update": lambda table: table.update({"n": 1}, doc_ids=[20, 21]),
    "update by function": lambda table: table.update(lambda d: d.pop("n"), doc_ids=[20]),
    "upsert": lambda table: table.upsert(Document({"n": 8}, 20)),
    "remove": lambda table: table.remove(doc_ids=[20, 10**8]),
    "scan": lambda table: table.scan(after=10, limit=3),
    "first of backwards": lambda table: next(table.backwards()),
    "ends": lambda table: (table.first_id, table.last_id),
    "length": len,
}


@pytest.mark.parametrize("name", BY_ID)
def test_cost_by_id_does_not_grow_with_the_table(tmp_path: Path, name: str) -> None:
    """Calls by id do the same work and run the same statements at 300 and at 6,000 documents."""
    seen = []
    for total in (300, 6000):
        with Documents(tmp_path / f"{total}.db") as documents:
            one, other = documents.table("one"), documents.table("other")
            fill(one, total)
            fill(other, total)
            ran = statements(documents, partial(BY_ID[name], one))
            seen.append((ran, work(documents, partial(BY_ID[name], other))))
    assert seen[0] == seen[1]


def test_a_query_would_show_in_the_count(tmp_path: Path) -> None:
    """The measure of these tests counts a scan."""
    with Documents(tmp_path / "some.db") as documents:
        table = documents.table("many")
        fill(table, 3000)
        assert work(documents, lambda: table.search(where("n") == 1)) > 3000


def close_a_visit(store: Store) -> None:
    """Commit the end of a visit, with acknowledgements that came before."""
    store.note_acks([1])
    store.note_still_ack("s1")
    store.commit(checkpoint=None, visits={1: None}, records=[record()])


# Calls in service, on a store with 12 waiting, 5 parked and many acknowledged records.
IN_SERVICE: dict[str, Callable[[Store], object]] = {
    "commit": lambda store: store.commit(
        checkpoint={"a": 1}, visits={1: {"b": 2}, 2: None}, records=[record()]
    ),
    "close a visit": close_a_visit,
    "load": lambda store: store.load(),
    "waiting": lambda store: store.waiting(0, 10),
    "acknowledge": lambda store: store.acknowledge(sequences(store.waiting(0, 3))),
    "recently acknowledged": lambda store: store.recently_acknowledged(60),
    "failed": lambda store: store.failed(store.ledger().last, "0x10"),
    "park": lambda store: store.park(store.ledger().last, "0x87"),
    "parked": lambda store: store.parked(),
    "resend": lambda store: store.resend(store.ledger().last - 3, store.ledger().last),
    "resend a parked one": lambda store: store.resend(*[store.parked()[0].sequence] * 2),
    "ledger": lambda store: store.ledger(),
    "next session": lambda store: store.next_session(60),
    "to send again": lambda store: store.to_send_again(0, 10),
    "acknowledge a still": lambda store: store.acknowledge_still("s1"),
}


def wear(folder: Path, records: int, clock: HandClock) -> None:
    """Make a database: *records* acknowledged long ago, 7 since, 12 waiting, 5 parked."""
    store = Store(folder, SOURCE, clock)
    with store._documents.transaction():
        for _ in range(records // 2):
            store.acknowledge(sequences(say(store, 2)))
    clock.pass_s(1000)
    store.acknowledge(sequences(say(store, 7)))
    for row in say(store, 17)[::3][:5]:
        store.park(row.sequence, "refused")
    for number in range(3):
        store.add_still(StillRow(f"s{number}", "desk", "stills/s.jpg", "0" * 64, 1))
    store.close()


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, HandClock]]:
    """Worn databases of 600 and of 2,400 records, to be copied; each with its clock."""
    made = [(tmp_path_factory.mktemp("worn"), HandClock()) for _ in range(2)]
    for (folder, clock), records in zip(made, (600, 2400), strict=True):
        wear(folder, records, clock)
    return made


@pytest.mark.parametrize("name", IN_SERVICE)
def test_cost_does_not_grow_with_history(
    worn: list[tuple[Path, HandClock]], tmp_path: Path, name: str
) -> None:
    """In service SQLite runs the same steps after 600 records as after 2,400."""
    steps = []
    for number, (folder, clock) in enumerate(worn):
        copy = shutil.copytree(folder, tmp_path / str(number))
        store = Store(copy, SOURCE, clock)
        steps.append(work(store._documents, partial(IN_SERVICE[name], store)))
        store.close()
    assert steps[0] == steps[1]
