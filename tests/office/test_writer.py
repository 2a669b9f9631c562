"""The writer: every record once, and no message that holds up the others."""

import hashlib
import random
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from edge.clock import Clock
from edge.errors import ProtocolError
from edge.mqtt.decoding import IncomingMessage
from edge.sop.ids import uuid7
from edge.sop.visit_records import StillReference
from office.ingest.follower import Follower
from office.ingest.reading import read
from office.ingest.writer import Message, Refused, Writer
from tests.office.records import AT_MS, Stream, closed, opened, stepped


def messages(*incoming: IncomingMessage) -> list[Message]:
    """Return the *incoming* messages as the ingest hands them over."""
    found: list[Message] = []
    for one in incoming:
        try:
            seen = read(one)
        except ProtocolError as error:
            found.append(Refused(one.topic, one.payload, str(error)))
        else:
            found += [] if seen is None else [seen]
    return found


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of *query*."""
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def writer(engine: Engine) -> Writer:
    """A writer that keeps three refused messages."""
    return Writer(engine, Clock(), 3)


def test_a_record_is_stored_once(engine: Engine, writer: Writer) -> None:
    """What comes again, in one batch, later or to another process, is there once, unchanged."""
    sent = Stream().some(5)
    writer.write(messages(*sent, sent[2]))
    writer.write(messages(*sent))
    Writer(engine, Clock(), 3).write(messages(*sent))
    stored = rows(engine, "SELECT sequence, payload FROM records ORDER BY sequence")
    assert [(number, bytes(payload)) for number, payload in stored] == [
        (number, one.payload) for number, one in enumerate(sent, start=1)
    ]
    assert (writer.counts["record"], writer.counts["duplicate"]) == (5, 6)


def test_another_record_with_the_same_id_is_put_aside(engine: Engine, writer: Writer) -> None:
    """A forged second version of a record neither replaces it nor passes as a duplicate."""
    stream = Stream()
    first = stream.next()
    forged = first._replace(payload=first.payload.replace(b"visit-1", b"visit-2"))
    writer.write(messages(first))
    writer.write(messages(forged))
    assert len(rows(engine, "SELECT 1 FROM records")) == 1
    assert "another record has the id" in rows(engine, "SELECT why FROM aside")[0][0]
    assert rows(engine, "SELECT visit FROM visits") == [("visit-1",)]


def test_the_newest_refused_messages_are_kept(engine: Engine, writer: Writer) -> None:
    """Refused messages fill no disk: the newest three stay, cut, with their topic escaped."""
    for number in range(5):
        writer.write([Refused(f"gardu/\n{number}", b"x" * 10_000, f"bad {number}")])
    kept = rows(engine, "SELECT topic, why, size, payload FROM aside ORDER BY number")
    assert [why for _, why, _, _ in kept] == ["bad 2", "bad 3", "bad 4"]
    topic, _, size, payload = kept[0]
    assert (topic, size, len(payload)) == ("gardu/\\n2", 10_000, 4096)


def test_a_value_that_the_database_refuses_holds_up_no_other(engine: Engine) -> None:
    """The database refuses one message's values: that one is put aside, all others are stored."""
    writer = Writer(engine, Clock(), 3)
    sent = messages(*Stream().some(20))
    bad = msgspec.structs.replace(sent[7], sequence=2**70)  # type: ignore[type-var]
    writer.write([*sent[:7], bad, *sent[8:]])
    assert len(rows(engine, "SELECT 1 FROM records")) == 19
    assert "the database refuses it" in rows(engine, "SELECT why FROM aside")[0][0]


@pytest.mark.parametrize("seed", range(4))
def test_a_visit_is_the_same_in_any_order(engine: Engine, writer: Writer, seed: int) -> None:
    """Several processes share one checkpoint's records, so they are stored in any order."""
    stream = Stream()
    sent = [
        stream.next(opened("v")),
        stream.next(stepped("v", "reception")),
        stream.next(stepped("v", "screening")),
        stream.next(closed("v", "declined")),
        stream.next(opened("w")),
    ]
    draw = random.Random(seed)
    draw.shuffle(sent)
    cut = draw.randint(0, 5)
    writer.write(messages(*sent[:cut]))
    writer.write(messages(*sent[cut:]))
    found = rows(
        engine, "SELECT visit, step, outcome, closed_ms IS NULL, opened_ms FROM visits ORDER BY 1"
    )
    assert [(*row[:3], bool(row[3])) for row in found] == [
        ("v", "screening", "declined", False),
        ("w", None, None, True),
    ]
    assert all(row[4] == AT_MS for row in found)


def test_a_record_with_unknown_data_is_stored(engine: Engine, writer: Writer) -> None:
    """A record whose data is not what its type has is no gap: it is stored, and says nothing."""
    stream = Stream()
    message = stream.next()
    odd = message._replace(payload=message.payload.replace(b'"pimpinan"', b'[{"a":1}]'))
    writer.write(messages(odd))
    assert len(rows(engine, "SELECT 1 FROM records")) == 1
    assert rows(engine, "SELECT 1 FROM visits") == []


def test_status_of_an_older_session_is_ignored(engine: Engine, writer: Writer) -> None:
    """The late will of an earlier connection does not show a checkpoint as offline."""
    stream = Stream()
    writer.write(messages(stream.status("online", 7), stream.status("offline", 6)))
    assert rows(engine, "SELECT status, session FROM checkpoints") == [("online", 7)]
    writer.write(messages(stream.status("offline", 7)))
    assert rows(engine, "SELECT status FROM checkpoints") == [("offline",)]
    writer.write(messages(stream.status("online", 1)))
    assert rows(engine, "SELECT status, session FROM checkpoints") == [("online", 1)]


def test_live_topics_have_their_newest_value(engine: Engine, writer: Writer) -> None:
    """Alarms stand until they are cleared; of every other live topic the newest value is there."""
    stream = Stream()
    alarm = {"alarm": "fire", "since": "2026-11-21T03:51:37.412Z"}
    writer.write(messages(
        stream.live("state/alarm/fire", alarm), stream.live("state/alarm/duress", alarm),
        stream.live("health", {"a": 1}), stream.live("health", {"a": 2}),
    ))  # fmt: skip
    writer.write(messages(stream.live("state/alarm/duress", None)))
    assert rows(engine, "SELECT kind FROM alarms") == [("fire",)]
    assert [bytes(row[0]) for row in rows(engine, "SELECT payload FROM live")] == [b'{"a":2}']


@pytest.mark.parametrize("still_first", [True, False])
def test_a_still_is_compared_with_its_record(
    engine: Engine, writer: Writer, *, still_first: bool
) -> None:
    """The digest in the step's record shows if a still was exchanged, whichever comes first."""
    stream = Stream()
    good, bad, unnamed = (uuid7(AT_MS, name) for name in ("good", "bad", "unnamed"))
    named = tuple(
        StillReference(one, "desk", hashlib.sha256(one.encode()).hexdigest()) for one in (good, bad)
    )
    step = stream.next(stepped("v", "desk", stills=named))
    stills = [
        stream.still(good, good.encode()),
        stream.still(bad, b"another image"),
        stream.still(unnamed, b"image"),
    ]
    follower = Follower(engine, Clock())
    for batch in ([*stills], [step]) if still_first else ([step], [*stills, stills[0]]):
        writer.write(messages(*batch))
        assert writer.stills
        follower.follow(writer.touched, stills=True)
    found = dict(rows(engine, "SELECT CAST(id AS TEXT), digest FROM stills"))
    assert found == {good: "same", bad: "differs", unnamed: "unnamed"}
