"""The world process: the lobby of one checkpoint and its people (``python -m sim.world PLAN``).

It writes events to stdout and reads orders from stdin, as JSON lines. From the daemon it learns
only what the lobby shows.

Out: ``ready`` (the lobby is set up; with the settings of its cameras and the
addresses of its buses in the network), ``started`` (a daemon is
awake), ``snapshot`` (about 4 a second), ``arrived``, ``left``, ``gave-up``, ``fault``, ``done``
(all guests have left; with the list of things still out). In: ``{"do": "clear"}`` (end hanging
visits, then send ``done`` again), ``{"do": "stop"}``; the end of stdin is a stop too.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Clock
from edge.config.loading import load_config
from sim.day import Day
from sim.gestures import GESTURES
from sim.guests import Arrival, Guest, expect, invite
from sim.lobby import CAMERA_PASSWORD, Lobby
from sim.people import People
from sim.scenario import Fault, Scenario
from sim.twins.camera import USERNAME
from sim.twins.locker import LockerTwin
from sim.twins.modbus import RelayLockerTwin
from sim.twins.wiring import Switch

_SNAPSHOT_REAL_S = 0.25
_NOISE_BYTES = 40


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The stage's orders for the world.

    :ivar config: path of the checkpoint's config file
    :ivar folder: folder of the pin socket, the links to the ports and the cameras' password
    :ivar arrivals: each guest's arrival; empty: *guests* of *procedures*, as the scenario defines
    :ivar opens_ms: when the doors open at the earliest, milliseconds since 1970 UTC
    :ivar outputs_persist: outputs of a killed daemon stay driven until they are claimed again
    :ivar resumed: an earlier run left a database, perhaps with open visits that have no guest now
    """

    config: str
    folder: str
    scenario: Scenario
    procedures: list[str]
    guests: int
    seed: int
    arrivals: list[Arrival] = []
    opens_ms: int = 0
    resumed: bool = False
    first_guest_opens: bool = False
    outputs_persist: bool = False


def tell(what: dict[str, Any]) -> None:
    """Write one event for the stage: a JSON line on stdout."""
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


async def run(plan: Plan) -> None:
    """Run the world until the order to stop."""
    clock = Clock.from_environment()
    config = load_config(Path(plan.config), elsewhere=True)
    guests = (
        expect(plan.arrivals, plan.seed)
        if plan.arrivals
        else invite(plan.scenario, plan.procedures, plan.guests, plan.seed)
    )
    folder = Path(plan.folder)
    lobby = Lobby(config, folder, clock, plan.seed, outputs_persist=plan.outputs_persist)
    async with lobby:
        tell({"event": "ready", "cameras": _cameras(lobby, plan.folder), "hosts": lobby.hosts})
        day = Day(
            People(lobby, clock, guests),
            plan.scenario.guests.gap_s,
            tell,
            first_guest_opens=plan.first_guest_opens,
        )
        obeying = asyncio.create_task(_obey(day))
        pending = {
            obeying,
            asyncio.create_task(_live(day, lobby, plan)),
            asyncio.create_task(_show(lobby, guests, clock)),
        }
        try:
            while obeying in pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)


async def _live(day: Day, lobby: Lobby, plan: Plan) -> None:
    """Wait for a daemon and for the opening time, then run the day."""
    await lobby.wait_awake()
    if plan.resumed:
        await day.clear_line()
    await lobby.clock.pause(max(0.0, (plan.opens_ms - lobby.clock.wall_ms()) / 1000))
    tell({"event": "started"})
    faults = asyncio.create_task(_break_things(day.people, plan.scenario.fault))
    try:
        await day.live()
    finally:
        faults.cancel()
    tell({"event": "done", **left(day)})


def left(day: Day) -> dict[str, Any]:
    """Return what is visible once all guests have left: things that are still out or open.

    Also how many guests came, and for which hosts.
    """
    people = day.people
    return {
        "came": sum(guest.state != "expected" for guest in people.guests),
        "hosts": Counter(guest.host for guest in people.guests if guest.state != "expected"),
        "cards_missing": len(people.lobby.config.cards.visitor) - people.pile,
        "lockers_taken": sorted(people.taken),
        "doors_open": [
            *(f"locker {number}" for number, one in people.lobby.lockers.items() if one.door_open),
            *(name for name, door in people.lobby.doors.items() if door.is_open),
        ],
    }


async def _break_things(people: People, faults: tuple[Fault, ...]) -> None:
    """Carry out the scenario's faults; skip those of equipment that this lobby does not have.

    An officer's gesture runs beside the others: the next fault does not wait for it.
    """
    opened_ns = people.clock.boot_ns()
    async with asyncio.TaskGroup() as doing:
        for fault in sorted(faults, key=lambda fault: fault.at_s):
            gone_s = (people.clock.boot_ns() - opened_ns) / 1e9
            await people.clock.pause(max(0.0, fault.at_s - gone_s))
            if fault.do in GESTURES:
                doing.create_task(GESTURES[fault.do](people, fault))
                tell({"event": "fault", "do": f"{fault.do} {fault.action or ''}".rstrip()})
            elif break_thing(people.lobby, fault):
                tell({"event": "fault", "do": fault.do})


