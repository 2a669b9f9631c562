"""The people of the simulator go through every procedure, on the real SOP core."""

import asyncio
from collections import Counter

import pytest
from msgspec.structs import replace

from edge.config.sections.hosts import Host
from edge.config.sections.panels import Button
from edge.sop import events
from edge.sop.records import (
    DayClosed,
    StepCompleted,
    VisitClosed,
    VisitCorrected,
    VisitOpened,
)
from sim.people.guests import invite
from sim.people.intention import of
from sim.people.visit import Visit
from sim.people.way import Deed
from sim.scenario import BRANCHES, Branch, Guests, Scenario, Title
from tests.sim.fake_lobby import make_config
from tests.sim.people.running import AT_A_DOOR, EXPECTED, Run
from tests.sim.people.texts import text


@pytest.mark.parametrize("branch", EXPECTED)
def test_every_branch_ends_as_planned(branch: Branch) -> None:
    """One guest of each branch ends in the outcome of that branch."""
    run = Run(["pimpinan"], branch).live()
    assert run.lobby.outcomes() == [EXPECTED[branch]]
    assert not run.lobby.state.visits
    assert not run.lobby.state.cards


@pytest.mark.parametrize("branch", EXPECTED)
def test_every_branch_ends_in_the_second_office(branch: Branch) -> None:
    """The people know the procedure of the second office too."""
    run = Run(["jatim"], branch).live()
    assert run.lobby.outcomes() == [AT_A_DOOR[branch]]
    assert not run.lobby.state.cards


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "eselon-4-asn"])
def test_a_normal_guest_completes_every_step(procedure: str) -> None:
    """A normal guest completes exactly the steps that the people know, in their order."""
    run = Run([procedure], "normal").live()
    known = dict.fromkeys(step.id for step in text(procedure).steps)
    assert run.steps() == [(step, "completed") for step in known]


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "jatim"])
@pytest.mark.parametrize("branch", EXPECTED)
def test_every_branch_of_a_group_ends_as_planned(branch: Branch, procedure: str) -> None:
    """Each person has a card, belongings fill several lockers, and all of it comes back."""
    run = Run([procedure], branch, groups=1.0).live()
    (guest,) = run.guests
    (closed,) = (r.data for r in run.lobby.records if isinstance(r.data, VisitClosed))
    expected = AT_A_DOOR if procedure == "jatim" else EXPECTED
    assert (closed.outcome, closed.persons) == (expected[branch], guest.persons)
    assert not run.lobby.state.cards
    assert all(locker.visit is None for locker in run.lobby.state.lockers.values())
    assert run.people.missing == 0


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
    assert run.people.missing == 0


def test_an_alarm_leaves_its_evidence() -> None:
    """One alarm and a clear pass show in the record of the screening."""
    run = Run(["pimpinan"], "alarm-then-clear").live()
    steps = [r.data for r in run.lobby.records if isinstance(r.data, StepCompleted)]
    screening = next(step for step in steps if step.step == "pemeriksaan")
    assert screening.evidence == ("aiphone", "alarm", "passage", "passage", "button")
    assert screening.attempts == 2


def test_many_guests_share_lobby_and_officers() -> None:
    """Twelve guests of three procedures and many branches end as planned; every locker is free."""
    run = Run(["pimpinan", "eselon-2-3", "eselon-4-asn"], *EXPECTED, guests=12).live()
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
    assert run.people.missing == 0


def test_a_lost_card_comes_back_through_a_supervisor() -> None:
    """Declared lost, found, refused with an alarm, taken back; the guest got the belongings."""
    run = Run(["pimpinan"], "loses-card").live()
    told = [record.type for record in run.lobby.records]
    assert told.index("gardu.card.lost.v1") < told.index("gardu.alarm.raised.v1")
    assert set(told[-2:]) == {"gardu.visit.reconciled.v1", "gardu.alarm.cleared.v1"}
    assert run.people.missing == 0


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


@pytest.mark.parametrize(
    "order", [("stays", "stays"), ("vanishes", "stays"), ("stays", "vanishes", "stays", "normal")]
)
def test_guests_who_stay_with_the_host_are_taken_for_none_other(order: tuple[Branch, ...]) -> None:
    """The panel does not say about whom it asks: the officers answer for one after the other."""
    run = Run(["jatim"], *order, gap_s=60).live()
    ends = {r.data.visit: r.data for r in run.lobby.records if isinstance(r.data, VisitClosed)}
    opened = [r.data.visit for r in run.lobby.records if isinstance(r.data, VisitOpened)]
    recorded = [(ends[visit].outcome, ends[visit].reason) for visit in opened]
    by_opening = sorted(run.guests, key=lambda guest: guest.account.opened)
    assert recorded == [guest.account.over for guest in by_opening]
    assert run.lobby.outcomes().count("abandoned") == order.count("vanishes")
    assert not run.lobby.state.visits


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
            run.lobby.lockers[number].force_open()
        run.people.attended.add(2)
        tidying = asyncio.create_task(run.day.tidy())
        while run.lobby.lockers[1].door_open:
            await run.people.clock.pause(1)
        tidying.cancel()

    run.play(round_of_an_officer)
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

    run.play(day_with_cuts)
    assert len(run.lobby.outcomes()) == run.lobby.state.opened
    assert not run.lobby.state.visits
    assert not run.lobby.state.cards


