"""The store: one transaction per decision, and an outbox without holes."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import Clock
from edge.errors import StoreError
from edge.sop.ids import uuid7
from edge.sop.records import Record
from edge.store.documents import Documents
from edge.store.outbox import FILL_S
from edge.store.rows import Resent
from edge.store.store import FILE, FORMAT, StillRow, Store
from tests.store_bench import SOURCE, HandClock, record, say, sequences

pytestmark = pytest.mark.usefixtures("short_batches")


@pytest.fixture
def clock() -> HandClock:
    """A clock that is moved by hand."""
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[Store]:
    """A new store."""
    opened = Store(tmp_path / "data", SOURCE, clock)
    yield opened
    opened.close()


def reopened(store: Store, folder: Path, clock: Clock) -> Store:
    """Close *store* and open its folder again."""
    store.close()
    return Store(folder, SOURCE, clock)


def test_new_store(store: Store, tmp_path: Path) -> None:
    """A new store is empty, and no other user can read its folder."""
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert store.load() == (None, [])
    assert store.waiting(0, 10) == []
    assert not store.recently_acknowledged(60)
    ledger = store.ledger()
    assert (ledger.oldest, ledger.last, ledger.acknowledged) == (1, 0, 0)
    assert ledger.stream == store.stream


def test_commit_is_there_after_reopening(tmp_path: Path, clock: HandClock) -> None:
    """State, visits, still and records of a decision are read as they were written."""
    store = Store(tmp_path, SOURCE, clock)
    stream = store.stream
    still = StillRow("s1", "desk", "stills/s1.jpg", "ab" * 32, 1000, {"subject": "still/desk"})
    rows = store.commit(
        checkpoint={"lockers": {"1": None}, "queue": [1, 2]},
        visits={1: {"number": 1}, 2: {"number": 2, "step": "penerimaan"}},
        records=[record(7)],
        stills=[still],
    )
    store = reopened(store, tmp_path, clock)
    assert store.stream == stream
    visits = [{"number": 1}, {"number": 2, "step": "penerimaan"}]
    assert store.load() == ({"lockers": {"1": None}, "queue": [1, 2]}, visits)
    assert store.waiting(0, 10) == rows
    assert store.waiting_stills(10) == [still]
    store.close()


def test_commit_changes_only_what_it_is_given(store: Store) -> None:
    """None leaves the checkpoint unchanged; visits are replaced whole or removed."""
    store.commit(checkpoint={"a": 1, "b": 2}, visits={1: {"x": 1, "y": 1}, 2: {"x": 2}})
    store.commit(checkpoint=None, visits={1: {"x": 3}})
    assert store.load() == ({"a": 1, "b": 2}, [{"x": 3}, {"x": 2}])
    store.commit(checkpoint={"a": 1}, visits={1: None, 9: None})
    assert store.load() == ({"a": 1}, [{"x": 2}])


def test_parts_of_the_state_are_kept_until_they_change(tmp_path: Path, clock: HandClock) -> None:
    """A part that a decision does not contain stays; a part that became empty is removed."""
    store = Store(tmp_path, SOURCE, clock)
    cards, lockers = {"c": "v"}, {1: {"door": "open"}}
    store.commit(checkpoint=None, parts={"cards": cards, "lockers": lockers}, visits={})
    assert store.load() == ({"cards": cards, "lockers": {"1": {"door": "open"}}}, [])
    store.commit(checkpoint={"a": 2}, parts={"cards": {"c": "w"}}, visits={})
    store = reopened(store, tmp_path, clock)
    kept = {"a": 2, "cards": {"c": "w"}, "lockers": {"1": {"door": "open"}}}
    assert store.load() == (kept, [])
    store.commit(checkpoint=None, parts={"lockers": {}}, visits={})
    assert store.load() == ({"a": 2, "cards": {"c": "w"}}, [])
    store.close()


def test_what_a_visit_began_with_is_written_once(store: Store) -> None:
    """The arrival is written again only if its date was corrected; it is removed with its visit."""
    arrival = {"id": "v", "number": 1, "procedure": "p", "version": "1", "opened": [1, 2]}
    table = store.documents.table("arrivals")
    store.commit(checkpoint=None, visits={1: {**arrival, "step": "a"}})
    written = list(table)
    table.truncate()  # shows whether it is written again
    store.commit(checkpoint=None, visits={1: {**arrival, "step": "b"}})
    assert (written, list(table)) == ([arrival], [])
    later = {**arrival, "opened": [1, 99], "step": "c"}
    store.commit(checkpoint=None, visits={1: later})
    assert store.load() == (None, [later])
    store.commit(checkpoint=None, visits={1: None})
    assert (store.load(), len(table)) == ((None, []), 0)


def test_failed_commit_leaves_nothing(store: Store) -> None:
    """If one part of a decision cannot be written, no part is, and no sequence is lost."""
    with pytest.raises(TypeError):
        store.commit(checkpoint={"a": 1}, visits={1: {"guest": object()}}, records=[record()])
    with pytest.raises(KeyError):
        store.commit(checkpoint={"a": 1}, visits={}, records=[record(), record(0, "unknown")])
    assert store.load() == (None, [])
    assert store.waiting(0, 10) == []
    assert sequences(say(store, 1)) == [1]


def test_payload_is_frozen(store: Store, clock: HandClock) -> None:
    """A record's id, sequence, moment of recording and bytes never change once committed."""
    (row,) = store.commit(checkpoint=None, visits={}, records=[record(3)])
    assert (row.sequence, row.topic, row.visit) == (1, "event/alarm", "v3")
    assert row.id == uuid7(clock.wall_ms(), f"{store.stream}/record/1")
    envelope = msgspec.json.decode(row.payload)
    assert envelope["id"] == row.id
    assert envelope["source"] == SOURCE
    assert envelope["streamid"] == store.stream
    assert envelope["sequence"] == "0000000000000001"
    assert envelope["recordedtime"] == clock.now().iso()
    assert envelope["data"]["since"] == "…"
    clock.pass_s(3600)
    store.failed(1, "0x87")
    assert store.waiting(0, 1)[0].payload == row.payload
    store.acknowledge([1])
    store.next_session(1)
    assert store.to_send_again(0, 1)[0].payload == row.payload


