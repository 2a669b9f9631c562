"""A player who takes roles: visits wait for the player's acts, and go on with what was done."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from sim.people.hands import AiphoneAnswer
from sim.people.player import GUEST, Act, role_of
from sim.people.visit import Visit
from tests.sim.people.running import EXPECTED, Run

PROCEDURES = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]
EVERYBODY = frozenset(
    {"security", "reception", "officer-1", "officer-2", "officer-3", "escort", "aide", GUEST}
)
_ANSWERS: dict[str, AiphoneAnswer] = {
    "accept": "accept", "call": "accept", "decline": "decline", "release": "release",
}  # fmt: skip


class Robot:
    """A player who does what is waited for, and notes it.

    :ivar did: the role and event of each act
    """

    def __init__(self, run: Run) -> None:
        self.people = run.people
        self.did: list[tuple[str, str]] = []

    async def play(self) -> None:
        """Do each act that is waited for, until cancelled."""
        while True:
            for one in self.people.player.awaited:
                if one not in self.people.player.awaited:
                    continue  # it was for an act before
                visit, event, _times = one
                self.did.append((role_of(visit, event), event))
                await self.do(visit, event)
            await self.people.clock.pause(1)

    async def do(self, visit: Visit, event: str) -> None:
        """Do *event* for *visit* with the lobby's equipment."""
        people, guest = self.people, visit.guest
        kind, _, word = event.partition(".")
        station = visit.station_of(event)
        acted = people.player.acted
        if kind == "button":
            heard = await people.hands.press_once(station, word, guest.procedure)
            assert heard == "accepted", event
            acted(Act(events=(event,), panel=people.hands.panel_at(station)))
        elif kind == "card":
            card = guest.cards[visit.at.cards if word == "issued" else visit.at.shown]
            assert await people.hands.present(station, card)
            acted(Act(events=("card.issued", "card.presented"), card=card, guest=guest.number))
        elif kind == "locker":
            await people.lobby.lockers[guest.lockers[-1]].close_door()
            acted(Act(events=(event,), guest=guest.number))
        elif kind == "aiphone":
            aiphone = visit.equipment.aiphone_at(visit.at)
            assert aiphone is not None
            await people.lobby.aiphones[aiphone].answer(_ANSWERS[word])
            acted(Act(events=(event,), aiphone=aiphone))
        else:
            detector = people.lobby.detector_at(station)
            assert detector is not None
            await detector.walk_through(metal=word.startswith("alarm"), out=word == "exit")
            acted(Act(events=(event.partition(":")[0],)))


def played(run: Run, roles: frozenset[str]) -> Robot:
    """Let the day of *run* go by with a robot that plays *roles*."""
    robot = Robot(run)

    async def both() -> None:
        run.people.player.take(roles)
        await beside(run.day.live(), robot.play())

    run.play(both)
    return robot


async def beside(day: Coroutine[Any, Any, None], playing: Coroutine[Any, Any, None]) -> None:
    """Let *day* go by; *playing* goes on meanwhile, and its error is that of the test."""
    tasks = [asyncio.create_task(day), asyncio.create_task(playing)]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for task in done:
        task.result()


@pytest.mark.parametrize("procedure", PROCEDURES)
@pytest.mark.parametrize("branch", ["normal", "host-declines", "nothing-to-store"])
def test_a_player_may_be_everybody(procedure: str, branch: str) -> None:
    """With every role played, each guest fares as intended: every act can be played."""
    if procedure in ("jatim", "eselon-4-asn") and branch == "nothing-to-store":
        pytest.skip("in this procedure nothing is stored")
    run = Run([procedure], branch)
    robot = played(run, EVERYBODY)
    assert run.lobby.outcomes() == [EXPECTED[branch]]
    assert len({role for role, _event in robot.did}) >= 2


@pytest.mark.parametrize("role", ["reception", "officer-2", "aide", GUEST])
def test_simulated_people_play_the_others(role: str) -> None:
    """One role played by a person, all others by simulated people: two guests go through."""
    run = Run(["pimpinan"], "normal", "alarm-then-clear")
    robot = played(run, frozenset({role}))
    assert run.lobby.outcomes() == ["completed", "completed"]
    assert {done for done, _event in robot.did} == {role}


def test_roles_can_be_given_back() -> None:
    """After a player has given back all roles, simulated people go on with the visit."""
    run = Run(["pimpinan"], "normal")

    async def leave() -> None:
        run.people.player.take(EVERYBODY)
        day = asyncio.create_task(run.day.live())
        await run.people.clock.pause(300)
        assert [event for _visit, event, _times in run.people.player.awaited] == ["button.arrive"]
        run.people.player.take(frozenset())
        await day

    run.play(leave)
    assert run.lobby.outcomes() == ["completed"]


def test_what_else_the_player_does_is_followed() -> None:
    """The host was to accept, but the player at reception declines: the guest goes home."""
    run = Run(["pimpinan"], "normal")

    async def decline() -> None:
        people = run.people
        people.player.take(frozenset({"reception", "aide"}))
        day = asyncio.create_task(run.day.live())
        robot = Robot(run)
        while not people.player.awaited:
            await people.clock.pause(1)
        await robot.do(*people.player.awaited[0][:2])
        while not people.player.awaited:
            await people.clock.pause(1)
        visit, _event, _times = people.player.awaited[0]
        await robot.do(visit, "button.decline")
        await day

    run.play(decline)
    assert run.lobby.outcomes() == ["declined"]
    assert run.guests[0].account.over == ("declined", "host-declined")
