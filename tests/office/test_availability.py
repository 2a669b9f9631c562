"""Availability set on the page: its requests and their answers, in both databases."""

from sqlalchemy import Engine

from office.database.availability import (
    HostRequest,
    add_request,
    newest_requests,
    note_answer,
    note_sent,
    requests_to_send,
)
from tests.office.board.lobbies import ANNEX, LOBBY, fill
from tests.office.records import AT_MS


def asked(identifier: str, at_ms: int, host: str = "bupati", name: str = LOBBY) -> HostRequest:
    """Return a request that a host is away."""
    return HostRequest(identifier, name, host, False, None, "host-in-meeting", "desk", at_ms)


def test_requests_in_the_database(engine: Engine) -> None:
    """The newest of each host is sent and shown; an answer is stored once, and from its own."""
    fill(engine)
    with engine.begin() as connection:
        old, new, other = asked("a", AT_MS), asked("b", AT_MS), asked("c", AT_MS - 1, "wakil")
        offline = asked("d", AT_MS + 1, name=ANNEX)
        for one in (old, new, other, offline):
            assert add_request(connection, one)
        assert not add_request(connection, asked("e", AT_MS, name="setda/none"))
        assert requests_to_send(connection, AT_MS - 2) == [other, new, offline]
        assert requests_to_send(connection, AT_MS - 1) == [new, offline]
        assert requests_to_send(connection, 0, ["b", "d"]) == [other]
        assert {one.id for one in newest_requests(connection, [LOBBY])} == {"b", "c"}
        assert newest_requests(connection, []) == []
        for identifier in ("b", "d"):
            note_sent(connection, identifier, AT_MS)
        assert requests_to_send(connection, AT_MS - 1) == [new._replace(sent_ms=AT_MS)]
        assert note_answer(connection, "b", "ok", "", AT_MS, ANNEX) is None, "not its own"
        found = note_answer(connection, "b", "ok", "w" * 999, AT_MS, LOBBY)
        assert found is not None
        assert (found.word, found.why) == ("ok", "w" * 200)
        assert newest_requests(connection, [LOBBY, ANNEX])[1] == found
        assert note_answer(connection, "b", "too old", "", AT_MS, LOBBY) is None
        assert note_answer(connection, "none", "ok", "", AT_MS, LOBBY) is None
        assert note_answer(connection, "c", "broker", "no", AT_MS) is not None
        assert requests_to_send(connection, 0) == []