def test_encode_can_be_given(tmp_path: Path, clock: HandClock) -> None:
    """The function that encodes a record is a parameter, and gets all that the store decides."""
    told: list[dict[str, Any]] = []

    def encode(record: Record, **decided: Any) -> bytes:
        told.append(decided)
        return record.subject.encode()

    store = Store(tmp_path, SOURCE, clock, encode)
    assert say(store, 2)[1].payload == b"alarm/metal-detector"
    assert [decided["sequence"] for decided in told] == [1, 2]
    assert set(told[0]) == {"id", "source", "stream", "sequence", "previous", "recorded_ms"}
    store.close()


def test_waiting_goes_in_order(store: Store) -> None:
    """Pages are in order of sequence, without the acknowledged records."""
    say(store, 25)
    store.acknowledge([3, 4, 12])
    seen: list[int] = []
    while page := store.waiting(seen[-1] if seen else 0, 10):
        assert len(page) <= 10
        seen += sequences(page)
    assert seen == [n for n in range(1, 26) if n not in (3, 4, 12)]


def test_acknowledged_number(tmp_path: Path, clock: HandClock) -> None:
    """The ledger's number is the end of the unbroken run, out of order and after a restart."""
    store = Store(tmp_path, SOURCE, clock)
    say(store, 6)

    def acknowledged() -> int:
        return store.ledger().acknowledged

    store.acknowledge([2, 3])
    assert acknowledged() == 0
    store.acknowledge([1])
    assert acknowledged() == 3
    store.acknowledge([6, 4])
    store.acknowledge([])
    assert acknowledged() == 4
    store = reopened(store, tmp_path, clock)
    assert acknowledged() == 4
    assert (store.ledger().oldest, store.ledger().last, store.ledger().waiting) == (1, 6, 1)
    store.acknowledge([5, 5, 2])
    assert acknowledged() == 6
    assert sequences(say(store, 1)) == [7]
    assert acknowledged() == 6
    store.close()


