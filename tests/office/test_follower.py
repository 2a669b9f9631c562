"""The follower: gaps that open and close, chains that are checked, heads that are compared."""

import pytest
from sqlalchemy import Engine, text

from edge.clock import Clock
from office.ingest.follower import Follower
from office.ingest.writer import Writer
from tests.office.records import Stream
from tests.office.test_writer import messages, rows

GAPS = "SELECT first, last, how FROM gaps ORDER BY first"


class Office:
    """A writer and its follower; a hole is a gap at once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = Writer(engine, Clock(), 10)
        self.follower = Follower(engine, Clock(), 0.0)

    def take(self, *sent: object) -> None:
        """Store *sent* and follow twice: the first time a hole is only seen."""
        self.writer.write(messages(*sent))  # type: ignore[arg-type]
        for _ in range(2):
            self.follower.follow(self.writer.touched)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of *query*."""
        return rows(self.engine, query)

    @property
    def front(self) -> int:
        """The front of the only stream."""
        return int(str(self.rows("SELECT front FROM streams")[0][0]))


@pytest.fixture
def office(engine: Engine) -> Office:
    """An office with an empty database."""
    return Office(engine)


def test_a_gap_opens_and_closes(office: Office) -> None:
    """What is missing has a row from then on, which closes when the record comes."""
    stream = Stream()
    sent = stream.some(10)
    office.take(*sent[:3], *sent[6:], stream.ledger())
    assert office.rows(GAPS) == [(4, 6, None)]
    assert office.front == 10
    office.take(sent[4])
    assert office.rows(GAPS) == [(4, 4, None), (5, 5, "filled"), (6, 6, None)]
    office.take(sent[3], sent[5])
    assert [row[2] for row in office.rows(GAPS)] == ["filled"] * 3
    assert office.rows("SELECT 1 FROM breaks") == []


def test_records_that_the_ledger_counts_are_a_gap(office: Office) -> None:
    """The last records of a stream are missed too: the ledger says that they were acknowledged."""
    stream = Stream()
    sent = stream.some(5)
    office.take(*sent[:3], stream.ledger())
    assert office.rows(GAPS) == [(4, 5, None)]
    office.take(*sent[3:])
    assert [row[2] for row in office.rows(GAPS)] == ["filled"]


def test_a_hole_that_closes_in_time_is_no_gap(engine: Engine) -> None:
    """Records that several processes share come in any order: that is no gap."""
    writer, follower = Writer(engine, Clock(), 10), Follower(engine, Clock(), 60.0)
    sent = Stream().some(9)
    for part in (sent[:2], sent[5:], sent[2:5]):
        writer.write(messages(*part))
        follower.follow(writer.touched)
    assert rows(engine, "SELECT 1 FROM gaps") == []
    assert rows(engine, "SELECT front FROM streams") == [(9,)]
    assert not follower.busy


def test_what_the_checkpoint_had_deleted_before_is_not_missing(office: Office) -> None:
    """An office that begins late misses nothing that the checkpoint cannot send any more."""
    stream = Stream()
    stream.some(90)
    late = stream.some(10)
    office.take(stream.ledger(oldest=91), *late)
    assert office.rows(GAPS) == []
    assert office.front == 100


def test_history_of_a_checkpoint_that_is_new_here_is_a_gap(office: Office) -> None:
    """An office that lost its database misses what the checkpoint still has."""
    stream = Stream()
    stream.some(90)
    office.take(stream.ledger(oldest=21, acked=90), *stream.some(10))
    assert office.rows(GAPS) == [(21, 90, None)]


def test_a_gap_that_the_checkpoint_has_deleted_is_gone(office: Office) -> None:
    """The office does not ask for ever for records that retention has removed at the checkpoint."""
    stream = Stream()
    sent = stream.some(10)
    office.take(*sent[:2], *sent[8:], stream.ledger())
    office.take(stream.ledger(oldest=5))
    assert office.rows(GAPS) == [(3, 4, "gone"), (5, 8, None)]
    office.take(sent[6], stream.ledger(oldest=9))
    assert office.rows(GAPS) == [
        (3, 4, "gone"), (5, 6, "gone"), (7, 7, "filled"), (8, 8, "gone"),
    ]  # fmt: skip


