"""The verdict: records against the intention, the guest's own course, and the law's table."""

import random
from typing import Any

import pytest

from sim.people.course import Trace
from sim.people.guests import Guest
from sim.people.intention import of
from sim.stage.law import Law
from sim.stage.received import Received
from sim.stage.verdict import Finding, verdict

ACTOR = ("Penerima tamu", "reception")
LAW = Law.parse(
    """
    source = "uji"
    [stations]
    "Penerima tamu" = "reception"
    [[rows]]
    number = 1
    actor = "Penerima tamu"
    activity = "a"
    standard_s = 60
    demands = ["card-given"]
    [[rows]]
    number = 2
    actor = "Penerima tamu"
    activity = "b"
    demands = ["each-person-screened"]
    """
)


def step(name: str, number: int, *evidence: str, **changes: Any) -> dict[str, Any]:
    """Return the data of a step's record."""
    data = {
        "visit": "v1", "procedure": "uji", "step": name, "number": number, "outcome": "completed",
        "reason": None, "evidence": list(evidence), "passed": None, "persons": 1,
        "role": "Penerima tamu", "station": "reception", "standard_s": 60.0, "duration_s": 30.0,
        "over_s": 0.0, "extended_s": 0.0, "uncertainty_s": 0.0,
    }  # fmt: skip
    return data | changes


def find(
    steps: list[dict[str, Any]],
    branch: str = "normal",
    end: tuple[str, str | None] = ("completed", None),
    closed: dict[str, Any] | None = None,
    before: tuple[tuple[str, dict[str, Any]], ...] = (),
    others: tuple[tuple[str, dict[str, Any]], ...] = (),
    **account: Any,
) -> Finding:
    """Return the verdict on one guest whose own course had two steps."""
    received = Received()
    data = {"visit": "v1", "procedure": "uji", "outcome": end[0], "reason": end[1]}
    records = [
        ("gardu.visit.opened.v1", {"visit": "v1", "procedure": "uji"}),
        *before,
        *(("gardu.step.completed.v1", one) for one in steps),
        ("gardu.visit.closed.v1", {**data, "duration_s": 1.0, **(closed or {})}),
        *others,
    ]
    for sequence, (kind, about) in enumerate(records, start=1):
        received.take(
            {"type": kind, "time": "", "data": about, "sequence": sequence, "streamid": "s"}
        )
    chance = random.Random(1)
    guest = Guest(1, "uji", branch, of(branch)[0], chance, state="gone")
    guest.account.opened = 1
    guest.account.over = ("completed", None)
    guest.account.trail = (
        Trace("satu", "completed", None, ("card.issued", "button.done"), 1, *ACTOR),
        Trace("dua", "completed", None, ("detector.passage",), 2, *ACTOR),
    )
    for key, value in account.items():
        setattr(guest.account, key, value)
    return verdict([guest], received, {"uji": LAW}, speed=60)[0]


LONG = {"duration_s": 100.0, "over_s": 40.0}


