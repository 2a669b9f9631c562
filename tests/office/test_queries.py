"""The questions of the page: what must be seen first comes first."""

import pytest
from sqlalchemy import Engine

from edge.clock import Clock
from office.database import queries
from office.ingest.follower import Follower
from office.ingest.writer import Writer
from tests.office.records import AT_MS, Stream, closed, opened, stepped
from tests.office.test_writer import messages

LOBBY = "setda/lobi"


@pytest.fixture
def stream(engine: Engine) -> Stream:
    """A checkpoint with visits, alarms and a gap."""
    stream, other = Stream(), Stream("annex", "another")
    alarm = {"since": "2026-11-21T03:00:00.000Z"}
    sent = [
        stream.next(opened("v")),
        stream.next(stepped("v", "reception")),
        stream.next(opened("w")),
        stream.next(opened("x")),
        stream.next(closed("x")),
    ]
    writer, follower = Writer(engine, Clock(), 10), Follower(engine, Clock(), 0.0)
    writer.write(messages(
        *sent[:2], *sent[3:], stream.ledger(), other.status("offline", 3),
        stream.status("online", 1),
        stream.live("state/alarm/duress", alarm), other.live("state/alarm/fire", alarm),
        stream.live("health", {"disk_free_bytes": 1}), other.next(opened("y")),
        stream.still("01938f7e-1c3a-7c44-8000-0123456789ab", b"jpeg"),
    ))  # fmt: skip
    for _ in range(2):
        follower.follow(writer.touched)
    return stream


def test_answers(engine: Engine, stream: Stream) -> None:
    """Fire before other alarms, offline before online; open visits, gaps, and a visit's history."""
    with engine.begin() as connection:
        alarms = queries.standing_alarms(connection)
        assert [(one.checkpoint, one.kind) for one in alarms] == [
            ("setda/annex", "fire"), (LOBBY, "duress"),
        ]  # fmt: skip
        statuses = queries.checkpoint_statuses(connection)
        assert [(one.checkpoint, one.status) for one in statuses] == [
            ("setda/annex", "offline"), (LOBBY, "online"),
        ]  # fmt: skip
        assert len(queries.checkpoint_statuses(connection, offline_only=True)) == 1
        visits = queries.open_visits(connection)
        assert {(one.checkpoint, one.visit, one.step) for one in visits} == {
            (LOBBY, "v", "reception"), ("setda/annex", "y", None),
        }  # fmt: skip
        assert [one.visit for one in queries.open_visits(connection, LOBBY)] == ["v"]
        timeline = queries.visit_timeline(connection, LOBBY, "v")
        assert [one.sequence for one in timeline] == [1, 2]
        assert queries.visit_timeline(connection, "setda/annex", "v") == []
        (still,) = queries.visit_stills(connection, LOBBY, "v")
        assert (still.purpose, still.digest) == ("desk", "unnamed")
        assert queries.still_image(connection, LOBBY, still.id) == b"jpeg"
        assert queries.still_image(connection, "setda/annex", still.id) is None
        (gap,) = queries.standing_gaps(connection, AT_MS)
        assert (gap.checkpoint, gap.first, gap.last, gap.certain) == (LOBBY, 3, 3, True)
        assert queries.broken_chains(connection) == []
        (health,) = queries.live_values(connection, "health")
        assert (health.checkpoint, health.payload) == (LOBBY, b'{"disk_free_bytes":1}')
