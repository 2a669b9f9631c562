"""The order of the checkpoints: alarms, no sign of life, overdue visits, then the others."""

from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine, insert

from office.board.views.board import SILENT_MS, read_board
from office.database import board_queries
from office.database.alarm_kinds import SILENT
from office.database.tables import alarms, checkpoints, live, visits
from tests.office.board.lobbies import NOW_MS

_OLD, _NEW = NOW_MS - SILENT_MS - 1, NOW_MS - SILENT_MS


class Lobby(NamedTuple):
    """A checkpoint of a case; *health*: when its newest one arrived, None: there was none."""

    name: str
    status: str = "online"
    health: int | None = _NEW
    overdue: bool = False
    alarm: str = ""


CASES = {
    "alarms first": (
        Lobby("z", alarm="fire"),
        Lobby("c", "offline"),
        Lobby("b", overdue=True),
        Lobby("a"),
    ),
    "silent as offline, both by name": (
        Lobby("b", health=_OLD),
        Lobby("c", "offline", health=_NEW),
        Lobby("d", health=_OLD, overdue=True),
        Lobby("a", overdue=True),
    ),
    "offline without any health": (Lobby("b", "offline", health=None), Lobby("a", health=None)),
    "an alarm and offline before an alarm by name only": (
        Lobby("a", alarm="fire"),
        Lobby("b", "offline", alarm="door-held-utara"),
    ),
    "a silent alarm is not betrayed by its place": (Lobby("a"), Lobby("b", alarm="duress")),
    "one that has never reported is no failure": (Lobby("a"), Lobby("b", "unknown", health=None)),
}


def put(connection: Connection, number: int, lobby: Lobby) -> None:
    """Store *lobby* as what it has published."""
    row: dict[str, Any] = {"number": number, "site": "setda", "checkpoint": lobby.name}
    connection.execute(insert(checkpoints).values(**row, status=lobby.status))
    about = {"checkpoint": number, "payload": b"{}"}
    if lobby.health is not None:
        connection.execute(insert(live).values(**about, topic="health", arrived_ms=lobby.health))
    if lobby.alarm:
        connection.execute(insert(alarms).values(**about, kind=lobby.alarm, arrived_ms=NOW_MS))
    for visit, overdue in (("one", ""), ("two", "penitipan" if lobby.overdue else "")):
        values = {"visit": visit, "overdue": overdue, "last_ms": NOW_MS, "checkpoint": number}
        known = dict.fromkeys(("host_seq", "persons_seq", "step_seq", "overdue_seq"), 1)
        connection.execute(insert(visits).values(**values, **known))


@pytest.mark.parametrize("case", CASES)
def test_what_needs_a_person_comes_first(engine: Engine, case: str) -> None:
    """The order holds in both databases, and what a limit cuts off is the least urgent."""
    wanted = CASES[case]
    with engine.begin() as connection:
        for number, lobby in enumerate(sorted(wanted), start=1):
            put(connection, number, lobby)
        rows = board_queries.checkpoint_rows(connection, hidden=SILENT, silent_ms=_NEW)
        names = [f"setda/{lobby.name}" for lobby in wanted]
        assert [row.checkpoint for row in rows] == names
        first = board_queries.checkpoint_rows(connection, most=1, hidden=SILENT, silent_ms=_NEW)
        assert [row.checkpoint for row in first] == names[:1]


def test_the_board_counts_the_silent_ones(engine: Engine) -> None:
    """A checkpoint without a sign of life is not online; those that are longest away come first."""
    with engine.begin() as connection:
        put(connection, 1, Lobby("a", health=_OLD))
        put(connection, 2, Lobby("b", health=_OLD - 1))
        put(connection, 3, Lobby("c"))
        board = read_board(connection, NOW_MS, frozenset())
        assert (board.totals.online, board.totals.silent, board.totals.checkpoints) == (1, 2, 3)
        assert [row.checkpoint for row in board.offline] == ["setda/b", "setda/a"]
        assert board.more_offline == 0
        assert board._replace(rows=board.rows[:1]).more_offline == 1
