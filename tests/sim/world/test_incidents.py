"""Incidents: what the lobby has caused, as its people see it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sim.scenario import Fault
from sim.stage.keeper import run
from sim.stage.own_time import own_time
from sim.world.door_watch import DoorWatch
from sim.world.incidents import Incidents
from sim.world.lobby import Lobby
from sim.world.world import break_thing
from tests.sim.world.test_contact_twins import STRIKE, config

HELD_S = 30.0


def watch(
    folder: Path,
    act: Callable[[Lobby], Awaitable[None]],
    *,
    awake: bool = True,
    fire: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """Run *act* in a lobby in its own time; return how often it has caused each alarm."""

    async def main() -> dict[str, int]:
        incidents = Incidents()
        async with Lobby(config(), folder, keeper.clock) as lobby:
            DoorWatch(
                "kantor", lobby.doors["kantor"], HELD_S, keeper.clock, incidents,
                awake=lambda: awake, fire=fire,
            )  # fmt: skip
            keeper.begin()
            await act(lobby)
        assert all(one.over() for one in incidents.caused.values())
        return {alarm: one.times for alarm, one in incidents.caused.items()}

    with own_time(0) as keeper:
        return run(keeper, main())


async def force(lobby: Lobby) -> None:
    """Break the door open; it closes by itself."""
    lobby.doors["kantor"].force()
    assert await lobby.doors["kantor"].wait_shut(30)


async def go_through(lobby: Lobby) -> None:
    """Go through after a release."""
    lobby.header[STRIKE].drive(1, lobby.clock.boot_ns())
    assert await lobby.doors["kantor"].go_through(1)
    lobby.header[STRIKE].drive(0, lobby.clock.boot_ns())
    assert await lobby.doors["kantor"].wait_shut(30)


async def wedge(lobby: Lobby) -> None:
    """Wedge the door behind a guest who leaves, for twice the time that it may stand open."""
    door = lobby.doors["kantor"]
    door.wedge()
    await door.go_out()
    await lobby.clock.pause(2 * HELD_S)
    door.wedge(wedged=False)
    assert await door.wait_shut(30)


def test_a_door_without_a_release_is_forced(tmp_path: Path) -> None:
    """Broken open: forced, once each time; opened by the strike: no alarm."""

    async def twice(lobby: Lobby) -> None:
        await force(lobby)
        await go_through(lobby)
        await force(lobby)

    assert watch(tmp_path, twice) == {"door-forced-kantor": 2}


def test_a_wedged_door_is_forced_and_held(tmp_path: Path) -> None:
    """The leaf that stays open behind a guest has no release, and stands open for too long."""
    assert watch(tmp_path, wedge) == {"door-forced-kantor": 1, "door-held-kantor": 1}


def test_a_guest_who_comes_out_holds_no_door(tmp_path: Path) -> None:
    """The handle bridges the contact: it shows no leaf that stands open since the last opening."""

    async def act(lobby: Lobby) -> None:
        opened = asyncio.create_task(go_through(lobby))
        await lobby.clock.pause(HELD_S - 1.0)
        await asyncio.gather(opened, lobby.doors["kantor"].go_out())
        assert await lobby.doors["kantor"].wait_shut(30)

    assert watch(tmp_path, act) == {}


def test_a_checkpoint_that_is_down_sees_no_forced_door(tmp_path: Path) -> None:
    """A door that is found open by the next start is no alarm."""
    assert watch(tmp_path, force, awake=False) == {}


def test_in_a_fire_no_door_is_forced_or_held(tmp_path: Path) -> None:
    """All doors are released; the time of an open one begins again with the end of the fire."""
    assert watch(tmp_path, wedge, fire=lambda: True) == {}


def test_an_input_in_alarm_causes_its_alarm_once(tmp_path: Path) -> None:
    """Raised twice in a row it is one alarm; after its reset it is another."""

    async def act(lobby: Lobby) -> None:
        for do in ("alarm", "alarm", "reset", "alarm", "reset"):
            assert break_thing(lobby, Fault(at_s=0, do=do, input="duress"))
        caused = lobby.incidents.caused["duress"]
        assert (caused.times, caused.over()) == (2, True)

    watch(tmp_path, act)


@pytest.mark.parametrize(
    ("place", "alarm"),
    [
        ("locker/3", "locker-forced-3"),
        ("door/kantor", "door-held-kantor"),
        ("safety/enclosure_tamper", "enclosure-tamper"),
        ("safety/mains", "mains-lost"),
        ("detector/alarm", "metal-detector"),
        ("detector/xray/alarm", "metal-detector-xray"),
    ],
)
def test_a_faulty_contact_makes_its_alarms_possible(place: str, alarm: str) -> None:
    """Each kind of contact allows the alarms that it can raise, and no other."""
    incidents = Incidents()
    assert not incidents.possible(alarm)
    incidents.allow_at(place)
    assert incidents.possible(alarm)
    assert not incidents.possible("fire")
    assert not incidents.possible("locker-forced-1")
