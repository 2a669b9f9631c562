"""The asker: the office asks checkpoints for what it misses, and takes no for an answer."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from bench.postgresql import PostgreSQL
from edge.clock import Clock
from edge.mqtt import requests
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.requests import Answer
from edge.mqtt.signatures import SigningKey, opened, public_keys
from office.config import DatabaseSection
from office.database.asking import GapToAsk, give_up, note_answer, note_asked
from office.database.engine import make_engine
from office.database.following import lock_streams
from office.database.partitions import create_partitions
from office.database.schema import prepare
from office.ingest.asker import Asker
from office.ingest.outgoing import Outgoing
from office.ingest.replies import reply_in
from tests.longer import slow
from tests.office.records import AT_MS, STREAM, Stream
from tests.office.test_follower import GAPS, Office
from tests.signed import KEY_ID, SECRET, section


class Asking(Office):
    """An office that asks for a gap at once, and again at once."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.asker = Asker(engine, Clock(), 0.0, 1000.0)

    def miss(self, stream: Stream, count: int) -> list[IncomingMessage]:
        """Miss all of *count* records but the last; return them."""
        sent = stream.some(count)
        self.take(stream.status("online", 1), sent[-1], stream.ledger())
        return sent

    def answer(self, one: Outgoing, base: str = "", **answer: Any) -> None:
        """Answer a request, and look at what is due then."""
        request = requests.resend_range(one.payload)
        topic = f"{base or one.topic.removesuffix('/cmd/resend')}/reply/office"
        payload = msgspec.json.encode(Answer(id=request.id, **answer))
        reply = reply_in(IncomingMessage(topic, payload))
        assert reply is not None
        assert self.asker.take(reply)


@pytest.fixture
def office(engine: Engine) -> Asking:
    """An office with an empty database."""
    return Asking(engine)


def test_a_gap_is_asked_for_once(office: Asking) -> None:
    """The request is as the contract has it, and is not repeated while the records come."""
    stream = Stream()
    sent = office.miss(stream, 9)
    (one,) = office.asker.round()
    request = requests.resend_range(one.payload)
    assert (one.topic, request.stream) == (f"{stream.base}/cmd/resend", stream.name)
    assert (request.first, request.last) == (1, 8)
    assert one.properties.ResponseTopic == f"{stream.base}/reply/office"  # type: ignore[attr-defined]
    assert requests.may_answer(f"{stream.base}/reply/office", f"{stream.base}/")
    office.answer(one, ok=True, resent=8, missing=0)
    assert office.asker.round() == []
    office.take(*sent[:5])
    assert office.asker.round() == []
    office.take(*sent)
    assert [row[2] for row in office.rows(GAPS)] == ["filled", "filled"]