def test_what_hangs_is_cleared() -> None:
    """A visit of an earlier run is ended, and its card comes back."""
    run = Run(["pimpinan"], "normal")

    async def leave_one_behind() -> None:
        living = asyncio.create_task(run.day.live())
        while not any(locker.visit for locker in run.lobby.state.lockers.values()):
            await run.people.clock.pause(1)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        assert run.lobby.state.visits
        await run.day.clear_line()

    run.play(leave_one_behind)
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
    assert all(of(branch) for branch in BRANCHES)


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
    monkeypatch.setattr("tests.sim.people.running.make_config", lambda *_args, **_more: config)
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


def test_guests_walk_on_after_a_shut_door_is_detected() -> None:
    """With a lock board that is asked every two seconds no deed comes too early."""
    run = Run(["pimpinan"], "normal", "alarm-then-clear")
    for locker in run.lobby.lockers.values():
        locker.poll_s = 2.0
    run.live()
    assert run.lobby.outcomes() == ["completed"] * 2
    assert run.lobby.state.refusals == {}


def test_a_missed_call_is_made_again() -> None:
    """The walk is repeated first, then the aide's call: a deed before the last was missed."""
    run = Run(["pimpinan"], "normal")
    run.lobby.aiphones["adc"].missed = {2}
    run.live()
    assert run.lobby.outcomes() == ["completed"]
    assert run.guests[0].account.notes == []


def test_answers_late_is_called_again() -> None:
    """The second call is accepted: the step's record shows two attempts."""
    run = Run(["pimpinan"], "answers-late").live()
    steps = [r.data for r in run.lobby.records if isinstance(r.data, StepCompleted)]
    assert steps[0].attempts == 2


def test_at_a_door_that_fire_has_released_guests_wait_for_the_aide() -> None:
    """The aide's release comes before the guest goes in: the checkpoint knows whose door it is."""
    run = Run(["jatim"], "normal")
    run.lobby.doors["jatim"].strike.set()
    run.live()
    assert run.lobby.outcomes() == ["completed"]
    assert run.lobby.state.refusals == {}


def test_who_waits_for_a_turn_holds_no_telephone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A telephone without a ringing call is free for others, also once the host is away."""
    run = Run(["pimpinan"], "normal", guests=2)
    held: list[str] = []
    take_turn = Visit._take_turn

    async def taking(self: Visit, deed: Deed) -> bool:
        if self.phones.held and not self.at.present(self.text).rings:
            held.append(f"{self.step_id}/{self.at.phase}")
        return await take_turn(self, deed)

    async def day_with_an_absent_host() -> None:
        now = run.people.clock.now()
        run.lobby.post(events.AvailabilitySet(now, host="pimpinan", receiving=False))
        await run.day.live()

    monkeypatch.setattr(Visit, "_take_turn", taking)
    run.play(day_with_an_absent_host)
    assert all("the host does not receive guests" in one.account.notes for one in run.guests)
    assert run.lobby.outcomes() == ["declined", "declined"]
    assert held == []


def test_who_waits_in_silence_learns_that_the_host_is_away() -> None:
    """A guest whom no aide is to answer hears no ring: the reason is the office's, not silence."""
    run = Run(["pimpinan"], "no-answer")
    run.people.announced["pimpinan"] = "dinas-luar"

    async def day_with_an_absent_host() -> None:
        now = run.people.clock.now()
        run.lobby.post(events.AvailabilitySet(now, host="pimpinan", receiving=False))
        await run.day.live()

    run.play(day_with_an_absent_host)
    assert run.lobby.outcomes() == ["declined"]
    assert "the host does not receive guests" in run.guests[0].account.notes


def test_at_a_door_that_stands_open_the_escort_vouches_for_the_guest() -> None:
    """The checkpoint detects no opening of a wedged door; the visit goes on by the button."""
    run = Run(["jatim"], "normal")
    run.lobby.doors["jatim"].stands_open = True
    run.live()
    steps = [r.data for r in run.lobby.records if isinstance(r.data, StepCompleted)]
    assert [step.evidence for step in steps if step.station == "escort"] == [
        ("door-release", "button")
    ]
    assert run.lobby.outcomes() == ["completed"]
    assert run.lobby.state.refusals == {}
