"""The consumer: duplicates, order and gaps, as the centre must report them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ProtocolError
from edge.store.chain import genesis, link
from office.watch import consumer as consumer_module
from office.watch.consumer import REORDER_S, Consumer, Seen

TOPIC = "gardu/v1/kantor/lobi/"
STREAM = "stream-1"


class Feed:
    """A consumer, and short ways to give it messages."""

    def __init__(self) -> None:
        self.consumer = Consumer()

    @property
    def view(self) -> Any:
        """The consumer's view of the one checkpoint."""
        return self.consumer.checkpoints["kantor/lobi"]

    def record(self, sequence: int, at: float = 0.0, **change: Any) -> Seen:
        """Give it the record *sequence*."""
        event = {
            "id": f"id-{sequence}",
            "source": "/gardu/kantor/lobi",
            "type": "gardu.visit.opened.v1",
            "streamid": STREAM,
            "sequence": f"{sequence:016d}",
            "data": {"visit": f"v-{sequence}"},
            **change,
        }
        return self.raw("event/visit", json.dumps(event).encode(), at)

    def live(self, suffix: str, at: float = 0.0, **value: Any) -> Seen:
        """Give it a live document."""
        return self.raw(suffix, json.dumps(value).encode(), at)

    def ledger(self, last: int, acknowledged: int, at: float = 0.0) -> None:
        """Give it a ledger."""
        self.live(
            "ledger", at, streamid=STREAM, oldest_seq=1, last_seq=last, acked_seq=acknowledged,
            head_seq=last, head="ab" * 32,
        )  # fmt: skip

    def raw(self, suffix: str, payload: bytes, at: float = 0.0, content: str = "") -> Seen:
        """Give it any message."""
        return self.consumer.take(TOPIC + suffix, payload, {}, content, at)

    def gaps(self, at: float) -> list[tuple[int, int]]:
        """Return the ranges that are certainly missing."""
        return self.consumer.gaps(at).get("kantor/lobi", [])


def test_same_id_counts_once() -> None:
    """A record that comes again is a duplicate and changes no count of records."""
    feed = Feed()
    assert not feed.record(1).duplicate
    assert feed.record(1).duplicate
    assert feed.view.counts == {"records": 1, "stills": 0, "duplicates": 1}
    assert feed.view.last == 1


def test_hole_is_a_gap_only_after_the_reorder_time() -> None:
    """A record that comes late is no gap; one that never comes is a gap after REORDER_S."""
    feed = Feed()
    for sequence in (1, 2, 5, 6):
        feed.record(sequence, at=0.0)
    assert feed.gaps(REORDER_S) == []
    assert feed.gaps(REORDER_S + 0.1) == [(3, 4)]
    feed.record(4, at=20.0)
    assert feed.gaps(40.0) == [(3, 3)]
    feed.record(3, at=41.0)
    assert feed.gaps(99.0) == []
    assert feed.view.last == 6


def test_ledger_shows_a_lost_tail_at_once() -> None:
    """A record counted as acknowledged but not received is missing, also at the end."""
    feed = Feed()
    feed.record(1)
    feed.ledger(last=4, acknowledged=3)
    assert feed.gaps(0.0) == [(2, 3)]
    assert feed.gaps(REORDER_S + 1) == [(2, 4)]


def test_ledger_of_a_backlog_is_no_gap_while_it_comes() -> None:
    """Records still to be sent after an outage are not missing while they arrive."""
    feed = Feed()
    feed.record(1)
    feed.ledger(last=1000, acknowledged=1, at=100.0)
    for sequence in range(2, 500):
        feed.record(sequence, at=100.0 + sequence)
        assert feed.gaps(100.0 + sequence) == []
    assert feed.gaps(1000.0) == [(500, 1000)]


def test_joining_late_misses_nothing() -> None:
    """Records delivered before this consumer subscribed are not a gap."""
    feed = Feed()
    feed.ledger(last=40, acknowledged=40)
    assert feed.gaps(999.0) == []
    feed.record(41, at=999.0)
    assert (feed.gaps(9999.0), feed.view.last) == ([], 41)


def test_new_stream_starts_afresh() -> None:
    """After a restore the sequence begins again under a new stream id."""
    feed = Feed()
    feed.record(700)
    feed.record(1, id="other", streamid="stream-2")
    assert feed.gaps(999.0) == []
    assert feed.view.last == 1


