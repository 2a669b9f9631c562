"""The board: what is urgent first, on any terminal, with foreign text shown as text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from office.watch.attention import Kind, attention
from office.watch.board import CONNECTED, Board
from office.watch.consumer import REORDER_S, Consumer


class Office:
    """A consumer with its board, and short ways to give it messages."""

    def __init__(self) -> None:
        self.consumer = Consumer()
        self.board = Board(self.consumer, "Gardu checkpoints at broker:1883")

    def live(self, name: str, suffix: str, **value: Any) -> None:
        """Give it a live document of the checkpoint *name*."""
        payload = json.dumps(value).encode() if value else b""
        self.consumer.take(f"gardu/v1/{name}/{suffix}", payload, {}, "", 0.0)

    def online(self, name: str, status: str = "online") -> None:
        """Give it a status."""
        self.live(name, "status", status=status, session=1, reason="connected", time="")

    def overdue(self, name: str, step: str) -> None:
        """Give it a record of an overdue step."""
        self.record(name, 1, type="gardu.step.overdue.v1", data={"visit": "v", "step": step})

    def record(self, name: str, sequence: int, **change: Any) -> None:
        """Give it a record."""
        self.live(
            name, "event/step", **{
                "id": f"{name}-{sequence}", "source": f"/gardu/{name}",
                "type": "gardu.visit.opened.v1", "streamid": "s",
                "sequence": f"{sequence:016d}", "data": {"visit": "v"}, **change,
            },
        )  # fmt: skip

    def lines(
        self, width: int = 120, height: int | None = 50, link: str = CONNECTED, at: float = 0.0
    ) -> list[str]:
        """Return the board as plain text."""
        self.board.update(set(self.consumer.checkpoints), at)
        return [line.plain for line in self.board.lines(width, height, link, ["a message"])]


def busy_office(checkpoints: int = 30) -> Office:
    """Return an office with alarms, outages and overdue steps among *checkpoints*."""
    office = Office()
    for number in range(checkpoints):
        office.online(f"kantor-{number:03d}/lobi", "offline" if number % 5 == 4 else "online")
    office.overdue("kantor-001/lobi", "pemeriksaan")
    office.live("kantor-020/lobi", "state/alarm/fire", alarm="fire", since="2026-11-29T03:00:00Z",
                visits=2, persons=5)  # fmt: skip
    office.live("kantor-010/lobi", "state/alarm/mains-lost", alarm="mains-lost",
                since="2026-11-29T03:00:00Z", acknowledged="2026-11-29T03:01:00Z")  # fmt: skip
    return office


def test_alarms_offline_and_overdue_come_first() -> None:
    """One line each, the most urgent first; then the checkpoints, those concerned first."""
    lines = busy_office().lines()
    assert lines[1].startswith("ALARM        kantor-020/lobi  fire, 2 visits with 5 persons inside")
    assert lines[2].startswith("alarm        kantor-010/lobi  mains-lost")
    assert lines[2].endswith("acknowledged")
    assert [line.split()[:2] for line in lines[3:9]] == [
        ["OFFLINE", f"kantor-{number:03d}/lobi"] for number in range(4, 30, 5)
    ]
    assert lines[9].split() == ["overdue", "kantor-001/lobi", "pemeriksaan"]
    table = [line.split()[0] for line in lines[11:]]
    assert table[:3] == ["kantor-020/lobi", "kantor-010/lobi", "kantor-004/lobi"]


@pytest.mark.parametrize(("width", "height"), [(60, 10), (80, 24), (120, 50)])
def test_what_has_no_room_is_counted(width: int, height: int) -> None:
    """On a small terminal the lines that are left out are counted, attention and rows apart."""
    lines = busy_office(100).lines(width, height)
    assert len(lines) <= height
    heading = next(at for at, line in enumerate(lines) if line.startswith("checkpoint "))
    shown = [line for line in lines[1:heading] if not line.startswith("…")]
    attentions = 23  # 20 offline, 2 alarms, 1 overdue
    if len(shown) < attentions:
        assert lines[heading - 1] == f"… and {attentions - len(shown)} more"
    rows = [line for line in lines[heading + 1 :] if line.startswith("kantor-")]
    assert len(rows) >= 3
    assert f"… and {100 - len(rows)} more" in lines


def test_hidden_alarms_are_named_as_such() -> None:
    """Where not even all alarms have room, the line that counts the rest says how many are."""
    office = Office()
    for number in range(20):
        office.live(f"kantor-{number}/lobi", "state/alarm/fire", alarm="fire")
    lines = office.lines(80, 10)
    assert lines[4] == "… and 17 more, 17 of them alarms"


@given(
    width=st.integers(1, 130),
    height=st.integers(1, 60),
    names=st.lists(
        st.text(min_size=1, max_size=40).filter(lambda one: "/" not in one), max_size=20
    ),
    step=st.text(max_size=300),
)
def test_any_text_fits_any_terminal(width: int, height: int, names: list[str], step: str) -> None:
    """Never more lines or cells than the terminal has, and no character that it would obey."""
    step = step.encode("utf-8", "replace").decode()[:200]
    fresh = Office()
    for name in names:
        site = name.encode("utf-8", "replace").decode()
        fresh.live(f"{site}/lobi", f"state/alarm/{site}", alarm="x")
        fresh.live(f"{site}/lobi", "state/occupancy", steps=[{"step": step, "visits": 1}])
    lines = fresh.lines(width, height, "not connected: \x1b[2J")
    assert len(lines) <= height
    assert all(cell_len(line) <= width and line.isprintable() for line in lines)


def test_markup_and_escapes_are_shown() -> None:
    """A retained topic or a step's name cannot colour, link, clear or crash the board."""
    office = Office()
    office.live("[bold]kantor[red]/lobi", "state/alarm/[link=http:x]", alarm="x")
    office.live("kantor-b/lobi", "state/occupancy",
                steps=[{"step": "\x1b]0;x\x07[red]", "visits": 1}])  # fmt: skip
    text = "\n".join(office.lines())
    assert "[bold]kantor[red]/lobi  [link=http:x]" in text
    assert r"\x1b]0;x\x07[red] 1" in text


