"""Undoing a migration: an older version has its database back, or a refusal; nothing is lost."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.clock import Clock
from edge.errors import StoreError, StoreFormat, StoreFull
from edge.store import snapshot
from edge.store import undo_migration as module
from edge.store.backup.copy import facts_of
from edge.store.chain import genesis
from edge.store.formats import Formats, read_identity
from edge.store.migration import copy_of
from edge.store.store import FILE, FORMAT, FORMATS
from edge.store.to_format_4 import migrate as to_format_4
from edge.store.undo_migration import Undone, undo_migration
from tests.sop.stand import CARDS, Stand
from tests.store.old_databases import (
    filled,
    migrate_on,
    open_store,
    put_format_4,
    write_on,
)


def undo(folder: Path, *, new_stream: bool = False) -> Undone | None:
    """Undo the migration in *folder*."""
    return undo_migration(folder, FORMATS, "site", "checkpoint", Clock(), new_stream=new_stream)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with five records that a later version has migrated."""
    made = filled(tmp_path)
    migrate_on(made)
    return made


def test_same_stream_if_nothing_was_written(path: Path) -> None:
    """The older version goes on where it was, in a session that no other can have had."""
    before = facts_of_copy(path)
    assert undo(path.parent) == Undone(found=FORMAT + 1)
    with closing(open_store(path.parent)) as store:
        ledger = store.ledger()
        assert (ledger.last, ledger.head, store.stream) == before
        assert store.load()[0] == {"opened": 5}
        assert store.next_session(3600) > 1_000_000
        assert store.restored is None
        assert store.replaced is not None, "an alarm shows it"
        aside = read_identity(store.replaced)
    assert aside is not None
    assert aside.format == FORMAT + 1


def facts_of_copy(path: Path) -> tuple[int, str, str]:
    """Return last record, head and stream of the copy."""
    folder = path.parent / "seen"
    folder.mkdir()
    (folder / FILE).write_bytes(copy_of(path, FORMAT).read_bytes())
    facts = facts_of(folder)
    return facts.sequence, facts.head, facts.stream


def test_records_written_since_are_not_dropped(path: Path) -> None:
    """With records since, it is refused with their number, and all is as it was."""
    write_on(path, {"sequence": 8, "head": "a" * 64})
    with pytest.raises(StoreFormat, match="3 records were written since"):
        undo(path.parent)
    found = read_identity(path)
    assert found is not None
    assert found.format == FORMAT + 1
    assert not list(path.parent.glob("restor*"))


def test_new_stream_if_it_is_allowed(path: Path) -> None:
    """The central office sees the new stream and the number of lost records; the file stays."""
    write_on(path, {"sequence": 8, "head": "a" * 64})
    stream = facts_of_copy(path)[2]
    undone = undo(path.parent, new_stream=True)
    assert undone is not None
    assert (undone.found, undone.lost) == (FORMAT + 1, 3)
    with closing(open_store(path.parent)) as store:
        assert store.stream == undone.stream != stream
        assert store.restored is not None
        assert (store.restored["stream"], store.restored["sequence"]) == (stream, 5)
        assert store.restored["lost"] == 3
        assert store.replaced is not None
        (first,) = store.waiting(5, 9)
        assert genesis(undone.stream).encode() in first.payload


def test_unknown_records_count_as_written(path: Path) -> None:
    """If the newer database cannot be read, the same stream must not go on."""
    write_on(path, {"sequence": "seven"})
    with pytest.raises(StoreFormat, match="an unknown number of records"):
        undo(path.parent)
    undone = undo(path.parent, new_stream=True)
    assert undone is not None
    assert undone.lost is None


def test_nothing_to_undo(tmp_path: Path) -> None:
    """A database of this format, an older one, and none at all stay as they are."""
    assert undo(tmp_path) is None
    path = filled(tmp_path)
    known = path.read_bytes()
    assert undo(tmp_path) is None
    assert path.read_bytes() == known


def test_without_a_copy(path: Path) -> None:
    """Without the copy it is refused with the version that reads the database."""
    copy_of(path, FORMAT).unlink()
    with pytest.raises(StoreFormat, match=rf"gardu\.db\.format-{FORMAT} is not beside it"):
        undo(path.parent, new_stream=True)


def test_groups_of_format_5_are_refused_by_format_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group with two cards, which format 4 cannot have: refused in words; nothing is changed."""
    older = Formats(4, {3: to_format_4})
    path = put_format_4(tmp_path)
    group = Stand()
    group.press("reception", "arrive", "pimpinan")
    group.press("reception", "more")
    group.answer("accept")
    for card in CARDS[:2]:
        group.card(card)
    with closing(open_store(tmp_path)) as store:
        visits = {101: msgspec.to_builtins(*group.state.visits.values())}
        store.commit(checkpoint=None, visits=visits, records=group.records)
    known = path.read_bytes()
    monkeypatch.setattr(snapshot, "FORMAT", older.number)  # as the older version has it
    with pytest.raises(StoreFormat, match="2 records were written since the migration"):
        undo_migration(tmp_path, older, "site", "checkpoint", Clock(), new_stream=False)
    assert path.read_bytes() == known


def test_damaged_copy(path: Path) -> None:
    """A copy that is damaged is not put in the place of a sound database."""
    content = bytearray(copy_of(path, FORMAT).read_bytes())
    content[1024:] = b"\x7f" * (len(content) - 1024)
    copy_of(path, FORMAT).write_bytes(content)
    known = path.read_bytes()
    with pytest.raises(StoreError):
        undo(path.parent, new_stream=True)
    assert path.read_bytes() == known


def test_no_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room it is refused, and all is as it was."""
    monkeypatch.setattr(module, "ROOM", 2**62)
    with pytest.raises(StoreFull, match="make room"):
        undo(path.parent)


def test_forward_again(path: Path) -> None:
    """After it, the later version migrates again, and it can be undone again."""
    undo(path.parent)
    open_store(path.parent).close()
    migrate_on(path)
    assert undo(path.parent) == Undone(found=FORMAT + 1)
