"""The account of a day: a day that adds up passes, and every difference is named."""

from collections.abc import Mapping
from typing import Any

import pytest

from sim.days.account import (
    End,
    outcomes,
    outcomes_by_host,
    persons,
    problems,
    step_times,
    things,
    totals,
)
from sim.days.branches import Before, Branch, Sight, count
from sim.scenario import Title
from sim.stage.law import Law, LawRow
from sim.stage.received import Received


class Office:
    """A central office that receives records one by one."""

    def __init__(self) -> None:
        self.received = Received()
        self.sequence = 0

    def tell(self, kind: str, **data: Any) -> None:
        """Receive one record."""
        self.sequence += 1
        self.received.take(
            {
                "type": f"gardu.{kind}.v1",
                "streamid": "s",
                "sequence": f"{self.sequence:016d}",
                "time": "2026-11-23T01:00:00.000Z",
                "recordedtime": "2026-11-23T01:00:00.000Z",
                "data": {"procedure": "pimpinan", **data},
            },
            at_ms=1795395600_000 + 5_000,
        )

    def step(self, visit: str, *evidence: str, **data: Any) -> None:
        """Receive a completed step."""
        usual = {
            "step": "penerimaan", "number": 1, "outcome": "completed", "reason": None,
            "duration_s": 60.0, "standard_s": 180.0, "over_s": 0.0, "attempts": 1,
        }  # fmt: skip
        self.tell("step.completed", visit=visit, evidence=list(evidence), **{**usual, **data})

    def close(self, visit: str, outcome: str = "completed", **data: Any) -> None:
        """Receive the end of a visit."""
        usual: dict[str, Any] = {
            "reason": None, "duration_s": 60.0, "cards_out": 0, "lockers_out": []
        }  # fmt: skip
        self.tell("visit.closed", visit=visit, outcome=outcome, **{**usual, **data})

    def end(self, came: int = 1, laws: Mapping[str, Law] = {}, **left: Any) -> End:
        """End the day, with every record delivered."""
        ledger = {"streamid": "s", "last_seq": self.sequence, "acked_seq": self.sequence}
        self.received.take_live("ledger", ledger, retained=False)
        clean = {"came": came, "cards_missing": 0, "lockers_taken": [], "doors_open": []}
        self.received.live.setdefault("state/occupancy", {"cards_out": 0, "lockers_in_use": 0})
        return End("kantor/lobi", self.received, came, {**clean, **left}, laws)


def visit(office: Office, name: str = "v", **closing: Any) -> None:
    """Receive one visit with a card and a locker, from its opening to its end."""
    office.tell("visit.opened", visit=name)
    office.step(name, "button", "card")
    office.step(name, "locker-opened", "locker-closed", step="penitipan", number=3)
    office.close(name, **closing)


def test_a_day_that_adds_up_has_no_problems() -> None:
    """One visit, with its card and locker returned: no problems, and the totals agree."""
    office = Office()
    visit(office)
    end = office.end()
    assert problems(end) == []
    assert totals(end)["cards"] == {"out": 1, "back": 1, "owed": 0}
    assert totals(end)["lockers"] == {"used": 1, "emptied": 1, "owed": 0}


LAW = Law(
    stations={},
    rows=(
        LawRow(4, "Petugas 3", demands=("each-person-screened",)),
        LawRow(5, "ADC", demands=("guest-admitted",)),
    ),
)


def test_a_guest_who_meets_the_host_without_the_screening_is_a_problem() -> None:
    """A meeting without the screening that the law demands before it is a problem, by visit."""
    office = Office()
    for name in ("v", "w"):
        office.tell("visit.opened", visit=name)
    office.step("v", "passage", step="periksa", number=4)
    for name in ("v", "w"):
        office.step(name, "aiphone", step="temui", number=5)
        office.close(name)
    words = "kantor/lobi: visit w met the host without the screening of the law"
    assert problems(office.end(came=2, laws={"pimpinan": LAW})) == [words]
    unknown = office.end(came=2, laws={"jatim": LAW})
    assert problems(unknown) == []