def test_offline_of_an_older_session_is_ignored() -> None:
    """A will that comes after the reconnect does not make the checkpoint offline."""
    feed = Feed()
    feed.live("status", status="online", session=7, reason="connected", time="")
    feed.live("status", status="offline", session=6, reason="lost", time="")
    assert (feed.view.status, feed.view.session) == ("online", 7)
    feed.live("status", status="offline", session=7, reason="stopped", time="")
    assert feed.view.status == "offline"


def test_visits_alarms_and_outcomes_are_followed() -> None:
    """A visit opens, completes a step late, and closes; an alarm stands until deleted."""
    feed = Feed()
    visit = {"visit": "v", "step": "penerimaan"}
    feed.record(1, data={"visit": "v"})
    feed.record(2, type="gardu.step.overdue.v1", data=visit)
    assert feed.view.overdue == {("v", "penerimaan")}
    feed.record(3, type="gardu.step.completed.v1", data=visit)
    assert (feed.view.visits, feed.view.overdue) == ({"v": "penerimaan"}, set())
    feed.record(4, type="gardu.visit.closed.v1", data={"visit": "v", "outcome": "completed"})
    assert (feed.view.visits, feed.view.outcomes) == ({}, {"completed": 1})
    feed.live("state/alarm/metal-detector", alarm="metal-detector")
    assert list(feed.view.alarms) == ["metal-detector"]
    feed.raw("state/alarm/metal-detector", b"")
    assert feed.view.alarms == {}


def test_still_is_told_without_its_image() -> None:
    """A still is shown by its attributes, size and digest, without its image."""
    attributes = {"id": "s", "source": "/gardu/kantor/lobi", "type": "gardu.still.taken.v1"}
    consumer = Consumer()
    seen = consumer.take(TOPIC + "still/desk", b"\xff\xd8", attributes, "image/jpeg", 0.0)
    assert seen.event is not None
    assert seen.event["data"]["size"] == 2
    assert seen.event["data"]["purpose"] == "desk"
    assert len(seen.event["data"]["sha256"]) == 64
    assert consumer.take(TOPIC + "still/desk", b"", attributes, "image/jpeg", 0.0).duplicate


def chained(count: int) -> list[bytes]:
    """Return the payloads of a chain of records."""
    payloads, previous = [], genesis(STREAM)
    for sequence in range(1, count + 1):
        event = {
            "id": f"id-{sequence}",
            "source": "/gardu/kantor/lobi",
            "type": "gardu.visit.opened.v1",
            "streamid": STREAM,
            "sequence": f"{sequence:016d}",
            "prevhash": previous,
            "data": {"visit": f"v-{sequence}"},
        }
        payloads.append(json.dumps(event).encode())
        previous = link(previous, payloads[-1])
    return payloads


def test_broken_chain_is_seen_and_stays_seen() -> None:
    """A record that was changed does not fit the next one, and stays reported."""
    feed = Feed()
    payloads = chained(4)
    for payload in (*payloads[:2], payloads[0]):  # one comes twice
        feed.raw("event/visit", payload)
    assert feed.view.broken == []
    feed.raw("event/visit", payloads[2].replace(b"v-3", b"v-9"))
    feed.raw("event/visit", payloads[3])
    assert feed.view.broken == [4]
    assert (feed.gaps(99.0), feed.view.last) == ([], 4)


def test_ledger_s_head_is_held_against_what_came() -> None:
    """A ledger's head that is not that of the received records is reported as another history."""
    feed = Feed()
    for payload in chained(3):
        feed.raw("event/visit", payload)
    true = json.loads(chained(4)[3])["prevhash"]
    about: dict[str, Any] = {
        "streamid": STREAM,
        "oldest_seq": 1,
        "last_seq": 3,
        "acked_seq": 3,
        "head_seq": 3,
    }
    feed.live("ledger", **about, head=true)
    assert feed.view.broken == []
    feed.live("ledger", **about, head="ab" * 32)
    assert feed.view.broken == [3]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TOPIC + "event/step", b"not json"),
        (TOPIC + "event/step", b"[]"),
        (TOPIC + "event/step", b"\xff\xfe"),
        (TOPIC + "event/step", b'{"id":"1","source":"s","type":"t"}'),
        (TOPIC + "event/step", b'{"id":"1","source":"s","type":"t","sequence":"x","streamid":"s"}'),
        (
            TOPIC + "event/step",
            b'{"id":"1","source":"s","type":"t","sequence":"1","streamid":"s","prevhash":"short"}',
        ),
        (TOPIC + "ledger", b"{}"),
        (TOPIC + "status", b'{"status":"maybe"}'),
        (TOPIC + "still/desk", b"no attributes"),
        ("gardu/v1/kantor", b"{}"),
        ("other/v1/kantor/lobi/status", b"{}"),
    ],
)
def test_malformed_messages_are_refused_and_counted(topic: str, payload: bytes) -> None:
    """A message that breaks the contract raises ProtocolError, is counted, and has no effect."""
    consumer = Consumer()
    with pytest.raises(ProtocolError):
        consumer.take(topic, payload, {}, "", 0.0)
    assert consumer.malformed == 1


