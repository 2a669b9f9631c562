"""The hash chain: after any change of stored records the first that differs is named."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.chain import (
    MOST_BROKEN,
    MOST_LINKS,
    Difference,
    KeptRecord,
    Mark,
    Walk,
    Witness,
    genesis,
    link,
)
from edge.store.store import Store
from tests.store_bench import SOURCE, HandClock, say

STREAM = "6e8bc430-9c3a-41d9-9669-0800200c9a66"


def records(count: int, stream: str = STREAM, salt: str = "") -> list[KeptRecord]:
    """Return the first *count* records of *stream*, as a checkpoint writes them."""
    made, previous = [], genesis(stream)
    for number in range(1, count + 1):
        event = {
            "id": f"id-{number}",
            "type": "gardu.visit.opened.v1",
            "time": f"2026-11-21T03:51:{number:02d}.000Z",
            "streamid": stream,
            "sequence": f"{number:016d}",
            "prevhash": previous,
            "correlationid": f"v-{number}",
            "data": salt,
        }
        payload = json.dumps(event).encode()
        previous = link(previous, payload)
        made.append(KeptRecord(number, "event/visit", payload, previous))
    return made


def walk(
    kept: list[KeptRecord],
    head: Mark | None = None,
    published: str | None = None,
    at: int | None = None,
) -> Difference | None:
    """Return the first difference in *kept*, all records since the beginning; None if intact."""
    start = Mark(0, genesis(STREAM))
    last = head or (Mark(kept[-1].sequence, kept[-1].link) if kept else start)
    return Walk(STREAM, start, published, at).go(kept, last)


def test_links_are_what_the_page_says() -> None:
    """The documented formulas: SHA-256 over the previous link and the bytes of the record."""
    # printf gardu/s | sha256sum; (head -c 32 /dev/zero; printf '{}') | sha256sum
    assert genesis("s") == "919bb846bdae452bca3d93acf265cd3e625f302cf29d87da57adad7b02d96417"
    assert link("00" * 32, b"{}") == (
        "fb1634c4e6cd4b1f1afe3ce2d6ef080f7ac5d1f357d723ad4dfca782733b62db"
    )


def test_untouched_chain_is_intact() -> None:
    """No false alarm without records, with a published head, or with an old published head."""
    kept = records(9)
    assert walk([]) is None
    assert walk(kept) is None
    assert walk(kept, published=kept[8].link, at=9) is None
    assert walk(kept, published=kept[3].link, at=4) is None
    assert walk(kept, published=kept[3].link) is None
    assert walk(kept, published=genesis(STREAM)) is None
    assert walk(kept, published=genesis(STREAM), at=0) is None


def test_named_difference_says_which_record() -> None:
    """A changed payload is named by sequence, id, type, time and the difference."""
    kept = records(5)
    payload = kept[2].payload.replace(b"v-3", b"v-7")
    kept[2] = msgspec.structs.replace(kept[2], payload=payload)
    difference = walk(kept)
    assert difference is not None
    assert (difference.sequence, difference.id, difference.type, difference.time) == (
        3,
        "id-3",
        "gardu.visit.opened.v1",
        "2026-11-21T03:51:03.000Z",
    )
    assert "does not give the link" in difference.what


@settings(max_examples=60, deadline=None, database=None)
@given(data=st.data())
def test_every_change_of_one_byte_is_found(data: st.DataObject) -> None:
    """Any byte of any payload, to any other value: that record is named, and no other."""
    kept = records(6)
    place = data.draw(st.integers(0, 5))
    payload = bytearray(kept[place].payload)
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))
    kept[place] = msgspec.structs.replace(kept[place], payload=bytes(payload))
    difference = walk(kept)
    assert difference is not None
    assert difference.sequence == place + 1


@given(dropped=st.sets(st.integers(1, 8), min_size=1, max_size=8))
def test_missing_records_are_named(dropped: set[int]) -> None:
    """The first deleted record is named; the stored head shows a missing end."""
    kept = records(8)
    head = Mark(8, kept[7].link)
    difference = walk([row for row in kept if row.sequence not in dropped], head)
    assert difference is not None
    assert difference.sequence == min(dropped)
    assert difference.what.startswith(f"missing: {min(dropped)}")


@given(pair=st.sets(st.integers(0, 7), min_size=2, max_size=2))
def test_swapped_records_are_named(pair: set[int]) -> None:
    """Two whole rows that changed places: the first of the two places is named."""
    kept = records(8)
    one, other = sorted(pair)
    kept[one], kept[other] = (
        msgspec.structs.replace(kept[other], sequence=one + 1),
        msgspec.structs.replace(kept[one], sequence=other + 1),
    )
    difference = walk(kept)
    assert difference is not None
    assert difference.sequence == one + 1
    assert f"that of record {other + 1:016d}" in difference.what


def test_rewritten_tail_is_seen_by_the_published_head_only() -> None:
    """Recomputed links fit each other, but not the head that was published."""
    true = records(9)
    false = [*true[:5]]
    previous = true[4].link
    for row in true[5:]:
        event = {**json.loads(row.payload), "prevhash": previous, "data": "forged"}
        payload = json.dumps(event).encode()
        previous = link(previous, payload)
        false.append(msgspec.structs.replace(row, payload=payload, link=previous))
    assert walk(false) is None
    assert walk(false, published=true[4].link, at=5) is None
    difference = walk(false, published=true[8].link, at=9)
    assert difference is not None
    assert difference.sequence == 9
    assert "not the one published" in difference.what
    assert walk(false, published=true[5].link, at=6) == Difference(
        6,
        f"its link is {false[5].link}, not the one published: it or one before was changed",
        "id-6",
        "gardu.visit.opened.v1",
        "2026-11-21T03:51:06.000Z",
    )
    anywhere = walk(false, published=true[8].link)
    assert anywhere is not None
    assert "nor any before" in anywhere.what


def test_truncated_end_is_seen_by_the_published_head() -> None:
    """An end that was cut off together with the stored head is found by the published head."""
    kept = records(9)
    assert walk(kept[:6]) is None
    difference = walk(kept[:6], published=kept[8].link, at=9)
    assert difference == Difference(7, "missing: 7 to 9, the end")


def test_what_stands_beside_the_payload_must_agree() -> None:
    """The topic of the row, and the stored links, are compared with the payload."""
    for change in ({"topic": "event/step"}, {"link": "00" * 32}):
        kept = records(3)
        kept[1] = msgspec.structs.replace(kept[1], **change)
        difference = walk(kept)
        assert difference is not None
        assert difference.sequence == 2
    kept = records(3)
    assert walk(kept, Mark(3, "00" * 32)) == Difference(3, "the stored head is not its link")


def test_records_of_an_older_stream_may_lie_before_the_beginning() -> None:
    """Salvaged records of an older stream are accepted; removed ones of this stream are not."""
    start = Mark(4, genesis(STREAM))
    salvaged = records(3, stream="older")
    assert Walk(STREAM, start).go(salvaged, start) is None
    difference = Walk(STREAM, start).go(records(3), start)
    assert difference is not None
    assert (difference.sequence, difference.what) == (1, "was removed before, and is there again")


@given(first=st.integers(0, 8), removed=st.integers(0, 8))
def test_walk_resumes_after_removed_records(first: int, removed: int) -> None:
    """Records removed between two pages: only those not yet checked are skipped, none differs."""
    kept = records(8)
    marks = [Mark(0, genesis(STREAM)), *(Mark(row.sequence, row.link) for row in kept)]
    one = Walk(STREAM, marks[0])
    assert one.check(kept[:first]) is None
    one.resume(marks[removed])
    assert one.check(kept[max(first, removed) :]) is None
    assert one.end(marks[8]) is None
    assert (one.reached, one.skipped) == (marks[8], max(0, removed - first))


def test_store_and_chain_agree(tmp_path: Path) -> None:
    """Records over commits and restarts are a chain, and the ledger names its head."""
    clock = HandClock()
    store = Store(tmp_path, SOURCE, clock)
    assert store.ledger().head == genesis(store.stream)
    rows = [*say(store, 3), *say(store, 1)]
    store.close()
    store = Store(tmp_path, SOURCE, clock)
    rows += say(store, 2)
    previous = genesis(store.stream)
    for row in rows:
        assert json.loads(row.payload)["prevhash"] == previous
        previous = link(previous, row.payload)
        assert row.link == previous
    assert [row.link for row in store.waiting(0, 9)] == [row.link for row in rows]
    assert store.ledger().head == previous
    store.close()


class Told:
    """A witness that receives records in any order."""

    def __init__(self, kept: list[KeptRecord]) -> None:
        self.kept = kept
        self.witness = Witness(STREAM)

    def hear(self, sequence: int) -> None:
        """Pass the record *sequence* to the witness."""
        row = self.kept[sequence - 1]
        self.witness.arrived(sequence, json.loads(row.payload)["prevhash"], row.payload)


@given(order=st.permutations(range(1, 9)), told_after=st.integers(0, 8))
def test_witness_trusts_a_true_chain_in_any_order(order: list[int], told_after: int) -> None:
    """In any order of the records and at any moment of the head, no record is marked broken."""
    told = Told(records(8))
    for place, sequence in enumerate(order):
        if place == told_after:
            told.witness.check_head(Mark(8, told.kept[7].link))
        told.hear(sequence)
    told.witness.check_head(Mark(8, told.kept[7].link))
    assert told.witness.broken == set()
    assert len(told.witness._known) + len(told.witness._claimed) <= 2


@given(order=st.permutations(range(1, 9)), forged=st.integers(1, 8))
def test_witness_finds_a_changed_record_in_any_order(order: list[int], forged: int) -> None:
    """A changed record does not fit its successor, or the head if it is the last."""
    told = Told(records(8))
    head = Mark(8, told.kept[7].link)
    row = told.kept[forged - 1]
    changed = row.payload.replace(b'"data"', b'"Data"')
    told.kept[forged - 1] = msgspec.structs.replace(row, payload=changed)
    for sequence in order:
        told.hear(sequence)
    told.witness.check_head(head)
    assert told.witness.broken == {min(forged + 1, 8)}


def test_witness_that_joins_late_checks_from_the_ledger_on() -> None:
    """The first record that arrives must follow on the head in the retained ledger."""
    told = Told(records(8))
    told.witness.check_head(Mark(5, told.kept[4].link))
    told.hear(6)
    assert told.witness.broken == set()
    false = Told(records(8, salt="another history"))
    false.witness.check_head(Mark(5, told.kept[4].link))
    false.hear(6)
    assert false.witness.broken == {6}


@pytest.mark.parametrize("stream", ["s", STREAM])
def test_first_record_follows_on_its_stream(stream: str) -> None:
    """A record 1 that does not name the genesis of its stream is broken."""
    witness = Witness(stream)
    witness.arrived(1, genesis("other"), b"{}")
    assert witness.broken == {1}


def test_a_consumer_s_memory_of_links_is_bounded() -> None:
    """Records without neighbours, and breaks without end, cost a bounded amount of memory."""
    witness = Witness(STREAM)
    for number in range(1, 20_000, 2):
        witness.arrived(number, "ab" * 32, b"x")
    for number in range(1, 3000):
        witness.arrived(number, f"{number:064x}", b"y")
    assert len(witness._known) <= MOST_LINKS
    assert len(witness._claimed) <= MOST_LINKS
    assert len(witness.broken) == MOST_BROKEN
