"""The people of the simulator go through every procedure, on the real SOP core."""

import asyncio
from collections import Counter
from typing import Any, cast

import pytest
from msgspec.structs import replace

from edge.clock import Clock
from edge.config.sections.hosts import Host
from edge.config.sections.panels import Button
from edge.sop.records import (
    DayClosed,
    LockerOpened,
    StepCompleted,
    VisitClosed,
    VisitCorrected,
)
from sim import farewell, hands, people
from sim.day import Day
from sim.guests import Guest, invite
from sim.habits import PLANS, PROCEDURES
from sim.lobby import Lobby
from sim.people import People
from sim.scenario import BRANCHES, Branch, Guests, Scenario, Title
from tests.sim.fake_lobby import FakeLobby, make_config

SPEED = 3000


@pytest.fixture(autouse=True)
def quick_senses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake checkpoint reacts at once: people need no real time to see and hear."""
    monkeypatch.setattr(hands, "_BEEP_REAL_S", 0.02)
    monkeypatch.setattr(hands, "_LOOK_REAL_S", 0.001)
    monkeypatch.setattr(hands, "_MOMENT_REAL_S", 0.001)
    monkeypatch.setattr(hands, "_EMPTY_REAL_S", 0.001)
    monkeypatch.setattr(people, "_GLANCE_REAL_S", 0.001)
    monkeypatch.setattr(people, "_DOOR_REAL_S", 0.01)
    monkeypatch.setattr(people, "_DOOR_SEEN_REAL_S", 0.001)


def scenario(*order: Branch, groups: float = 0.0) -> Scenario:
    """Return a scenario with guests of these branches in turn."""
    return Scenario(title=Title(id="uji", en="test"), guests=Guests(order=order, groups=groups))


class Run:
    """One day on a fake lobby."""

    def __init__(
        self,
        procedures: list[str],
        *order: Branch,
        guests: int | None = None,
        days: bool = False,
        gap_s: float = 200,
        groups: float = 0.0,
    ) -> None:
        clock = Clock.scaled(SPEED)
        self.lobby = FakeLobby(make_config(procedures, days=days), clock)
        plan = scenario(*order, groups=groups)
        self.guests: list[Guest] = invite(plan, procedures, guests or len(order), seed=7)
        self.people = People(cast("Lobby", self.lobby), clock, self.guests)
        self.told: list[dict[str, Any]] = []
        self.day = Day(self.people, gap_s, self.told.append)

    def live(self) -> "Run":
        """Run the whole day."""
        asyncio.run(self.day.live())
        return self

    def steps(self) -> list[tuple[str, str]]:
        """Return step and outcome of every step record, in order."""
        return [
            (record.data.step, record.data.outcome)
            for record in self.lobby.records
            if isinstance(record.data, StepCompleted)
        ]


EXPECTED: dict[Branch, str] = {
    "normal": "completed",
    "host-declines": "declined",
    "host-absent": "declined",
    "no-answer": "declined",
    "rescheduled": "rescheduled",
    "alarm-then-clear": "completed",
    "alarm-twice": "completed",
    "refused": "refused",
    "nothing-to-store": "completed",
    "leaves": "abandoned",
    "answers-late": "completed",
    "too-fast": "completed",
    "unknown-card": "completed",
    "shared-card": "completed",
    "loses-card": "completed",
    "forgets-belongings": "abandoned",
    "overnight": "abandoned",
    "card-in-the-tray": "abandoned",
    "corrects-card": "completed",
    "no-identity": "declined",
    "no-door-release": "completed",  # where there is a door: declined
    "invited": "completed",
    "invited-twice": "completed",
    "on-the-phone": "completed",
    "sent-back": "completed",
    "long-meeting": "completed",
    "stays": "completed",
    "vanishes": "abandoned",
    "reason-1": "declined",
    "reason-2": "declined",
    "reason-3": "declined",
    "reason-4": "rescheduled",
}
AT_A_DOOR: dict[Branch, str] = {**EXPECTED, "no-door-release": "declined"}


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_branch_ends_as_planned(branch: Branch) -> None:
    """One guest of each branch ends in the outcome of that branch."""
    run = Run(["pimpinan"], branch).live()
    assert run.lobby.outcomes() == [EXPECTED[branch]]
    assert not run.lobby.state.visits
    assert not run.lobby.state.cards


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_branch_ends_in_the_second_office(branch: Branch) -> None:
    """The people know the procedure of the second office too."""
    run = Run(["jatim"], branch).live()
    assert run.lobby.outcomes() == [AT_A_DOOR[branch]]
    assert not run.lobby.state.cards


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "eselon-4-asn"])
def test_a_normal_guest_completes_every_step(procedure: str) -> None:
    """A normal guest completes exactly the steps that the people know, in their order."""
    run = Run([procedure], "normal").live()
    known = dict.fromkeys(row.step for row in PROCEDURES[procedure])
    assert run.steps() == [(step, "completed") for step in known]


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "jatim"])
@pytest.mark.parametrize("branch", BRANCHES)
def test_every_branch_of_a_group_ends_as_planned(branch: Branch, procedure: str) -> None:
    """Each person has a card, belongings fill several lockers, and all of it comes back."""
    run = Run([procedure], branch, groups=1.0).live()
    (guest,) = run.guests
    (closed,) = (r.data for r in run.lobby.records if isinstance(r.data, VisitClosed))
    expected = AT_A_DOOR if procedure == "jatim" else EXPECTED
    assert (closed.outcome, closed.persons) == (expected[branch], guest.persons)
    assert not run.lobby.state.cards
    assert all(locker.visit is None for locker in run.lobby.state.lockers.values())
    assert run.people.pile == 12


def test_groups_and_single_guests_share_the_lobby() -> None:
    """With more persons than lockers and cards, groups wait for each other and all end."""
    run = Run(["pimpinan", "eselon-2-3"], "normal", guests=10, groups=0.6).live()
    persons = [guest.persons for guest in run.guests]
    assert sum(persons) > 12 > max(persons) > 1
    assert run.lobby.outcomes() == ["completed"] * 10
    stored = [r.data for r in run.lobby.records if isinstance(r.data, StepCompleted)]
    opened = [step.evidence.count("locker-opened") for step in stored if step.number == 3]
    assert max(opened) > 1
    assert {step.persons for step in stored if step.number > 1} == set(persons)
    assert run.people.pile == 12


def test_an_alarm_leaves_its_evidence() -> None:
    """One alarm and a clear pass show in the record of the screening."""
    run = Run(["pimpinan"], "alarm-then-clear").live()
    steps = [r.data for r in run.lobby.records if isinstance(r.data, StepCompleted)]
    screening = next(step for step in steps if step.step == "pemeriksaan")
    assert screening.evidence == ("aiphone", "alarm", "passage", "passage", "button")
    assert screening.attempts == 2


def test_many_guests_share_lobby_and_officers() -> None:
    """Twelve guests of three procedures and many branches end as planned; every locker is free."""
    run = Run(["pimpinan", "eselon-2-3", "eselon-4-asn"], *BRANCHES, guests=12).live()
    planned = Counter(EXPECTED[guest.branch] for guest in run.guests)
    # Guests of echelon 4 pass no metal detector, so none is refused there.
    spared = sum(g.branch == "refused" and g.procedure == "eselon-4-asn" for g in run.guests)
    planned.update({"refused": -spared, "completed": spared})
    assert Counter(run.lobby.outcomes()) == +planned
    assert not run.lobby.state.visits
    assert all(locker.visit is None for locker in run.lobby.state.lockers.values())


def how_days_ended(run: Run) -> list[tuple[str, int, int]]:
    """Return for each day how it was closed, the cards out, and the items settled."""
    ends = [record.data for record in run.lobby.records if isinstance(record.data, DayClosed)]
    return [(end.how, end.cards_out, end.reconciled) for end in ends]


@pytest.mark.parametrize(
    ("branches", "ends"),
    [
        (("normal",), [("closed", 0, 0)]),
        (("normal", "card-in-the-tray"), [("closed", 0, 2)]),
        (("overnight", "normal"), [("carried-over", 1, 0), ("closed", 0, 0)]),
    ],
)
def test_officers_close_the_day(
    branches: tuple[Branch, ...], ends: list[tuple[str, int, int]]
) -> None:
    """With no item out: one press. A card in a tray is settled; a card at home comes tomorrow."""
    run = Run(["pimpinan"], *branches, days=True).live()
    assert how_days_ended(run) == ends
    assert run.lobby.state.refusals["button/reception/arrive"] == 1  # the guest who came too late
    assert not run.lobby.state.cards
    assert all(locker.visit is None for locker in run.lobby.state.lockers.values())
    assert run.people.pile == 12


def test_a_lost_card_comes_back_through_a_supervisor() -> None:
    """Declared lost, found, refused with an alarm, taken back; the guest got the belongings."""
    run = Run(["pimpinan"], "loses-card").live()
    told = [record.type for record in run.lobby.records]
    assert told.index("gardu.card.lost.v1") < told.index("gardu.alarm.raised.v1")
    assert set(told[-2:]) == {"gardu.visit.reconciled.v1", "gardu.alarm.cleared.v1"}
    assert run.people.pile == 12


def test_a_supervisor_fetches_what_a_lost_card_does_not_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """*leave* was pressed twice: the visit has ended, its card is lost, its locker is full."""
    leave = farewell._give_back_without_card

    async def leave_twice(people: People, guest: Guest, station: str) -> None:
        await people.hands.press(station, "leave")
        await leave(people, guest, station)

    monkeypatch.setattr(farewell, "_give_back_without_card", leave_twice)
    run = Run(["pimpinan"], "loses-card").live()
    opened = [r.data for r in run.lobby.records if isinstance(r.data, LockerOpened)]
    assert [(one.locker, one.who) for one in opened] == [(1, "kepala-bagian")]
    assert all(locker.visit is None for locker in run.lobby.state.lockers.values())
    assert not run.people.taken


def test_the_guest_on_the_telephone_lets_the_next_one_go_first() -> None:
    """After *next* the simulated officer and the core agree on the line: each ends as planned."""
    run = Run(["pimpinan"], "on-the-phone", "normal", "nothing-to-store").live()
    corrections = [r.data for r in run.lobby.records if isinstance(r.data, VisitCorrected)]
    assert [correction.correction for correction in corrections] == ["next"]
    assert run.lobby.outcomes() == ["completed"] * 3
    assert run.lobby.state.opened == 3


def test_a_guest_who_is_sent_back_is_taken_for_nobody_else() -> None:
    """Reception warns security before *back*: no visit is lost or exchanged."""
    run = Run(["jatim"], "sent-back", "normal", guests=10, gap_s=50).live()
    corrections = [r.data for r in run.lobby.records if isinstance(r.data, VisitCorrected)]
    assert [correction.correction for correction in corrections] == ["back"] * 5
    assert run.lobby.outcomes() == ["completed"] * 10


def test_a_jammed_locker_is_given_up_for_another() -> None:
    """A lock that does not open does not stop the guest: officer 2 gives the next locker."""
    run = Run(["pimpinan"], "normal")
    run.lobby.lockers[1].jammed = True
    run.live()
    assert run.lobby.outcomes() == ["completed"]
    assert run.lobby.lockers[2].unlocks == 2
    assert "locker/1" in run.lobby.state.faults


def test_an_officer_shuts_the_doors_that_nobody_stands_at() -> None:
    """A locker that was broken open is closed; one with a guest at it is left alone."""
    run = Run(["pimpinan"], "normal")

    async def round_of_an_officer() -> None:
        for number in (1, 2):
            run.people.taken[number] = number
            run.lobby.lockers[number].door_open = True
        run.people.attended.add(2)
        tidying = asyncio.create_task(run.day.tidy())
        while run.lobby.lockers[1].door_open:
            await asyncio.sleep(0.001)
        tidying.cancel()

    asyncio.run(asyncio.wait_for(round_of_an_officer(), 30))
    assert run.lobby.lockers[2].door_open


def test_power_cuts_do_not_stop_the_day() -> None:
    """Guests wait while the checkpoint sleeps and go on afterwards; every visit ends."""
    run = Run(["pimpinan"], "normal", "alarm-then-clear", "nothing-to-store", guests=4)

    async def day_with_cuts() -> None:
        async def cuts() -> None:
            while True:
                await run.people.clock.pause(170)
                run.lobby.sleep()
                await run.people.clock.pause(20)
                run.lobby.wake()

        cutting = asyncio.create_task(cuts())
        try:
            await run.day.live()
        finally:
            cutting.cancel()
        if not run.lobby.awake:
            run.lobby.wake()
        await run.day.clear_line()

    asyncio.run(day_with_cuts())
    assert len(run.lobby.outcomes()) == run.lobby.state.opened
    assert not run.lobby.state.visits
    assert not run.lobby.state.cards


def test_what_hangs_is_cleared() -> None:
    """A visit of an earlier run is ended, and its card comes back."""
    run = Run(["pimpinan"], "normal")

    async def leave_one_behind() -> None:
        living = asyncio.create_task(run.day.live())
        while not any(locker.visit for locker in run.lobby.state.lockers.values()):
            await asyncio.sleep(0.001)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        assert run.lobby.state.visits
        await run.day.clear_line()

    asyncio.run(leave_one_behind())
    assert not run.lobby.state.visits
    assert not run.lobby.state.cards
    assert all(locker.visit is None for locker in run.lobby.state.lockers.values())


def test_the_same_seed_brings_the_same_guests() -> None:
    """Guests, branches and paces depend on the seed alone."""
    plan = Scenario(
        title=Title(id="uji", en="test"), guests=Guests(weights=dict.fromkeys(BRANCHES, 1.0))
    )
    once, again, other = (invite(plan, ["pimpinan"], 30, seed) for seed in (5, 5, 6))
    assert [g.branch for g in once] == [g.branch for g in again]
    assert [g.chance.random() for g in once] == [g.chance.random() for g in again]
    assert [g.branch for g in once] != [g.branch for g in other]


def test_everybody_has_a_plan() -> None:
    """Each branch that a scenario may name has a plan."""
    assert set(PLANS) == set(BRANCHES)


def test_guests_of_several_hosts_choose_and_each_aide_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One button for the choice; every guest meets the host whom the guest came for."""
    one = make_config(["pimpinan"])
    reception = one.panels["reception"]
    config = replace(
        one,
        aiphone={"adc": replace(one.aiphone["adc"], procedures=[]), "adc-2": one.aiphone["adc"]},
        hosts=[
            Host(id="bupati", title="Bupati", procedures=["pimpinan"], aiphone="adc"),
            Host(id="wakil", title="Wakil Bupati", procedures=["pimpinan"], aiphone="adc-2"),
        ],
        panels={
            **one.panels,
            "reception": replace(
                reception, buttons=[*reception.buttons, Button(pin=2, press="host")]
            ),
        },
    )
    monkeypatch.setattr(f"{__name__}.make_config", lambda *_args, **_more: config)
    run = Run(["pimpinan"], "normal", "host-declines", "answers-late", guests=8).live()
    came_for = {guest.host for guest in run.guests}
    assert came_for == {"bupati", "wakil"}
    closed = [one.data for one in run.lobby.records if isinstance(one.data, VisitClosed)]
    assert Counter(data.host for data in closed) == Counter(guest.host for guest in run.guests)
    outcomes = Counter((data.host, data.outcome) for data in closed)
    expected = Counter((guest.host, EXPECTED[guest.branch]) for guest in run.guests)
    assert outcomes == expected
    rung = {name for name, aiphone in run.lobby.aiphones.items() if aiphone.rings}
    assert rung == {"adc", "adc-2"}