def test_sequence_is_never_used_twice(tmp_path: Path, clock: HandClock) -> None:
    """Numbers go on after everything was acknowledged and the daemon restarted."""
    store = Store(tmp_path, SOURCE, clock)
    say(store, 3)
    store.acknowledge([1, 2, 3])
    store = reopened(store, tmp_path, clock)
    assert sequences(say(store, 2)) == [4, 5]
    store.close()


def test_tries_are_counted(tmp_path: Path, clock: HandClock) -> None:
    """Failures are counted across restarts, and only for records that wait."""
    store = Store(tmp_path, SOURCE, clock)
    say(store, 2)
    assert [store.failed(1, "0x87"), store.failed(1, "0x97")] == [1, 2]
    store = reopened(store, tmp_path, clock)
    assert store.failed(1, "0x10") == 3
    first, second = store.waiting(0, 2)
    assert (first.tries, first.why, second.tries) == (3, "0x10", 0)
    store.acknowledge([2])
    assert store.failed(2, "late") == 0
    assert sequences(store.waiting(0, 5)) == [1]
    store.close()


def test_parked_records_are_kept(store: Store) -> None:
    """A parked record holds the acknowledged number back until it is resent and delivered."""
    say(store, 4)
    store.failed(2, "0x87")
    store.park(2, "not authorised")
    store.park(99, "there is none")
    assert sequences(store.waiting(0, 9)) == [1, 3, 4]
    (row,) = store.parked()
    assert (row.sequence, row.tries, row.why) == (2, 1, "not authorised")
    store.acknowledge([1, 3, 4])
    assert (store.ledger().acknowledged, store.ledger().parked) == (1, 1)
    assert store.resend(2, 2).unparked == 1
    assert store.parked() == []
    (row,) = store.waiting(0, 9)
    assert (row.sequence, row.tries) == (2, 0)
    store.park(2, "again")
    store.acknowledge([2])
    assert store.parked() == []
    assert store.ledger().acknowledged == 4


def test_recent_by_boot_time(store: Store, clock: HandClock) -> None:
    """The resend window is counted by boot time, independent of jumps of the wall clock."""
    say(store, 5)
    store.acknowledge([1])
    clock.pass_s(50)
    store.acknowledge([4, 2])
    clock.moment = msgspec.structs.replace(clock.moment, wall_ms=0)
    clock.pass_s(20)
    store.acknowledge([3])
    assert list(store.recently_acknowledged(60)) == [2, 3, 4]
    assert list(store.recently_acknowledged(80)) == [1, 2, 3, 4]
    assert list(store.recently_acknowledged(5)) == [3]


def test_what_a_new_connection_sends_once_more(tmp_path: Path, clock: HandClock) -> None:
    """Records of the resend window are sent again until they are acknowledged again.

    A broker that lost its memory may have been the only one to have them. If connection and daemon
    end before the resend is over, the rest must not count as delivered long ago.
    """
    store = Store(tmp_path, SOURCE, clock)
    say(store, 6)
    store.acknowledge([1])
    clock.pass_s(120)
    store.acknowledge([2, 3, 4, 5])
    clock.pass_s(30)
    store.next_session(60, poison=[5])
    assert sequences(store.to_send_again(0, 2)) == [2, 3]
    store.acknowledge([2])
    assert sequences(store.to_send_again(2, 9)) == [3, 4]
    clock.pass_s(1000)
    store = reopened(store, tmp_path, clock)
    assert sequences(store.to_send_again(0, 9)) == [3, 4]
    assert sequences(store.waiting(0, 9)) == [6]
    ledger, needed = store.ledger(), store.first_needed
    assert (ledger.acknowledged, ledger.waiting, needed) == (5, 1, 3)
    store.next_session(0, poison=[3])
    store.cancel_resend(4)
    assert (store.to_send_again(0, 9), store.first_needed) == ([], 6)
    store.close()


