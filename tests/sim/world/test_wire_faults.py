"""Faults of wires in the lobby: chatter, lost edges, crosstalk, an adapter with another number."""

import asyncio
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gpiozero import InputDevice

from edge.clock import Clock
from edge.config.sections.lockers import GpioLockers
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.plausibility import Level
from sim.pins import SimFactory
from sim.scenario import Fault
from sim.world.lobby import Lobby
from sim.world.wire_faults import carry_out, find_contact
from tests.sim.wiring import ACCEPT, ALARM, CONFIG, DONE, DOOR, PASSAGE, in_lobby, until

# Contacts of the lobby by the words of a scenario, and the pins that they are wired to.
CONTACTS = {
    "button/reception/done": DONE,
    "locker/1": DOOR,
    "aiphone/adc/accept": ACCEPT,
    "detector/alarm": ALARM,
    "detector/passage": PASSAGE,
}
MISSING = [
    "button/reception/refuse", "button/officer-1/done", "door/kantor", "locker/9",
    "aiphone/adc/busy", "aiphone/x/accept", "detector/tamper", "detector/lobby/alarm",
    "safety/fire",
]  # fmt: skip


def watched(lobby: Lobby, pin: int) -> list[tuple[int, int]]:
    """Claim *pin* as a daemon does; return a list that grows by each change: level, moment."""
    seen: list[tuple[int, int]] = []
    lobby.header[pin].listen("up", lobby.clock.boot_ns())
    lobby.header[pin].watchers.append(lambda level, at: seen.append((level, at)))
    return seen


async def played(lobby: Lobby, do: Any, **what: Any) -> list[str]:
    """Carry out a fault to its end; return what was said of it."""
    said: list[str] = []
    await carry_out(lobby, Fault(at_s=0, do=do, **what), lambda event: said.append(event["do"]))
    return said


def test_contacts_are_found_by_their_names(tmp_path: Path) -> None:
    """Each kind of contact is the one on its pin; one that is missing is named."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock.scaled(20.0)) as lobby:
            for place, pin in CONTACTS.items():
                seen = watched(lobby, pin)
                find_contact(lobby, place).flip(lobby.clock.boot_ns(), rests=False)
                assert len(seen) == 1, place
            for place in MISSING:
                with pytest.raises(LookupError, match=place):
                    find_contact(lobby, place)

    asyncio.run(run())


@pytest.mark.parametrize(("hz", "edges"), [(2, 8), (20, 80)])
def test_chatter_has_its_rate_and_ends_at_rest(tmp_path: Path, hz: float, edges: int) -> None:
    """The moments of the edges are half a period apart at any load; the contact works again."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock.scaled(60.0)) as lobby:
            seen = watched(lobby, DOOR)
            said = await played(lobby, "chatter", contact="locker/1", hz=hz, for_s=2.0)
            assert {later - at for (_, at), (_, later) in pairwise(seen)} == {int(5e8 / hz)}
            assert len(seen) == edges
            assert [words.split(":")[0] for words in said] == [
                "chatter of locker/1",
                "chatter of locker/1 is over",
            ]
            lobby.lockers[1].force_open()
            assert seen[edges][0] == 1

    asyncio.run(run())