def test_only_changed_and_incomplete_checkpoints_are_named() -> None:
    """A board looks at these alone: those with a message since, and those that may have a gap."""
    feed = Feed()
    feed.record(1)
    assert (feed.consumer.changed, feed.consumer.incomplete) == ({"kantor/lobi"}, set())
    feed.consumer.changed.clear()
    feed.record(3)
    assert feed.consumer.incomplete == {"kantor/lobi"}
    feed.record(2)
    assert feed.consumer.incomplete == set()
    with pytest.raises(ProtocolError):
        feed.consumer.take("gardu/v1/kantor/lain/event/visit", b"[]", {}, "", 0.0)
    assert feed.consumer.changed == {"kantor/lobi"}
    assert list(feed.consumer.checkpoints) == ["kantor/lobi"]


def test_sources_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of unknown checkpoints cost no memory; their records are passed on all the same."""
    monkeypatch.setattr(consumer_module, "MOST_CHECKPOINTS", 5)
    consumer = Consumer()
    for number in range(20):
        source = f"/gardu/palsu-{number}/lobi"
        event = {"id": "1", "source": source, "type": "x", "streamid": "s", "sequence": "1"}
        topic = f"gardu/v1/palsu-{number}/lobi/event/visit"
        seen = consumer.take(topic, json.dumps(event).encode(), {}, "", 0.0)
        assert (seen.event, seen.duplicate) == (event, False)
    assert (len(consumer.checkpoints), consumer.unfollowed) == (5, 15)
    assert consumer.gaps_of("palsu-19/lobi", 99.0) == []


def test_unknown_topics_are_counted() -> None:
    """A topic outside the contract is counted and makes no checkpoint; a request is not."""
    feed = Feed()
    feed.raw("something/else", b"x")
    feed.raw("cmd/register", b"x")
    feed.raw("reply/meja/1", b"x")
    assert (feed.consumer.unknown, feed.consumer.malformed) == (1, 0)
    assert feed.consumer.checkpoints == {}


def test_what_one_checkpoint_sends_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visits, alarms, streams, holes and outcomes without end are cut, and the cut is counted."""
    for name, most in (("MOST_VISITS", 5), ("MOST_KINDS", 4), ("MOST_STREAMS", 3)):
        monkeypatch.setattr(consumer_module, name, most)
    feed = Feed()
    for number in range(1, 40):
        feed.live(f"state/alarm/a{number}", alarm="x")
        feed.record(2 * number, id=f"o{number}")
        feed.record(
            2 * number, id=f"u{number}", type="gardu.step.overdue.v1",
            data={"visit": str(number), "step": "s"},
        )  # fmt: skip
        feed.record(
            2 * number, id=f"c{number}", type="gardu.visit.closed.v1",
            data={"visit": "none", "outcome": f"outcome-{number}"},
        )  # fmt: skip
    for number in range(10):
        feed.record(1, id=f"s{number}", streamid=f"stream-{number}")
    view = feed.view
    assert (len(view.visits), len(view.overdue), len(view.alarms)) == (5, 5, 4)
    assert (len(view.outcomes), view.outcomes["…"]) == (5, 35)
    assert len(view.streams) == 3
    assert view.unfollowed > 100
    assert len(view.gaps(99.0)) <= 5


@pytest.mark.parametrize("key", ["id", "source", "type", "streamid"])
def test_identifiers_without_end_are_refused(key: str) -> None:
    """An identifier of a megabyte is refused: ids and streams are stored."""
    feed = Feed()
    with pytest.raises(ProtocolError):
        feed.record(1, 0.0, **{key: "x" * 1_000_000})
    assert feed.consumer.checkpoints == {}


@given(st.lists(st.integers(1, 40), max_size=80))
def test_gaps_are_exactly_what_did_not_come(arrivals: list[int]) -> None:
    """In any order, with any repeats, the gaps are exactly the records that did not come."""
    feed = Feed()
    feed.record(1)
    for sequence in arrivals:
        feed.record(sequence)
    heard = {1, *arrivals}
    missing = {n for first, last in feed.gaps(REORDER_S + 1) for n in range(first, last + 1)}
    assert missing == set(range(1, max(heard) + 1)) - heard
    assert feed.view.last == min(missing, default=max(heard) + 1) - 1