def test_resend_keeps_places_and_tries(store: Store) -> None:
    """Delivered and parked records wait again with 0 tries; waiting ones have theirs still."""
    say(store, 6)
    store.acknowledge([1, 2, 4])
    store.failed(3, "0x87")
    store.failed(5, "0x87")
    store.park(5, "0x87")
    assert store.resend(2, 9) == Resent(marked=2, unparked=1, waiting=2, missing=3)
    assert [(row.sequence, row.tries) for row in store.waiting(0, 9)] == [
        (2, 0), (3, 1), (4, 0), (5, 0), (6, 0),
    ]  # fmt: skip
    assert store.parked() == []
    assert store.ledger().acknowledged == 1


def test_recent_counts_from_the_last_acknowledgement(store: Store, clock: HandClock) -> None:
    """A record that was acknowledged again is recent again."""
    say(store, 2)
    store.acknowledge([1, 2])
    clock.pass_s(50)
    store.acknowledge([1])
    clock.pass_s(50)
    assert list(store.recently_acknowledged(60)) == [1]


def test_recent_across_a_reboot(store: Store, clock: HandClock) -> None:
    """A trusted wall clock counts the time that the machine was off."""
    say(store, 3)
    store.acknowledge([1])
    clock.pass_s(30)
    store.acknowledge([2])
    clock.reboot(wall_jump_s=20)
    store.acknowledge([3])
    assert list(store.recently_acknowledged(60)) == [1, 2, 3]
    assert list(store.recently_acknowledged(40)) == [2, 3]
    clock.reboot(wall_jump_s=50)
    assert list(store.recently_acknowledged(60)) == [3]


@pytest.mark.parametrize("jump_s", [-1.7e9, 3e8])
def test_recent_across_a_reboot_with_a_wrong_clock(
    store: Store, clock: HandClock, jump_s: float
) -> None:
    """A wall clock of 1970 or of 2036 hides no recent record and brings no old one back."""
    say(store, 3)
    store.acknowledge([1])
    clock.pass_s(90)
    store.acknowledge([2])
    clock.reboot(jump_s, synced=False)
    clock.pass_s(10)
    store.acknowledge([3])
    assert list(store.recently_acknowledged(60)) == [2, 3]


def test_sessions_grow(tmp_path: Path, clock: HandClock) -> None:
    """A session number is never given twice."""
    store = Store(tmp_path, SOURCE, clock)
    assert [store.next_session(), store.next_session()] == [1, 2]
    store = reopened(store, tmp_path, clock)
    assert store.next_session() == 3
    store.close()


def test_stills(tmp_path: Path, clock: HandClock) -> None:
    """Stills wait in the order of storing until each is acknowledged by its id."""
    store = Store(tmp_path, SOURCE, clock)
    stills = [StillRow(f"s{n}", "desk", f"stills/s{n}.jpg", "0" * 64, n) for n in range(4)]
    for still in stills:
        store.add_still(still)
    store.acknowledge_still("s1")
    store.acknowledge_still("s1")
    store.acknowledge_still("unknown")
    store = reopened(store, tmp_path, clock)
    assert store.waiting_stills(2) == [stills[0], stills[2]]
    for still in stills:
        store.acknowledge_still(still.id)
    assert store.waiting_stills(2) == []
    store.add_still(stills[0])
    assert store.waiting_stills(2) == [stills[0]]
    store.close()