def overdue(name: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return the record that the step *name* is overdue."""
    return (("gardu.step.overdue.v1", {"visit": "v1", "procedure": "uji", "step": name}),)


GOOD = [step("satu", 1, "card", "button"), step("dua", 2, "passage", passed=1)]


def test_a_visit_as_intended_has_no_difference() -> None:
    """Records that agree with intention, course and law are ok."""
    assert find(GOOD).ok


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (lambda: find(GOOD, end=("abandoned", "guest-left")), "outcome is abandoned (guest-left)"),
        (lambda: find(GOOD, branch="host-declines"), "intended declined"),
        (lambda: find(GOOD[:1]), "1 steps are recorded, expected 2"),
        (
            lambda: find([GOOD[0], step("dua", 2, passed=1)]),
            "evidence is none; the guest gave passage",
        ),
        (
            lambda: find([step("satu", 1, "card", "alarm"), GOOD[1]]),
            "evidence is card, alarm; the guest gave card, button",
        ),
        (lambda: find(GOOD, closed={"cards_out": 1}), "1 cards are owed, expected 0"),
        (lambda: find(GOOD, closed={"lockers_out": [3]}), "lockers [3] are owed, expected []"),
        (lambda: find(GOOD, opened=2), "no record of a visit"),
        (lambda: find(GOOD, gave_up=("dua", "x", "button.done")), "gave up at dua/x"),
        (
            lambda: find([GOOD[0], step("dua", 2, "passage", passed=0)]),
            "shows no each-person-screened",
        ),
        (lambda: find([step("satu", 2, "card", "button"), GOOD[1]]), "number is 2, expected 1"),
        (lambda: find([GOOD[0] | {"role": "Petugas"}, GOOD[1]]), "role is Petugas, expected Pen"),
        (lambda: find([GOOD[0] | {"station": "x"}, GOOD[1]]), "station is x, expected reception"),
        (lambda: find([GOOD[0] | {"standard_s": 9.0}, GOOD[1]]), "the standard time 9.0 s, the"),
        (lambda: find(GOOD, closed={"persons": 2}), "2 persons are recorded, 1 came"),
        (lambda: find(GOOD, cards_lost=1), "0 cards were declared lost, expected 1"),
        (lambda: find(GOOD, corrections=["back"]), "corrections are none, expected back"),
        (lambda: find(GOOD, took=(30.0, 90.0)), "step 2, dua: took 30 s by the record, 90 s by"),
        (lambda: find([GOOD[0] | {"over_s": 9.0}, GOOD[1]]), "is over by 9.0 s, expected 0.000"),
        (lambda: find([GOOD[0] | LONG, GOOD[1]]), "took 100 s, and is not recorded as overdue"),
        (lambda: find(GOOD, before=overdue("satu")), "recorded as overdue, but took 30 s"),
        (lambda: find(GOOD, before=overdue("dua")), "step satu: overdue is recorded for dua"),
    ],
)
def test_the_first_difference_is_told(found: Any, words: str) -> None:
    """Each kind of difference is found, and told in words with the guest."""
    finding = found()
    assert words in finding.difference
    assert finding.words.startswith("guest 1 (uji, ")


def test_a_note_explains_another_end() -> None:
    """A guest kept from the intention by the lobby is judged by the own course only."""
    assert find(GOOD, branch="host-declines", notes=["the host does not receive guests"]).ok


def test_a_supervisor_opens_the_locker_of_the_visit() -> None:
    """A locker that was opened for a visit is one that its guest had."""
    opened = ("gardu.locker.opened.v1", {"visit": "v1", "locker": 2})
    assert find(GOOD, others=(opened,), lockers=[2]).ok
    words = find(GOOD, others=(opened,), lockers=[3]).difference
    assert words == "a supervisor opened locker 2, the guest had [3]"


def law_finds(*steps: dict[str, Any], own: tuple[str, str] | None = None) -> list[str]:
    """Return the differences of *steps* from the law."""
    return list(LAW.differences(list(steps), None, own))


def test_the_rows_of_the_law_come_in_their_order() -> None:
    """A step of an earlier row after one of a later row is told."""
    words = "row 1 of the law came after row 2"
    assert words in law_finds(GOOD[1], GOOD[0])
    assert law_finds(*GOOD) == []


def test_the_actor_of_the_law_acts_at_the_station_of_the_law() -> None:
    """Another actor is told, and so is another station; a host's own station is none."""
    other = GOOD[0] | {"role": "Petugas 1"}
    words = "was carried out by Petugas 1, the law says Penerima tamu"
    assert law_finds(other) == [f"step satu (row 1 of the law) {words}"]
    moved = GOOD[0] | {"station": "lobby-2"}
    words = "was at station lobby-2, Penerima tamu acts at reception"
    assert law_finds(moved) == [f"step satu (row 1 of the law) {words}"]
    assert law_finds(moved, own=("reception", "lobby-2")) == []


def test_a_step_over_its_time_is_ok_if_it_is_recorded_as_overdue() -> None:
    """A slow officer is no fault of the checkpoint."""
    assert find([GOOD[0] | LONG, GOOD[1]], before=overdue("satu"), took=(90.0, 30.0)).ok


def test_a_time_that_is_not_known_is_not_compared() -> None:
    """A crash makes a duration a minimum, and people do not notice each timer when it ends."""
    unsure = GOOD[0] | {"duration_s": 10.0, "uncertainty_s": None}
    assert find([unsure, GOOD[1]], took=(90.0, None)).ok


def test_a_machine_that_is_too_slow_is_named_as_the_cause() -> None:
    """At a high speed a loaded machine makes aides late: that is no fault of the checkpoint."""
    words = find(GOOD, branch="host-declines", late_s=9.0).difference
    assert words.startswith("the machine was too slow for speed 60, by up to 9 s of the day: use")
    assert "intended declined" in words
    assert find(GOOD, late_s=9.0).ok