def test_a_screening_that_did_not_pass_is_none() -> None:
    """A guest who was refused at the screening, and met the host all the same, is a problem."""
    office = Office()
    office.tell("visit.opened", visit="v")
    office.step("v", "alarm", step="periksa", number=4, outcome="refused")
    office.step("v", "aiphone", step="temui", number=5)
    office.close("v")
    (words,) = problems(office.end(laws={"pimpinan": LAW}))
    assert "visit v met the host" in words


def test_the_hosts_of_the_visits_are_those_for_whom_the_guests_came() -> None:
    """A visit recorded for the wrong host is a problem; one without a choice is none."""
    office = Office()
    visit(office, "v", host="bupati")
    visit(office, "w", host="wakil-bupati")
    visit(office, "x", outcome="abandoned", host=None)
    assert problems(office.end(came=3, hosts={"bupati": 2, "wakil-bupati": 1})) == []
    assert problems(office.end(came=3, hosts={"bupati": 3})) == [
        "kantor/lobi: 0 guests came for wakil-bupati, 1 visits were recorded for wakil-bupati"
    ]


def test_outcomes_are_counted_by_host_where_there_are_several() -> None:
    """Hosts of one procedure are told apart; a procedure with one host needs no such rows."""
    office = Office()
    visit(office, "v", host="bupati")
    visit(office, "w", host="wakil-bupati", outcome="declined")
    visit(office, "x", host="bupati")
    visit(office, "y", host="jatim", procedure="jatim")
    assert outcomes_by_host([office.received]) == {
        "pimpinan": {"bupati": {"completed": 2}, "wakil-bupati": {"declined": 1}}
    }


def test_the_most_visits_at_once_are_counted() -> None:
    """Two guests at once, then a third: the most is two."""
    office = Office()
    office.tell("visit.opened", visit="v")
    office.tell("visit.opened", visit="w")
    office.close("v")
    office.tell("visit.opened", visit="x")
    assert totals(office.end(came=3))["visits"]["most"] == 2


def test_what_stood_on_the_day_for_a_while_counts() -> None:
    """Every message of a live topic counts; the last one does not hide the earlier ones."""
    office = Office()
    for status in ("open", "closing", "closed"):
        office.received.take_live("state/day", {"status": status}, retained=False)
    sight = Sight(type="state/day", data={"status": "closing"})
    assert count(branch(sight), [office.received]) == 1


def test_what_is_still_out_is_a_problem_until_it_comes_back() -> None:
    """A card and a locker that a closed visit owes are problems until they are reconciled."""
    office = Office()
    visit(office, cards_out=2, lockers_out=[2, 3])
    assert things(office.received, "card").owed == ["v", "v"]
    assert len(problems(office.end())) == 2
    for returned in ("card", "locker/2", "locker/3"):
        office.tell("visit.reconciled", visit="v", returned=returned)
    assert things(office.received, "card").owed == ["v"]
    assert things(office.received, "locker").owed == []
    office.tell("visit.reconciled", visit="v", returned="card")
    assert problems(office.end()) == []
    assert things(office.received, "locker").back == 1


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ({"cards_missing": 1}, "cards missing on the pile: 1"),
        ({"lockers_taken": [2]}, "lockers with belongings: 1"),
        ({"doors_open": ["locker 2"]}, "doors that stand open: 1"),
    ],
)
def test_the_lobby_is_held_against_the_records(left: dict[str, Any], words: str) -> None:
    """An item that is still out or open in the lobby is a problem even without a record of it."""
    office = Office()
    visit(office)
    assert problems(office.end(**left)) == [f"kantor/lobi: {words}"]


def test_the_checkpoints_own_count_is_held_against_the_records() -> None:
    """A card that is out by the checkpoint's count, and not by the records, is a problem."""
    office = Office()
    visit(office)
    office.received.live["state/occupancy"] = {"cards_out": 1, "lockers_in_use": 0}
    assert problems(office.end()) == ["kantor/lobi: cards out, by the checkpoint: 1"]


def test_a_visit_without_an_outcome_is_a_problem() -> None:
    """Each opened visit must have one outcome."""
    office = Office()
    visit(office)
    office.tell("visit.opened", visit="w")
    assert problems(office.end(came=2)) == [
        "kantor/lobi: 2 visits were opened, 1 came to an outcome"
    ]