def test_procedures(tmp_path: Path, clock: HandClock) -> None:
    """The first text under a key stays until it is not needed and no visit goes through it."""
    store = Store(tmp_path, SOURCE, clock)
    store.remember_procedure("pimpinan@1", "id = 'pimpinan'")
    store.remember_procedure("pimpinan@1", "another")
    store.remember_procedure("jatim@1", "id = 'jatim'")
    store = reopened(store, tmp_path, clock)
    assert store.procedure("pimpinan@1") == "id = 'pimpinan'"
    assert store.procedure("pimpinan@2") is None
    assert set(store.procedures_in_use()) == {"pimpinan@1", "jatim@1"}
    opened = {"procedure": "pimpinan", "version": "1"}
    store.commit(checkpoint=None, visits={1: opened})
    store.forget_procedures(needed=["jatim@1", "other@1"])
    assert set(store.procedures_in_use()) == {"pimpinan@1", "jatim@1"}
    store.commit(checkpoint=None, visits={1: None})
    store.forget_procedures(needed=["jatim@1", "other@1"])
    assert set(store.procedures_in_use()) == {"jatim@1"}
    store.close()


def test_newer_format_is_refused(tmp_path: Path, clock: HandClock) -> None:
    """A database of a later Gardu is refused unchanged, and the lock is released."""
    store = Store(tmp_path, SOURCE, clock)
    store.close()
    with Documents(tmp_path / FILE) as documents:
        documents.table("database").update({"format": FORMAT + 1}, doc_ids=[1])
    for _ in range(2):
        with pytest.raises(
            StoreError, match=rf"format {FORMAT + 1} \(Gardu .*\), this Gardu reads {FORMAT}"
        ):
            Store(tmp_path, SOURCE, clock)


def test_unusable_folder_and_file(tmp_path: Path, clock: HandClock) -> None:
    """A folder that cannot be made is named; a file that is no database is set aside whole."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file", SOURCE, clock)
    (tmp_path / FILE).write_bytes(b"garbage" * 1000)
    with closing(Store(tmp_path, SOURCE, clock)) as store:
        assert store.quarantined is not None
        assert store.quarantined.read_bytes() == b"garbage" * 1000


def test_another_thread_may_use_the_store(store: Store) -> None:
    """The store is opened in one thread and used in a worker's."""
    with ThreadPoolExecutor(1) as worker:
        rows = worker.submit(say, store, 1).result()
    assert store.waiting(0, 1) == rows


def test_acknowledgements_fill_a_batch(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For 300 s they are one batch, dated by its last; then the next one begins."""
    monkeypatch.setattr("edge.store.outbox.FILL_S", FILL_S)
    say(store, 3)
    store.acknowledge([1])
    clock.pass_s(FILL_S - 1)
    store.acknowledge([2])
    assert list(store.recently_acknowledged(1)) == [1, 2]
    assert len(store.documents.table("acknowledged")) == 0
    clock.pass_s(1)
    store.acknowledge([3])
    assert len(store.documents.table("acknowledged")) == 1
    assert list(store.recently_acknowledged(0.5)) == [3]
    assert list(store.recently_acknowledged(1)) == [1, 2, 3]


def test_noted_acknowledgements_wait_for_the_next_change(tmp_path: Path, clock: HandClock) -> None:
    """With parked and refused records too, a PUBACK costs no commit: the next change stores all."""
    store = Store(tmp_path, SOURCE, clock)
    say(store, 5)
    store.park(1, "0x87")
    store.failed(2, "0x97")
    for number in range(3):
        store.add_still(StillRow(f"s{number}", "desk", "stills/s.jpg", "0" * 64, 1))
    before = store._database.commits
    store.note_acks([2, 3])
    store.note_still_ack("s1")
    assert store._database.commits == before
    assert [row.sequence for row in store.waiting(0, 9)] == [4, 5]
    assert [row.id for row in store.waiting_stills(9)] == ["s0", "s2"]
    store.commit(checkpoint={"a": 1}, visits={})
    assert store._database.commits == before + 1
    store = reopened(store, tmp_path, clock)
    assert [row.sequence for row in store.waiting(0, 9)] == [4, 5]
    assert [row.id for row in store.waiting_stills(9)] == ["s0", "s2"]
    assert [row.sequence for row in store.parked()] == [1]
    assert [entry.doc_id for entry in store.documents.table("refused")] == []
    store.close()