@pytest.mark.parametrize("late", [False, True])
def test_a_changed_record_breaks_the_chain(office: Office, *, late: bool) -> None:
    """A record that was changed after it was recorded does not fit its successor."""
    stream = Stream()
    sent = stream.some(5)
    sent[2] = sent[2]._replace(payload=sent[2].payload.replace(b"visit-3", b"visit-9"))
    if late:
        office.take(*sent[:2], *sent[3:], stream.ledger())
        office.take(sent[2])
    else:
        office.take(*sent)
    assert office.rows("SELECT sequence, what FROM breaks") == [(4, "chain")]


def test_a_second_record_of_one_sequence_breaks_the_chain(office: Office) -> None:
    """Two records cannot have one place, also if both have ids of their own."""
    stream, other = Stream(), Stream()
    sent = stream.some(3)
    forged = other.some(3)[2]
    payload = forged.payload.replace(
        b'"id":"', b'"id":"00000000-0000-7000-8000-000000000000","x":"'
    )
    office.take(*sent, forged._replace(payload=payload))
    assert ("chain",) in office.rows("SELECT what FROM breaks")


def test_heads_are_compared_with_the_records(office: Office) -> None:
    """A head that was published once proves the history up to it, or shows that it was changed."""
    stream = Stream()
    sent = stream.some(3)
    good = stream.ledger()
    stream.head = "ab" * 32
    bad = stream.ledger()
    office.take(*sent, good)
    office.take(bad)
    found = office.rows("SELECT sequence, holds FROM heads ORDER BY arrived_ms, holds DESC")
    assert sorted((row[0], bool(row[1])) for row in found) == [(3, False), (3, True)]
    assert office.rows("SELECT sequence, what FROM breaks") == [(3, "head")]


def test_many_holes_have_a_limit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile publisher fills no table of gaps: more than the limit are only counted."""
    monkeypatch.setattr("office.database.following.MOST_GAPS", 3)
    stream = Stream()
    sent = stream.some(20)
    office.take(*sent[::2], stream.ledger(acked=19))
    for _ in range(12):
        office.take()
    assert len(office.rows("SELECT 1 FROM gaps")) == 3
    assert office.follower.counts["gap not followed"] == 6
    assert office.front == 19


def test_links_are_read_in_parts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long backlog is followed in parts, and no part's end looks like a gap."""
    monkeypatch.setattr("office.database.following.MOST_LINKS", 7)
    one, two = Stream("lobi"), Stream("annex")
    a, b = one.some(20), two.some(20)
    office.take(*a, one.ledger(), *b, two.ledger())
    while office.follower.busy:
        office.take()
    assert office.rows("SELECT front FROM streams") == [(20,), (20,)]
    assert office.rows(GAPS) == []


def test_a_long_gap_is_filled_in_parts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap of more records than are read at once closes all the same."""
    stream = Stream()
    sent = stream.some(30)
    office.take(sent[0], sent[29], stream.ledger())
    monkeypatch.setattr("office.database.following.MOST_LINKS", 7)
    office.take(*sent[1:29])
    for _ in range(12):
        office.follower.follow(office.writer.touched)
    assert {row[2] for row in office.rows(GAPS)} == {"filled"}


def test_two_followers_share_the_streams(engine: Engine) -> None:
    """A stream that another process follows at the moment is followed later, and not twice."""
    writer, follower = Writer(engine, Clock(), 10), Follower(engine, Clock(), 0.0)
    writer.write(messages(*Stream().some(3)))
    if engine.dialect.name == "postgresql":
        with engine.begin() as other:
            other.execute(text("SELECT 1 FROM streams FOR UPDATE"))
            follower.follow(writer.touched)
            assert follower.busy
    follower.follow(writer.touched)
    assert not follower.busy
    assert rows(engine, "SELECT front FROM streams") == [(3,)]
