"""Quarantine: a damaged database is set aside, and its sound data is carried over."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.errors import StoreDamaged, StoreError
from edge.store.chain import genesis
from edge.store.damage_mark import mark_of
from edge.store.outbox import COUNTERS, OutboxRow
from edge.store.store import FILE, Store
from tests.faults.powercut.disk import Image, write_out
from tests.faults.powercut.mount import missing, mounted
from tests.faults.powercut.workload import DATA, Promise, Recording, cuts, memory_folder
from tests.longer import longer, sample, slow
from tests.store.test_integrity import DECISIONS, make_store, open_store
from tests.store_child import opened

pytestmark = pytest.mark.usefixtures("short_batches")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a sound database in it."""
    make_store(tmp_path / DATA, killed=False)
    return tmp_path / DATA


def damage(folder: Path, table: str, doc_id: int) -> None:
    """Change one document, but not its checksum."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as file:
        changed = file.execute(f"UPDATE {table} SET body = x'7b7d' WHERE id = ?", (doc_id,))
        assert changed.rowcount == 1


@pytest.fixture
def before(folder: Path) -> Iterator[Store]:
    """The sound store, for comparison; the test closes it in time."""
    store = open_store(folder)
    yield store
    store.close()


def test_what_is_sound_is_carried_over(folder: Path, before: Store) -> None:
    """State, undelivered records byte for byte, stills and texts stay; the old file lies beside."""
    waiting, parked, stills = before.waiting(0, 999), before.parked(), before.waiting_stills(999)
    state, texts, stream = before.load(), before.procedures_in_use(), before.stream
    ledger = before.ledger()
    before.close()
    damage(folder, "database", 1)
    with closing(open_store(folder)) as store:
        assert store.quarantined is not None
        assert store.quarantined.name.startswith(f"{FILE}.damaged-2")
        assert store.stream != stream
        assert (store.load(), store.procedures_in_use()) == (state, texts)
        assert (store.waiting(0, 999), store.parked()) == (waiting, parked)
        assert store.waiting_stills(999) == stills
        new = store.ledger()
        assert new.oldest == ledger.last + 1
        assert new.acknowledged == new.last == ledger.last
        row = store.commit(checkpoint=None, visits={}, records=[opened(1)])[0]
        payload = msgspec.json.decode(row.payload)
        assert row.sequence == ledger.last + 1
        assert (payload["streamid"], payload["prevhash"]) == (store.stream, genesis(store.stream))
        store.acknowledge([waiting[0].sequence, parked[0].sequence, row.sequence])
    with closing(open_store(folder)) as store:
        assert store.quarantined is not None, "it is told of as long as it lies there"
        assert store.waiting(0, 999) == waiting[1:]
        store.quarantined.unlink()
        assert store.quarantined is None


def test_without_the_counters_rather_twice_than_never(folder: Path, before: Store) -> None:
    """Records not known as delivered wait again; none is lost, and no number is used again."""
    waiting, parked, last = before.waiting(0, 999), before.parked(), before.ledger().last
    before.close()
    damage(folder, "checkpoint", COUNTERS)
    with closing(open_store(folder)) as store:
        assert set(store.waiting(0, 999)) >= set(waiting)
        assert (store.parked(), store.ledger().last) == (parked, last)


@pytest.mark.parametrize("doc_id", [1, 5])
def test_damage_while_running(folder: Path, doc_id: int) -> None:
    """Damage found in service ends the use of the file; the next start sets it aside."""
    damage(folder, "acknowledged", doc_id)
    with closing(open_store(folder)) as store:
        waiting = store.waiting(0, 999)
        assert store.quarantined is None
        for _ in range(2):
            with pytest.raises(StoreError, match="checksum"):
                store.recently_acknowledged(10**6)
        with pytest.raises(StoreError):
            store.commit(checkpoint={"n": 1}, visits={})
    assert "checksum" in mark_of(folder / FILE).read_text()
    with closing(open_store(folder)) as store:
        assert store.quarantined is not None
        assert store.waiting(0, 999) == waiting
    assert not mark_of(folder / FILE).exists()


@pytest.mark.parametrize("table", ["visits", "outbox"])
def test_what_is_not_sound_is_left_behind(folder: Path, before: Store, table: str) -> None:
    """One bad document is lost, and no other."""
    last, waiting, visits = before.ledger().last, before.waiting(0, 999), before.load()[1]
    bad = DECISIONS if table == "visits" else waiting[3].sequence
    before.close()
    damage(folder, table, bad)
    if table == "outbox":  # history: noticed when it is read
        with closing(open_store(folder)) as store, pytest.raises(StoreDamaged):
            store.waiting(0, 999)
    with closing(open_store(folder)) as store:
        assert store.quarantined is not None
        assert store.waiting(0, 999) == [
            row for row in waiting if table == "visits" or row.sequence != bad
        ]
        assert store.load()[1] == [
            visit for visit in visits if table != "visits" or visit["number"] != bad
        ]
        assert store.ledger().last == last


def test_a_missing_record_is_damage(folder: Path, before: Store) -> None:
    """A record that should be sent and is missing is an error; it is not skipped."""
    missing = before.waiting(0, 999)[-1].sequence
    before.close()
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as file:
        file.execute("DELETE FROM outbox WHERE id = ?", (missing,))
    with closing(open_store(folder)) as store, pytest.raises(StoreDamaged, match="missing"):
        store.waiting(0, 999)


def test_nothing_can_be_salvaged(folder: Path) -> None:
    """A file without its header is set aside, and the checkpoint starts empty."""
    raw = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(bytes(4096) + raw[4096:])
    with closing(open_store(folder)) as store:
        assert store.quarantined is not None
        assert store.load() == (None, [])
        store.commit(checkpoint={"n": 1}, visits={}, records=[opened(1)])


def test_cannot_be_set_aside(folder: Path) -> None:
    """If setting aside fails too, the message names the remedy."""
    mark_of(folder / FILE).mkdir()
    with pytest.raises(StoreError, match=r"cannot be set aside.*start again"):
        open_store(folder)


def image_of(folder: Path) -> Image:
    """Return *folder* as the image of a disk."""
    files = sorted(folder.rglob("*"))
    names = {str(file.relative_to(folder.parent)): file for file in [folder, *files]}
    return {name: None if file.is_dir() else file.read_bytes() for name, file in names.items()}


@slow
@longer
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_power_cut_in_the_middle(folder: Path, before: Store, tmp_path: Path) -> None:
    """After a cut at any point the next start completes the setting aside, without a loss."""
    waiting, state = before.waiting(0, 999), before.load()
    before.close()
    damage(folder, "database", 1)
    begin = image_of(folder)
    (tmp_path / "place").mkdir()
    with mounted(tmp_path / "place") as mount:
        write_out(begin, mount.folder)
        open_store(mount.path / DATA).close()
        recording = Recording(begin, mount.operations(), [Promise(0)])
    every = list(cuts(recording, seed=2017, chances=1))
    assert len(every) > 500
    for number, (_, image) in enumerate(sample(every)):
        place = memory_folder(tmp_path) / f"gardu-{tmp_path.name}-{number}"
        place.mkdir()
        check_cut(image, place, begin, waiting, state)


def check_cut(
    image: Image, place: Path, begin: Image, waiting: list[OutboxRow], state: object
) -> None:
    """Start on *image*: the file of *begin* lies beside, and its sound data is carried over."""
    try:
        write_out(image, place)
        with closing(open_store(place / DATA)) as store:
            assert store.quarantined is not None
            assert store.quarantined.read_bytes() == begin[f"{DATA}/{FILE}"]
            assert (store.waiting(0, 999), store.load()) == (waiting, state)
            store.commit(checkpoint={"n": 1}, visits={}, records=[opened(1)])
        with closing(open_store(place / DATA)) as store:
            assert store.load()[0] == {"n": 1}, "the new database is not set aside in its turn"
    finally:
        shutil.rmtree(place)