def test_chatter_that_is_cut_short_leaves_a_working_contact(tmp_path: Path) -> None:
    """When the day ends in the middle of it, the contact is where its door is."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock.scaled(60.0)) as lobby:
            seen = watched(lobby, DOOR)
            task = asyncio.create_task(
                played(lobby, "chatter", contact="locker/1", hz=5, for_s=3600)
            )
            await until(lambda: len(seen) % 2 == 1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert lobby.header[DOOR].level == 0
            assert find_contact(lobby, "locker/1").fault is None

    asyncio.run(run())


def test_a_lost_edge_shows_only_in_a_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon's reading has the new level, its callback does not come; the next edge is told."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        told: list[int] = []
        button = await asyncio.to_thread(InputDevice, DONE, pull_up=True, pin_factory=factory)
        button.pin.bounce = 0.02

        def changed(_ticks: float, state: float) -> None:
            told.append(int(state))

        button.pin.when_changed = changed
        switch = find_contact(lobby, "button/reception/done")
        said = await played(lobby, "lost-edge", contact="button/reception/done")
        assert said == ["lost-edge at button/reception/done: its next change is not told"]
        switch.set(True)
        await until(lambda: button.pin.state == 0)
        assert told == []
        switch.set(False)
        await until(lambda: told == [1])
        switch.set(True)
        await until(lambda: told == [1, 0])
        button.close()

    in_lobby(tmp_path, monkeypatch, act)


def test_a_lost_edge_counts_from_the_next_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A door that opened without an edge is open for the daemon's driver once it has read it."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        levels: list[Level] = []
        config = CONFIG.lockers
        assert isinstance(config, GpioLockers)
        channels = PinChannels(factory, lobby.clock)
        contact = WiredContact(config.locker[0].door, channels, lobby.clock, levels.append)
        await asyncio.to_thread(contact.open)
        await played(lobby, "lost-edge", contact="locker/1")
        lobby.lockers[1].force_open()
        await until(lambda: factory.pin(DOOR).state)
        await asyncio.to_thread(contact.reconcile)
        await asyncio.to_thread(contact.reconcile)
        assert [(level.active, level.missed) for level in levels] == [(False, False), (True, True)]
        await lobby.lockers[1].close_door()
        await until(lambda: not contact.active)
        assert [level.active for level in levels] == [False, True, False]
        contact.close()

    in_lobby(tmp_path, monkeypatch, act)


def test_crosstalk_follows_each_use(tmp_path: Path) -> None:
    """Each press gives the neighbour a pulse of the given length; none comes afterwards."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock.scaled(20.0)) as lobby:
            seen = watched(lobby, ACCEPT)
            fault: dict[str, Any] = {
                "contact": "button/reception/done",
                "into": "aiphone/adc/accept",
                "for_s": 20.0,
            }
            task = asyncio.create_task(played(lobby, "crosstalk", **fault))
            done = find_contact(lobby, "button/reception/done")
            await until(lambda: bool(done.moved))
            for times in (1, 2):
                await lobby.panels["reception"].press("done")
                await until(lambda times=times: len(seen) == 2 * times)  # type: ignore[misc]
            said = await task
            assert [level for level, _ in seen] == [0, 1, 0, 1]
            assert {seen[n + 1][1] - seen[n][1] for n in (0, 2)} == {40_000_000}
            assert said[-1].endswith("is over: 2 pulses")
            await lobby.panels["reception"].press("done")
            assert len(seen) == 4

    asyncio.run(run())


def test_an_adapter_comes_back_under_another_number(tmp_path: Path) -> None:
    """A process that has the old device open gets an error; the link leads to a new device."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock.scaled(60.0)) as lobby:
            port = lobby.reader_ports["desk"]
            old = port.path.readlink()
            before = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
            said = await played(lobby, "renumber", adapter="reader/desk")
            with pytest.raises(OSError, match="Input/output"):
                os.write(before, b"x")
            os.close(before)
            new = port.path.readlink()
            assert new != old
            assert said == [
                f"renumber of reader/desk: {old} is gone",
                f"renumber of reader/desk: it is back as {new}",
            ]

    asyncio.run(run())


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "chatter", "contact": "door/kantor", "hz": 2, "for_s": 1},
        {"do": "lost-edge", "contact": "safety/fire"},
        {"do": "crosstalk", "contact": "door/kantor", "into": "locker/1", "for_s": 1},
        {"do": "renumber", "adapter": "scanner/desk"},
    ],
)
def test_faults_of_missing_equipment_are_left_out(tmp_path: Path, fault: dict[str, Any]) -> None:
    """A scenario fits every checkpoint: the run goes on, and the log has the reason."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock.scaled(60.0)) as lobby:
            (said,) = await played(lobby, **fault)
            assert said.startswith(f"{fault['do']} is left out: there is no ")

    asyncio.run(run())