def break_thing(lobby: Lobby, fault: Fault) -> bool:
    """Carry out *fault*; return False if the lobby has no such equipment."""
    try:
        _FAULTS[fault.do](lobby, fault)
    except LookupError:
        return False
    return True


def _jam(lobby: Lobby, fault: Fault) -> None:
    lobby.lockers[fault.locker or 0].jammed = fault.do == "jam-locker"


def _force_locker(lobby: Lobby, fault: Fault) -> None:
    lobby.lockers[fault.locker or 0].force_open()


def _busy(lobby: Lobby, fault: Fault) -> None:
    lobby.aiphones[fault.aiphone or ""].talk(talking=fault.do == "busy-aiphone")


def _noise(lobby: Lobby, fault: Fault) -> None:
    lobby.readers[fault.reader or ""].noise(_NOISE_BYTES)


def _camera(lobby: Lobby, fault: Fault) -> None:
    lobby.cameras[fault.camera or ""].fault = "refuse" if fault.do == "camera-off" else None


def _wedge(lobby: Lobby, fault: Fault) -> None:
    lobby.doors[fault.door or ""].wedge(wedged=fault.do == "wedge-door")


def _force(lobby: Lobby, fault: Fault) -> None:
    lobby.doors[fault.door or ""].force()


def _loosen(lobby: Lobby, fault: Fault) -> None:
    switch = lobby.doors[fault.door].contact if fault.door else _door_contact(lobby, fault.locker)
    if switch is None:
        raise LookupError("it has no contact")
    switch.fail("loose" if fault.do.startswith("loosen") else None)


def _door_contact(lobby: Lobby, locker: int | None) -> Switch | None:
    """Return the contact of a locker's door; None if a board reads its latch instead."""
    twin = lobby.lockers[locker or 0]
    return twin.door if isinstance(twin, LockerTwin | RelayLockerTwin) else None


def _input(lobby: Lobby, fault: Fault) -> None:
    if lobby.safety is None:
        raise LookupError("there are no safety inputs")
    change = lobby.safety.raise_alarm if fault.do == "alarm" else lobby.safety.reset
    change(fault.input or "")


def _detector(lobby: Lobby, fault: Fault) -> None:
    if lobby.detector is None:
        raise LookupError("there is no metal detector")
    lobby.detector.alarm.fail("cut" if fault.do == "cut-detector" else None)


_FAULTS: dict[str, Callable[[Lobby, Fault], None]] = {
    "jam-locker": _jam,
    "free-locker": _jam,
    "force-locker": _force_locker,
    "busy-aiphone": _busy,
    "free-aiphone": _busy,
    "noise": _noise,
    "camera-off": _camera,
    "camera-on": _camera,
    "wedge-door": _wedge,
    "free-door": _wedge,
    "force-door": _force,
    "loosen-door": _loosen,
    "tighten-door": _loosen,
    "loosen-locker": _loosen,
    "tighten-locker": _loosen,
    "alarm": _input,
    "reset": _input,
    "cut-detector": _detector,
    "mend-detector": _detector,
}


async def _show(lobby: Lobby, guests: list[Guest], clock: Clock) -> None:
    """Send a snapshot every 0.25 real seconds until cancelled."""
    while True:
        now_ns = clock.boot_ns()
        here = [guest.shown(now_ns) for guest in guests if guest.state == "here"]
        gone = sum(guest.state == "gone" for guest in guests)
        tell(
            {
                "event": "snapshot",
                "wall_ms": clock.wall_ms(),
                "lobby": lobby.snapshot(),
                "guests": here,
                "gone": gone,
            }
        )
        await asyncio.sleep(_SNAPSHOT_REAL_S)


async def _obey(day: Day) -> None:
    """Carry out the stage's orders until ``stop`` or the end of stdin."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    stdin = os.fdopen(os.dup(0), "rb")
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stdin)
    try:
        while line := await reader.readline():
            order = msgspec.json.decode(line)["do"]
            if order == "stop":
                return
            if order == "clear":
                await day.clear_line()
                tell({"event": "done", **left(day)})
    finally:
        transport.close()


def _cameras(lobby: Lobby, folder: str) -> dict[str, dict[str, str]]:
    """Return the camera settings that a daemon needs, by camera."""
    password = str(Path(folder) / CAMERA_PASSWORD)
    return {
        name: {"url": camera.url, "username": USERNAME, "password_file": password}
        for name, camera in lobby.cameras.items()
    }


def main() -> None:
    """Run the world of the plan file that the command line names."""
    # The stage handles Ctrl-C in the terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    asyncio.run(run(plan))


if __name__ == "__main__":
    main()