def test_a_guest_without_a_visit_is_a_problem() -> None:
    """Two guests came and one visit was opened: a problem."""
    office = Office()
    visit(office)
    assert problems(office.end(came=2)) == ["kantor/lobi: 2 guests came, 1 visits were opened"]


def test_a_gap_and_a_record_too_few_are_problems() -> None:
    """A sequence number that never came is both a gap and a record that was not delivered."""
    office = Office()
    office.sequence = 0
    visit(office)
    office.sequence += 1
    office.tell("alarm.raised", alarm="fire", visit=None)
    office.tell("alarm.cleared", alarm="fire", visit=None)
    words = problems(office.end())
    assert words == [
        "kantor/lobi: 7 records were written, 6 delivered",
        "kantor/lobi: 1 gaps in the sequence",
    ]


def test_an_alarm_that_stands_is_a_problem() -> None:
    """An alarm that is raised and not cleared is a problem, by the records and by the topic."""
    office = Office()
    visit(office)
    office.tell("alarm.raised", alarm="duress", visit=None)
    office.received.take_live("state/alarm/duress", {"alarm": "duress"}, retained=False)
    assert len(problems(office.end())) == 2
    office.tell("alarm.cleared", alarm="duress", visit=None)
    office.received.take_live("state/alarm/duress", {}, retained=False)
    assert problems(office.end()) == []


def test_medians_and_shares_are_counted_from_the_records() -> None:
    """The median of a step, and the share within the standard time."""
    office = Office()
    for seconds in (60.0, 100.0, 200.0):
        office.step("v", "button", duration_s=seconds, over_s=max(0.0, seconds - 180))
    office.step("v", "button", duration_s=999.0, outcome="declined")
    (times,) = step_times([office.received])
    assert (times.count, times.median_s) == (3, 100.0)
    assert times.within == pytest.approx(2 / 3)


def test_outcomes_and_heads_are_counted() -> None:
    """Visits are counted by procedure and outcome, and with their persons."""
    office = Office()
    visit(office, persons=4)
    visit(office, "w", outcome="declined")
    assert outcomes([office.received]) == {"pimpinan": {"completed": 1, "declined": 1}}
    assert persons([office.received]) == 5


def branch(*seen: Sight) -> Branch:
    """Return a branch that is shown by each of *seen*."""
    return Branch(id="x", part="y", title=Title(id="x", en="x"), seen=seen)


@pytest.mark.parametrize(
    ("sight", "times"),
    [
        (Sight(type="gardu.step.completed.v1"), 2),
        (Sight(type="gardu.visit.*", data={"outcome": "completed"}), 1),
        (Sight(type="*", data={"outcome": "refused"}), 0),
        (Sight(data={"evidence": ["locker-opened", "locker-closed"]}), 1),
        (Sight(data={"evidence": ["locker-closed", "locker-opened"]}), 0),
        (Sight(data={"attempts": {"least": 1}}), 2),
        (Sight(data={"attempts": {"least": 2}}), 0),
        (Sight(data={"cards_out": 0}), 1),
        (Sight(data={"persons": {"least": 1}}), 0),
        (Sight(late_s=5.0), 4),
        (Sight(late_s=5.1), 0),
        (Sight(refused="card/*/unknown"), 3),
        (Sight(data={"stills": {"has": {"purpose": "alarm"}}}), 0),
        (Sight(type="gardu.visit.opened.v1", open_visits=1), 1),
        (Sight(type="gardu.visit.opened.v1", open_visits=2), 0),
        (Sight(type="gardu.visit.opened.v1", open_procedures=2), 0),
        (Sight(type="gardu.visit.closed.v1", after=Before(type="gardu.step.*", same="visit")), 1),
        (Sight(after=Before(type="gardu.step.*", data={"step": "menghadap"})), 0),
        (Sight(type="gardu.visit.opened.v1", after=Before(type="gardu.step.*")), 0),
    ],
)
def test_a_branch_is_seen_in_what_came(sight: Sight, times: int) -> None:
    """Text by pattern, lists in order, least numbers, lateness, refusals, earlier records."""
    office = Office()
    visit(office)
    refusals = {"card/desk/unknown": 3, "card/desk/in use": 1}
    office.received.take_live("health", {"refusals": refusals}, retained=False)
    assert count(branch(sight), [office.received]) == times
