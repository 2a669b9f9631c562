"""The twins of door, intercom and safety loops, operated as people operate them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import Clock
from edge.config.model import Config
from sim.scenario import Fault
from sim.world.lobby import Lobby
from sim.world.world import break_thing
from tests.sim.wiring import until

STRIKE, CONTACT, FIRE, DURESS, ALARM = 6, 25, 13, 14, 23
SPEED = 40.0


def config(fail: str = "secure") -> Config:
    """Return a checkpoint with a door, two loops and a metal detector."""
    return msgspec.convert(
        {
            "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["jatim"]},
            "cards": {"visitor": ["010063E9AE"]},
            "doors": {
                "kantor": {
                    "procedures": ["jatim"],
                    "strike": {"pin": STRIKE},
                    "fail": fail,
                    "contact": {"pin": CONTACT, "wired": "normally-closed"},
                }
            },
            "safety": {"fire": {"pin": FIRE}, "duress": {"pin": DURESS}},
            "metal_detector": {"alarm": {"pin": ALARM, "wired": "normally-closed"}},
        },
        Config,
    )


def play(folder: Path, act: Callable[[Lobby], Awaitable[None]], **wiring: Any) -> None:
    """Run *act* in such a lobby, with the Pi's pull-ups on."""

    async def run() -> None:
        async with Lobby(config(**wiring), folder, Clock.scaled(SPEED)) as lobby:
            for pin in (CONTACT, FIRE, DURESS, ALARM):
                lobby.header[pin].listen("up", 0)
            await act(lobby)

    asyncio.run(run())


def test_a_locked_door_gives_way_to_nobody(tmp_path: Path) -> None:
    """The strike of a fail-secure door without power does not yield to a push."""

    async def act(lobby: Lobby) -> None:
        door = lobby.doors["kantor"]
        assert not door.released
        assert not await door.go_through(1)
        assert (door.is_open, lobby.header[CONTACT].level) == (False, 0)

    play(tmp_path, act)


def test_a_fail_safe_door_is_locked_by_power(tmp_path: Path) -> None:
    """Its relay locks it; without current the door can be pushed open."""

    async def act(lobby: Lobby) -> None:
        door = lobby.doors["kantor"]
        lobby.header[STRIKE].drive(1, lobby.clock.boot_ns())
        assert not await door.go_through(1)
        lobby.header[STRIKE].listen("floating", lobby.clock.boot_ns())
        assert await door.go_through(1)

    play(tmp_path, act, fail="safe")


def test_a_push_and_a_release_meet_however_short(tmp_path: Path) -> None:
    """A push meets a release of the strike even if both edges come at once."""

    async def act(lobby: Lobby) -> None:
        door = lobby.doors["kantor"]
        going = asyncio.create_task(door.go_through(30))
        await asyncio.sleep(0)
        now = lobby.clock.boot_ns()
        lobby.header[STRIKE].drive(1, now)
        lobby.header[STRIKE].drive(0, now + 1)
        assert await going
        assert lobby.header[CONTACT].level == 1
        assert await door.wait_shut(30)
        await until(lambda: lobby.header[CONTACT].level == 0)
        assert door.releases == 1

    play(tmp_path, act)


def test_the_handle_inside_is_not_seen_and_a_wedge_is(tmp_path: Path) -> None:
    """The handle's switch bridges the contact; a wedge holds the leaf open."""

    async def act(lobby: Lobby) -> None:
        door = lobby.doors["kantor"]
        await door.go_out()
        assert (door.is_open, lobby.header[CONTACT].level) == (True, 0)
        assert await door.wait_shut(30)
        door.wedge()
        door.force()
        assert not await door.wait_shut(4)
        assert lobby.header[CONTACT].level == 1
        door.wedge(wedged=False)
        assert await door.wait_shut(30)

    play(tmp_path, act)


def test_a_guest_who_comes_while_another_leaves_waits_for_the_release(tmp_path: Path) -> None:
    """No guest slips in past a person who comes out: the contact shows each guest who goes in."""

    async def act(lobby: Lobby) -> None:
        door = lobby.doors["kantor"]
        leaving = asyncio.create_task(door.go_out())
        await asyncio.sleep(0)
        coming = asyncio.create_task(door.go_through(60))
        await leaving
        await door.wait_shut(30)
        assert (coming.done(), lobby.header[CONTACT].level) == (False, 0)
        lobby.header[STRIKE].drive(1, lobby.clock.boot_ns())
        await until(lambda: lobby.header[CONTACT].level == 1)
        assert await coming

    play(tmp_path, act)


def test_a_leaf_that_does_not_close_behind_is_seen(tmp_path: Path) -> None:
    """The handle's bridge lasts only a moment: a wedged door is then reported open."""

    async def act(lobby: Lobby) -> None:
        door = lobby.doors["kantor"]
        door.wedge()
        await door.go_out()
        assert (door.is_open, lobby.header[CONTACT].level) == (True, 1)
        door.wedge(wedged=False)
        assert await door.wait_shut(30)
        await until(lambda: lobby.header[CONTACT].level == 0)

    play(tmp_path, act)


def test_loops_open_for_an_alarm_and_stay_so(tmp_path: Path) -> None:
    """A duress loop stays open until it is reset with its key."""

    async def act(lobby: Lobby) -> None:
        assert lobby.safety is not None
        lobby.safety.raise_alarm("duress")
        assert (lobby.header[DURESS].level, lobby.header[FIRE].level) == (1, 0)
        assert lobby.snapshot()["alarms"] == ["duress"]
        lobby.safety.reset("duress")
        assert lobby.snapshot()["alarms"] == []
        with pytest.raises(LookupError, match="mains"):
            lobby.safety.raise_alarm("mains")

    play(tmp_path, act)


def test_scenarios_break_what_is_there_and_nothing_else(tmp_path: Path) -> None:
    """A scenario fits every checkpoint; a fault of missing equipment is left out."""

    async def act(lobby: Lobby) -> None:
        def does(do: Any, **what: str | int) -> bool:
            return break_thing(lobby, Fault(at_s=0, do=do, **what))  # type: ignore[arg-type]

        assert does("alarm", input="fire")
        assert lobby.header[FIRE].level == 1
        assert does("reset", input="fire")
        assert lobby.header[FIRE].level == 0
        assert does("cut-detector")
        assert lobby.header[ALARM].level == 1
        assert does("mend-detector")
        assert does("wedge-door", door="kantor")
        assert does("force-door", door="kantor")
        assert lobby.doors["kantor"].is_open
        assert does("free-door", door="kantor")
        assert not does("loosen-locker", locker=1)
        assert not does("alarm", input="battery")
        assert not does("force-door", door="other")
        assert not does("camera-off", camera="desk")

    play(tmp_path, act)


def test_a_loose_contact_opens_and_closes_until_it_is_tightened(tmp_path: Path) -> None:
    """The contact of a shut door chatters by itself; tightened, it is as the door is."""

    async def act(lobby: Lobby) -> None:
        seen: list[int] = []
        lobby.header[CONTACT].watchers.append(lambda level, _at: seen.append(level))
        assert break_thing(lobby, Fault(at_s=0, do="loosen-door", door="kantor"))
        await until(lambda: len(seen) > 5)
        assert seen[:4] == [1, 0, 1, 0]
        assert break_thing(lobby, Fault(at_s=0, do="tighten-door", door="kantor"))
        assert lobby.header[CONTACT].level == 0

    play(tmp_path, act)