def test_a_long_gap_is_asked_for_in_parts(office: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next part is asked for when the one before has come, without the long pause."""
    monkeypatch.setattr("office.ingest.asker.MOST_RESENT", 4)
    sent = office.miss(Stream(), 11)
    (one,) = office.asker.round()
    office.answer(one, ok=True, resent=4, missing=0)
    office.take(*sent[:3])
    assert office.asker.round() == []
    office.take(sent[3])
    (two,) = office.asker.round()
    request = requests.resend_range(two.payload)
    assert (request.first, request.last) == (5, 8)


@pytest.mark.parametrize(
    "answer", [{"ok": True, "resent": 0, "missing": 8}, {"ok": False, "word": "no such stream"}]
)
def test_records_that_are_not_there_are_gone(office: Asking, answer: dict[str, Any]) -> None:
    """What the checkpoint does not have is not asked for again; the gap closes as gone."""
    office.miss(Stream(), 9)
    (one,) = office.asker.round()
    office.answer(one, **answer)
    assert office.asker.round() == []
    assert office.rows(GAPS) == [(1, 8, "gone")]


def test_only_the_part_that_was_asked_for_is_gone(
    office: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer about a part of a gap says nothing of the rest, which is asked for next."""
    monkeypatch.setattr("office.ingest.asker.MOST_RESENT", 4)
    office.miss(Stream(), 11)
    (one,) = office.asker.round()
    office.answer(one, ok=True, resent=0, missing=4)
    (two,) = office.asker.round()
    assert office.rows(GAPS) == [(1, 4, "gone"), (5, 10, None)]
    assert requests.resend_range(two.payload).first == 5


def test_too_soon_is_asked_again(office: Asking) -> None:
    """A checkpoint that wants a pause is asked again after it, and not after the long one."""
    office.miss(Stream(), 9)
    (one,) = office.asker.round()
    office.answer(one, ok=False, word="too soon")
    assert office.asker.round() == []
    waits_ms = "SELECT asked_ms - (SELECT max(arrived_ms) FROM records) FROM gaps"
    assert int(str(office.rows(waits_ms)[0][0])) < -900_000


def test_an_answer_of_another_checkpoint_is_ignored(office: Asking) -> None:
    """No checkpoint can close the gaps of another one; nor can what is no answer."""
    office.miss(Stream(), 9)
    (one,) = office.asker.round()
    office.answer(one, "gardu/v1/setda/annex", ok=True, resent=0, missing=8)
    bad = reply_in(IncomingMessage("gardu/v1/setda/lobi/reply/office", b"\xff{"))
    assert bad is not None
    assert (bad.checkpoint, bad.answer) == ("setda/lobi", None)
    assert not office.asker.take(bad)
    assert reply_in(IncomingMessage("gardu/v1/setda/lobi/status", b"{}")) is None
    office.asker.round()
    assert office.rows(GAPS) == [(1, 8, None)]


def test_who_is_not_asked(office: Asking) -> None:
    """An offline checkpoint is not asked, nor is any for what it has not delivered yet."""
    stream, other = Stream(), Stream("annex", "another")
    office.miss(stream, 9)
    office.take(stream.status("offline", 1))
    sent = other.some(5)
    office.take(other.status("online", 1), sent[4], other.ledger(acked=0))
    assert office.asker.round() == []


def test_a_signed_request_and_its_refusal(engine: Engine) -> None:
    """With a key it is signed for its topic; a refusal has no id, and is known by correlation."""
    office = Asking(engine)
    office.asker = Asker(engine, Clock(), 0.0, 1000.0, SigningKey(KEY_ID, SECRET))
    stream = Stream()
    office.miss(stream, 9)
    (one,) = office.asker.round()
    found = opened(one.payload, one.topic, "resend", public_keys(section()))
    request = requests.resend_range(found.payload)
    assert (request.first, request.last) == (1, 8)
    refused = msgspec.json.encode(Answer(ok=False, word="unknown key", why="not known"))
    correlation = one.properties.CorrelationData  # type: ignore[attr-defined]
    message = IncomingMessage(f"{stream.base}/reply/office", refused, correlation=correlation)
    reply = reply_in(message)
    assert reply is not None
    assert office.asker.take(reply)
    assert office.asker.round() == []
    assert ("unknown key: not known",) in office.rows("SELECT answer FROM gaps")


@slow
@pytest.mark.parametrize("write", [note_asked, note_answer, give_up])
def test_gaps_are_changed_with_their_streams(server: PostgreSQL, write: Any) -> None:
    """While another process follows the stream the asker waits: both hold the stream, then gaps.

    Otherwise each could wait for rows of the other, and the database would end one (a deadlock).
    """
    section = DatabaseSection(url=server.new_database())
    engine = make_engine(section)
    prepare(engine, section)
    create_partitions(engine, AT_MS)
    office = Asking(engine)
    office.miss(Stream(), 3)
    gap = GapToAsk("setda/lobi", 1, STREAM, 1, 2)
    arguments = {note_asked: (5,), note_answer: ("later",), give_up: (5, "none")}[write]
    with engine.begin() as follower, engine.connect() as asker:
        assert lock_streams(follower, [1])
        asker.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            write(asker, gap, *arguments)
        asker.rollback()
    with engine.begin() as asker:
        write(asker, gap, *arguments)
    engine.dispose()