def test_missing_cards_of_groups_are_shown() -> None:
    """A group at the return that has not shown all its cards: how many are missing, and where."""
    office = Office()
    steps = [{"step": "pengembalian", "visits": 1}]
    office.live("kantor/lobi", "state/occupancy", steps=steps, cards_missing=2)
    assert "pengembalian 1, 2 cards missing" in "\n".join(office.lines())


def test_places_with_limited_room_are_shown() -> None:
    """How full each place is, and how many persons wait for it, if any do."""
    office = Office()
    places = [
        {"place": "ruang-baca", "at_most": 2, "persons": 2, "waiting": 3},
        {"place": "aula", "at_most": 9, "persons": 0, "waiting": 0},
    ]
    office.live("kantor/lobi", "state/occupancy", steps=[], places=places)
    shown = "\n".join(office.lines())
    assert "ruang-baca: 2 of 2, 3 waiting, aula: 0 of 9" in shown


def test_a_lost_connection_is_the_first_word() -> None:
    """A board that is not up to date says so before all else, also on a narrow terminal."""
    lines = busy_office().lines(40, 10, "not connected: connection lost")
    assert lines[0].startswith("not connected: connection lost")


def test_what_begins_and_ends_is_told_once() -> None:
    """Each alarm, outage and gap is returned once when it begins, and once when it ends."""
    office = Office()
    name = {"kantor/lobi"}
    office.live("kantor/lobi", "state/alarm/fire", alarm="fire")
    began, ended = office.board.update(name, 0.0)
    assert ([one.kind for one in began], ended) == ([Kind.ALARM], [])
    assert office.board.update(name, 0.0) == ([], [])
    office.live("kantor/lobi", "state/alarm/fire")
    office.online("kantor/lobi", "offline")
    began, ended = office.board.update(name, 0.0)
    assert [one.kind for one in began] == [Kind.OFFLINE]
    assert [one.kind for one in ended] == [Kind.ALARM]
    office.record("kantor/lobi", 1)
    office.record("kantor/lobi", 4)
    began, _ = office.board.update(name, REORDER_S + 1)
    assert [one.words for one in began] == ["2-3 did not come"]


def test_many_gaps_are_cut_and_counted() -> None:
    """A line names the first gaps and the number of the rest."""
    office = Office()
    for sequence in range(1, 40, 2):
        office.record("kantor/lobi", sequence)
    view = office.consumer.checkpoints["kantor/lobi"]
    (gap,) = attention("kantor/lobi", view, view.gaps(REORDER_S + 1))
    assert gap.words == "2, 4, 6, 8, 10 and 14 more did not come"


def test_nothing_heard_is_said() -> None:
    """Before the first message the board says that there is none."""
    first, *rest = Office().lines()
    assert first == "Gardu checkpoints at broker:1883: 0"
    assert rest == ["nothing heard yet", "a message"]
