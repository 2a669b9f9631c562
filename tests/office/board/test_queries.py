"""The page's questions, in both databases; and its users."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from office.config import DatabaseSection
from office.database import board_queries, queries, users, visit_queries
from office.database.alarm_kinds import SILENT
from office.database.following import add_breaks
from office.database.reading import make_reading_engine
from office.database.users import UserRow
from office.database.visit_queries import OVERDUE, REPORT, STEP, Search
from tests.office.board.lobbies import ANNEX, AWAY, DONE, LATE, LOBBY, NOW_MS, WAITS, fill
from tests.office.records import AT_MS


@pytest.fixture
def reader(engine: Engine, database: DatabaseSection) -> Iterator[Engine]:
    """The engine of the pages, for a filled database."""
    fill(engine)
    made = make_reading_engine(database)
    yield made
    made.dispose()


def test_answers_about_checkpoints(reader: Engine) -> None:
    """Figures of all together and of each; what was published; records that are missing."""
    with reader.begin() as connection:
        assert board_queries.totals(connection) == (2, 1, 1, 0, 4, 6, 1)
        assert board_queries.totals(connection, NOW_MS + 1) == (2, 0, 1, 1, 4, 6, 1)
        annex, lobby = board_queries.checkpoint_rows(connection)
        assert (annex.checkpoint, annex.status, annex.reason) == (ANNEX, "offline", "lost")
        assert (annex.visits, annex.persons, annex.alarms, annex.gaps) == (2, 2, 1, 1)
        assert (lobby.checkpoint, lobby.visits, lobby.persons, lobby.overdue) == (LOBBY, 2, 4, 1)
        assert lobby.health_ms is not None
        assert board_queries.checkpoint_rows(connection, checkpoint=LOBBY) == [lobby]
        assert board_queries.checkpoint_rows(connection, site="none") == []
        assert board_queries.sites(connection) == ["setda"]
        topics = board_queries.live_of(connection, LOBBY)
        assert set(topics) == {"meta", "health", "state/occupancy"}
        (meta,) = board_queries.metas_since(connection, topics["meta"].arrived_ms)
        assert (meta.checkpoint, meta.payload) == (LOBBY, topics["meta"].payload)
        assert board_queries.metas_since(connection, meta.arrived_ms + 1) == []
        assert len(board_queries.live_values(connection, "health", [LOBBY, ANNEX])) == 1
        assert board_queries.live_values(connection, "health", []) == []
        assert board_queries.checkpoint_names(connection) == [ANNEX, LOBBY]
        assert board_queries.checkpoint_names(connection, "setda", skipped=1, most=1) == [LOBBY]
        assert board_queries.checkpoint_rows(connection, skipped=1, most=1) == [lobby]
        assert board_queries.checkpoint_rows(connection, most=None) == [annex, lobby]
        counts = [board_queries.checkpoint_count(connection, site) for site in ("", "setda", "x")]
        assert counts == [2, 2, 0]
        assert board_queries.broken_since(connection, 0) == []
        (without, _) = board_queries.checkpoint_rows(connection, hidden=SILENT)
        assert without == annex._replace(alarms=0)
        assert board_queries.alarm_count(connection) == 1
        assert board_queries.alarm_count(connection, SILENT) == 0
        assert [one.kind for one in queries.standing_alarms(connection, ANNEX)] == ["duress"]
        assert queries.standing_alarms(connection, LOBBY) == []
        assert queries.standing_alarms(connection, hidden=SILENT) == []
        (stream,) = board_queries.streams_of(connection, LOBBY)
        assert (stream.front, stream.last_seq) == (8, 8)
        assert board_queries.records_waiting(connection) == {}
        (gap,) = board_queries.gaps_of(connection, ANNEX)
        assert (gap.first, gap.last) == (2, 2)
        assert board_queries.gaps_of(connection, LOBBY) == []
        assert board_queries.breaks_of(connection, LOBBY) == []


def test_broken_chains_by_checkpoint(reader: Engine, engine: Engine) -> None:
    """Each checkpoint once, with its places that were found after a moment."""
    with engine.begin() as connection:
        add_breaks(connection, [(1, 3, "chain"), (1, 4, "head")], AT_MS)
        add_breaks(connection, [(2, 1, "chain")], AT_MS + 1)
    with reader.begin() as connection:
        newest, older = board_queries.broken_since(connection, AT_MS - 1)
        assert (newest.places, newest.found_ms) == (1, AT_MS + 1)
        assert (older.places, older.found_ms) == (2, AT_MS)
        assert {newest.checkpoint, older.checkpoint} == {ANNEX, LOBBY}
        assert board_queries.broken_since(connection, AT_MS) == [newest]


def test_answers_about_visits(reader: Engine) -> None:
    """Every filter in one search; the pages behind a visit; the newest records of visits."""
    search = Search(
        site="setda", checkpoint=LOBBY, procedure="pimpinan", host="bupati", outcome="open",
        overdue=True, from_ms=AT_MS - 1, until_ms=AT_MS + 10_000, text="visit-",
    )  # fmt: skip
    with reader.begin() as connection:
        (late,) = visit_queries.found_visits(connection, search, 10)
        assert (late.visit, late.overdue) == (LATE, "penitipan")
        everything = visit_queries.found_visits(connection, Search(), 10)
        assert len(everything) == 5
        middle = everything[2]
        behind = Search(before=(middle.last_ms, middle.visit))
        assert visit_queries.found_visits(connection, behind, 10) == everything[3:]
        assert visit_queries.found_visits(connection, Search(text="_isit"), 10) == []
        row = visit_queries.visit_row(connection, LOBBY, DONE)
        assert row is not None
        assert (row.outcome, row.persons) == ("declined", 2)
        assert visit_queries.visit_row(connection, ANNEX, DONE) is None
        found = visit_queries.open_visits(connection, site="setda")
        assert {one.visit for one in found} >= {WAITS, LATE, AWAY}
        assert visit_queries.open_visits(connection, overdue=True) == [late]
        steps = visit_queries.newest_records(connection, STEP, found)
        assert set(steps) == {(LOBBY, WAITS)}
        assert set(visit_queries.newest_records(connection, OVERDUE, found)) == {(LOBBY, LATE)}
        assert visit_queries.monthly_reports(connection, REPORT) == []


def test_pages_cannot_change_the_database(reader: Engine) -> None:
    """A fault of a page cannot harm what the ingest has stored."""
    with pytest.raises(DBAPIError), reader.begin() as connection:
        connection.execute(text("DELETE FROM visits"))


def test_users_and_sessions(engine: Engine) -> None:
    """A user is added, found and removed; sessions end in time, by password and by removal."""
    key, other = b"k" * 32, b"o" * 32
    with engine.begin() as connection:
        users.add_user(connection, UserRow("budi", "desk", "hash", 1))
        users.begin_session(connection, key, "budi", 100, 200)
        assert users.session_user(connection, key, 199) == ("budi", "desk")
        assert users.session_user(connection, key, 200) is None
        users.begin_session(connection, other, "budi", 250, 300)
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 1
        users.set_password(connection, "budi", "another", 2)
        assert users.session_user(connection, other, 260) is None
        assert users.user_named(connection, "budi") == ("budi", "desk", "another", 2)
        users.begin_session(connection, key, "budi", 300, 400)
        users.end_session(connection, key)
        users.begin_session(connection, key, "budi", 300, 400)
        assert users.remove_user(connection, "budi")
        assert not users.remove_user(connection, "budi")
        assert users.all_users(connection) == []
