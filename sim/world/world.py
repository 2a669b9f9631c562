"""The world of one checkpoint: its lobby and its people.

From the daemon it learns only what the lobby shows. It tells its events to the stage: ``started``
(a daemon is awake), ``arrived``, ``left``, ``gave-up``, ``fault``, ``done`` (all guests have left;
with the list of things still out).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.clock import Clock
from edge.config.loading import load_config
from sim.people.crew import People
from sim.people.day import Day, Tell
from sim.people.gestures import GESTURES
from sim.people.guests import Arrival, Guest, expect, invite, newcomer
from sim.people.procedure_text import Text, read
from sim.scenario import Fault, Scenario
from sim.twins.camera import USERNAME
from sim.twins.locker import LockerTwin
from sim.twins.modbus import RelayLockerTwin
from sim.twins.wiring import Switch
from sim.world.incidents import ALARM_OF, Count, Incidents
from sim.world.lobby import CAMERA_PASSWORD, Lobby
from sim.world.wire_faults import WIRE_FAULTS, carry_out

_NOISE_BYTES = 40
# A press is heard, and an alarm is raised, within this time, seconds.
_MOMENT_S = 5.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The stage's orders for the world.

    :ivar config: path of the checkpoint's config file
    :ivar folder: folder of the pin socket, the links to the ports and the cameras' password
    :ivar arrivals: each guest's arrival; empty: *guests* of *procedures*, as the scenario defines
    :ivar texts: the procedures as the people read them, by id; None: they are still to be read
    :ivar opens_ms: when the doors open at the earliest, milliseconds since 1970 UTC
    :ivar played: a person plays at the page: guests come when they are asked, the day has no end
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
    texts: Mapping[str, Text] | None = None
    opens_ms: int = 0
    resumed: bool = False
    first_guest_opens: bool = False
    outputs_persist: bool = False
    played: bool = False


class World:
    """The lobby of one checkpoint and its people. Use as ``async with World(...) as world``.

    :param tell: called with each event, a dict; the head of this module lists them
    :param on_send: called when a daemon can read something new at a pin or port
    :param on_poll: called when bytes that came at a port have changed nothing
    """

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        tell: Tell,
        on_send: Callable[[], None] = lambda: None,
        on_poll: Callable[[], None] = lambda: None,
    ) -> None:
        config = load_config(Path(plan.config), elsewhere=True)
        self._plan, self._tell = plan, tell
        self._guests = (
            expect(plan.arrivals, plan.seed)
            if plan.arrivals
            else invite(plan.scenario, plan.procedures, plan.guests, plan.seed)
        )
        folder = Path(plan.folder)
        self.lobby = Lobby(
            config,
            folder,
            clock,
            plan.seed,
            outputs_persist=plan.outputs_persist,
            on_send=on_send,
            on_poll=on_poll,
        )
        texts = plan.texts or read(config.checkpoint.procedures, Path(config.checkpoint.sop))
        people = People(self.lobby, clock, self._guests, texts)
        people.decide(tell)
        self.people = people
        self._day = Day(
            people,
            plan.scenario.guests.gap_s,
            tell,
            first_guest_opens=plan.first_guest_opens,
            played=plan.played,
        )

    async def __aenter__(self) -> Self:
        await self.lobby.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.lobby.__aexit__(None, None, None)

    def ask_in(self, procedure: str, branch: str, persons: int) -> str:
        """Let one more guest come now; return why the branch has no way here, "" if it has one."""
        number = len(self._guests) + 1
        guest = newcomer(number, procedure, branch, self._plan.seed, persons)
        why = self.people.welcome(guest)
        self._day.ask_in(guest)
        return why

    @property
    def guests(self) -> list[Guest]:
        """The guests of the day."""
        return self._guests

    @property
    def incidents(self) -> Incidents:
        """The incidents of the day."""
        return self.lobby.incidents

    @property
    def cameras(self) -> dict[str, dict[str, str]]:
        """The camera settings that a daemon needs, by camera."""
        password = str(Path(self._plan.folder) / CAMERA_PASSWORD)
        return {
            name: {"url": camera.url, "username": USERNAME, "password_file": password}
            for name, camera in self.lobby.cameras.items()
        }

    async def live(self) -> None:
        """Wait for a daemon and for the opening time, then run the day to its end."""
        lobby, day, plan = self.lobby, self._day, self._plan
        await lobby.wait_awake()
        if plan.resumed:
            await day.clear_line()
        await lobby.clock.pause(max(0.0, (plan.opens_ms - lobby.clock.wall_ms()) / 1000))
        self._tell({"event": "started"})
        faults = asyncio.create_task(_break_things(day.people, plan.scenario.fault, self._tell))
        try:
            await day.live()
        finally:
            faults.cancel()
            await asyncio.gather(faults, return_exceptions=True)
        self._tell({"event": "done", **left(day)})

    async def clear(self) -> None:
        """End hanging visits; tell ``done`` again."""
        await self._day.clear_line()
        self._tell({"event": "done", **left(self._day)})

    def snapshot(self) -> dict[str, Any]:
        """Return all that is visible now, for a live view (plain JSON values)."""
        now_ns = self.lobby.clock.boot_ns()
        return {
            "wall_ms": self.lobby.clock.wall_ms(),
            "lobby": self.lobby.snapshot(),
            "guests": [guest.shown(now_ns) for guest in self._guests if guest.state == "here"],
            "gone": sum(guest.state == "gone" for guest in self._guests),
        }


def left(day: Day) -> dict[str, Any]:
    """Return what is visible once all guests have left: things that are still out or open.

    Also how many guests came, and for which hosts.
    """
    people = day.people
    return {
        "came": sum(guest.state != "expected" for guest in people.guests),
        "hosts": Counter(guest.host for guest in people.guests if guest.state != "expected"),
        "cards_missing": people.missing,
        "lockers_taken": sorted(people.taken),
        "doors_open": [
            *(f"locker {number}" for number, one in people.lobby.lockers.items() if one.door_open),
            *(name for name, door in people.lobby.doors.items() if door.is_open),
        ],
    }


async def _break_things(people: People, faults: tuple[Fault, ...], tell: Tell) -> None:
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
            elif fault.do in WIRE_FAULTS:
                doing.create_task(carry_out(people.lobby, fault, tell))
            elif break_thing(people.lobby, fault):
                tell({"event": "fault", "do": fault.do})
                if fault.do == "alarm" and fault.input == "fire":
                    doing.create_task(_count_inside(people))


async def _count_inside(people: People) -> None:
    """Count the guests inside at a fire alarm, now and a moment later.

    A guest who comes or goes in this moment may be counted by the checkpoint or not.
    """
    incidents, alarm = people.lobby.incidents, ALARM_OF["fire"]
    for wait_s in (0.0, _MOMENT_S):
        await people.clock.pause(wait_s)
        inside = [guest for guest in people.guests if guest.visit and guest.visit.is_open]
        count = Count(len(inside), sum(guest.persons for guest in inside))
        incidents.count_again(alarm, count)


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
    locker = lobby.lockers[fault.locker or 0]
    # A door that is found open by a new start, or by its own lock, is no alarm.
    if lobby.awake and not locker.door_open and not locker.energised:
        alarm = f"locker-forced-{fault.locker}"
        lobby.incidents.cause(alarm, lambda: not locker.door_open)
    locker.force_open()


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
    lobby.incidents.allow_at(f"door/{fault.door}" if fault.door else f"locker/{fault.locker}")


def _door_contact(lobby: Lobby, locker: int | None) -> Switch | None:
    """Return the contact of a locker's door; None if a board reads its latch instead."""
    twin = lobby.lockers[locker or 0]
    return twin.door if isinstance(twin, LockerTwin | RelayLockerTwin) else None


def _input(lobby: Lobby, fault: Fault) -> None:
    safety, name = lobby.safety, fault.input or ""
    if safety is None:
        raise LookupError("there are no safety inputs")
    if fault.do == "reset":
        safety.reset(name)
    elif name not in safety.alarms:
        safety.raise_alarm(name)
        lobby.incidents.cause(ALARM_OF.get(name, name), lambda: name not in safety.alarms)


def _detector(lobby: Lobby, fault: Fault) -> None:
    if lobby.detector is None:
        raise LookupError("there is no metal detector")
    lobby.detector.alarm.fail("cut" if fault.do == "cut-detector" else None)
    lobby.incidents.allow_at("detector/alarm")


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
