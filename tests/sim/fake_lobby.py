"""A lobby without wires for tests of the people: contacts and cards go straight to the SOP core.

It follows the rules of the real one: buttons that do not exist cannot be pressed, a sleeping
checkpoint does not react, effects reach lamps, lockers, aiphone and buzzer.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Clock
from edge.config.hosts import hosts
from edge.config.model import Config
from edge.sop import engine, events
from edge.sop.effects import (
    Beep,
    CancelTimer,
    Effect,
    ReleaseDoor,
    RingAide,
    StartTimer,
    UnlockLocker,
)
from edge.sop.events import Event
from edge.sop.lamps import lamps
from edge.sop.procedures.loading import load_procedures
from edge.sop.records import Record, VisitClosed
from edge.sop.state import DayRules, Detector, Door, Host, Rules
from sim.world.incidents import Incidents

SOP = Path(__file__).parents[2] / "config" / "sop"


def make_config(procedures: list[str], *, days: bool = False) -> Config:
    """Return the config of a checkpoint with all equipment that *procedures* need.

    :param days: add office days
    """
    pin = iter([2 + number % 26 for number in range(1000)])

    def button(press: str, hold: str | None = None, procedure: str | None = None) -> dict[str, Any]:
        return {"pin": next(pin), "press": press, "hold": hold, "procedure": procedure}

    def panel(station: str, *buttons: dict[str, Any]) -> dict[str, Any]:
        return {"stations": [station], "lamp": {"pin": next(pin)}, "buttons": list(buttons)}

    arrive = [button("arrive", procedure=procedure) for procedure in procedures]
    house = [button("open-day", "close-day"), button("reconcile")] if days else []
    at_security = procedures == ["jatim"]
    raw = {
        "checkpoint": {"site": "kantor", "id": "lobi", "procedures": procedures},
        "cards": {
            "visitor": [f"{number:010X}" for number in range(1, 13)],
            "supervisor": {"00000000FF": "kepala-bagian"},
        },
        "buzzer": {"pin": next(pin)},
        "card_readers": {
            "desk": {"driver": "rdm6300", "port": "/x", "stations": ["reception", "officer-1"]}
        },
        "lockers": {
            "driver": "gpio",
            "locker": [
                {"number": number, "relay": {"pin": next(pin)}, "door": {"pin": next(pin)}}
                for number in (1, 2, 3)
            ]
        },
        "metal_detector": {"alarm": {"pin": next(pin)}, "passage": {"pin": next(pin)}},
        "aiphone": {
            "adc": {
                "procedures": procedures,
                "ring": {"pin": next(pin)},
                "accept": {"pin": next(pin)},
                "decline": {"pin": next(pin)},
                "release": {"pin": next(pin)},
            }
        },
        "panels": {
            "reception": panel(
                "reception",
                *([] if at_security else arrive),
                button("done", "again" if at_security else None),
                button("decline", "absent"),
                button("reschedule", "leave"),
                button("reason-1", "reason-2"),
                button("reason-3", "reason-4"),
                button("more", "back"),
                button("acknowledge"),
                *house,
            ),
            "officer-1": panel(
                "officer-1", button("done", "leave"), button("extend", "next"),
                button("lost", "back"), button("acknowledge"),
            ),
            "officer-2": panel("officer-2", button("locker", "nothing"), button("back", "next")),
            "officer-3": panel("officer-3", button("done", "accept"), button("refuse", "back")),
            "security": panel(
                "security", *(arrive if at_security else []), button("done", "leave"),
                button("refuse", "more"),
            ),
            "escort": panel("escort", button("done"), button("decline", "leave")),
        },
        "doors": {
            name: {
                "procedures": [name],
                "strike": {"pin": next(pin)},
                "contact": {"pin": next(pin)},
            }
            for name in (procedures if at_security else [])
        },
    }  # fmt: skip
    return msgspec.convert(raw | ({"day": {"opens": "00:00"}} if days else {}), Config)


class FakeLobby:
    """The lobby, and the core behind it; while ``asleep`` the checkpoint ignores events."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.figures: dict[int, str] = {}
        self.incidents = Incidents()
        procedures = load_procedures(SOP, config.checkpoint.procedures)
        self.rules = Rules(
            stream="test",
            procedures={item.key: item for item in procedures.values()},
            current={item.id: item.key for item in procedures.values()},
            panels={name: tuple(panel.stations) for name, panel in config.panels.items()},
            readers={name: tuple(item.stations) for name, item in config.card_readers.items()},
            card_readers=frozenset(config.card_readers),
            hosts={
                item.id: Host(
                    procedures=tuple(item.procedures), aiphone=item.aiphone, station=item.station
                )
                for item in hosts(config)
            },
            cards=frozenset(config.cards.visitor),
            lockers=(1, 2, 3),
            doors={
                name: Door(
                    procedures=tuple(item.procedures),
                    release_s=item.release_s,
                    held_s=item.held_s,
                )
                for name, item in config.doors.items()
            },
            detectors={"": Detector(walks=frozenset({"in"}))},
            purposes=frozenset(p for camera in config.cameras.values() for p in camera.purposes),
            supervisors=dict(config.cards.supervisor),
            day=DayRules(opens_s=0, zone=UTC) if config.day else None,
        )
        self.state = engine.initial_state(self.rules)
        self.records: list[Record] = []
        self.buzzer = FakeBuzzer(clock)
        self.panels = {name: FakePanel(self, name) for name in config.panels}
        self.lockers = {number: FakeLocker(self, number) for number in (1, 2, 3)}
        self.detector = FakeDetector(self)
        self.doors = {name: FakeDoor(self, name) for name in config.doors}
        self.aiphones = {name: FakeAiphone(self, name) for name in config.aiphone}
        self.readers = {name: FakeReader(self, name) for name in config.card_readers}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._awake = asyncio.Event()
        self._awake.set()

    def detector_at(self, _station: str) -> "FakeDetector":
        """Return the only metal detector."""
        return self.detector

    @property
    def awake(self) -> bool:
        """True while the checkpoint reacts."""
        return self._awake.is_set()

    async def wait_awake(self) -> None:
        """Wait until the checkpoint reacts."""
        await self._awake.wait()

    def sleep(self) -> None:
        """Lose power: no event arrives and no lamp shines from now on."""
        self._awake.clear()

    def wake(self) -> None:
        """Start again from the committed state, and read the doors."""
        self._awake.set()
        self.post(events.Started(self.clock.now()))
        for locker in self.lockers.values():
            kind = events.LockerOpened if locker.door_open else events.LockerClosed
            self.post(kind(self.clock.now(), locker.number, initial=True))

    def post(self, event: Event) -> None:
        """Send *event* to the core and carry out its effects, as the daemon's consumer does."""
        if not self.awake:
            return
        result = engine.step(self.rules, self.state, event)
        self.state = result.state
        self.records += result.records
        for effect in result.effects:
            self._carry_out(effect)

    def lamp(self, panel: str) -> str:
        """Return the mode of the lamp of *panel*."""
        return lamps(self.rules, self.state)[panel] if self.awake else "off"

    def outcomes(self) -> list[str]:
        """Return the outcomes of the closed visits, in order."""
        return [
            record.data.outcome for record in self.records if isinstance(record.data, VisitClosed)
        ]

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Beep():
                self.buzzer.sound(effect.pattern)
            case UnlockLocker():
                self.lockers[effect.locker].pulse()
            case ReleaseDoor():
                self.doors[effect.door].strike.set()
            case RingAide():
                self.aiphones[effect.aiphone].ring()
            case StartTimer():
                self._start_timer(effect)
            case CancelTimer() if effect.key in self._timers:
                self._timers.pop(effect.key).cancel()

    def _start_timer(self, effect: StartTimer) -> None:
        left = effect.seconds - self.clock.now().seconds_since(effect.since)
        if effect.key in self._timers:
            self._timers[effect.key].cancel()
        self._timers[effect.key] = asyncio.get_running_loop().call_later(
            self.clock.real(max(0.0, left)),
            lambda: self.post(events.TimerFired(self.clock.now(), effect.key)),
        )


class FakeBuzzer:
    """Passes each pattern to the waiting listeners."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.listeners: list[asyncio.Future[str]] = []

    def sound(self, pattern: str) -> None:
        """Give *pattern* to every listener."""
        for listener in self.listeners:
            if not listener.done():
                listener.set_result(pattern)
        self.listeners.clear()

    async def listen(self, timeout_s: float) -> str | None:
        """Return the next pattern, or None after *timeout_s*."""
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.listeners.append(heard)
        try:
            async with asyncio.timeout(self.clock.real(timeout_s)):
                return await heard
        except TimeoutError:
            return None


class FakePanel:
    """A panel; *presses* are the actions of all presses so far."""

    def __init__(self, lobby: FakeLobby, name: str) -> None:
        self.lobby = lobby
        self.name = name
        self.presses: list[str] = []

    @property
    def lamp(self) -> str:
        """The mode of the lamp."""
        return self.lobby.lamp(self.name)

    def has(self, action: str, procedure: str | None = None, host: str | None = None) -> bool:
        """Return True if a button means *action*."""
        return any(
            action in (button.press, button.hold)
            and button.procedure in (None, procedure)
            and (host is None or button.host in (None, host))
            for button in self.lobby.config.panels[self.name].buttons
        )

    async def press(
        self, action: str, procedure: str | None = None, host: str | None = None
    ) -> None:
        """Press or hold the button that means *action*."""
        assert self.has(action, procedure, host)
        self.presses.append(action)
        await asyncio.sleep(0)
        now = self.lobby.clock.now()
        self.lobby.post(events.ButtonPressed(now, self.name, action, procedure))


class FakeLocker:
    """A locker with a door that springs open at a pulse, unless it is jammed.

    :ivar poll_s: the checkpoint detects so much later that the door is shut, seconds
    """

    def __init__(self, lobby: FakeLobby, number: int) -> None:
        self.lobby = lobby
        self.number = number
        self.door_open = False
        self.jammed = False
        self.poll_s = 0.0
        self.pulses = 0
        self.unlocks = 0
        self.door_watchers: list[Callable[[], None]] = []

    def pulse(self) -> None:
        """Energise the lock."""
        self.pulses += 1
        if not self.jammed and not self.door_open:
            self.unlocks += 1
            self._move(is_open=True)
            asyncio.get_running_loop().call_soon(
                lambda: self.lobby.post(events.LockerOpened(self.lobby.clock.now(), self.number))
            )

    def force_open(self) -> None:
        """Break the door open; the checkpoint does not detect it."""
        self._move(is_open=True)

    async def wait_open(self, timeout_s: float) -> bool:
        """Wait until the door is open; return whether it is."""
        end = self.lobby.clock.boot_ns() + timeout_s * 1e9
        while not self.door_open and self.lobby.clock.boot_ns() < end:
            await self.lobby.clock.pause(0.5)
        return self.door_open

    async def close_door(self) -> None:
        """Close the door."""
        if self.door_open:
            self._move(is_open=False)
            if not self.poll_s:
                self._detect_shut()
            else:
                later_s = self.lobby.clock.real(self.poll_s)
                asyncio.get_running_loop().call_later(later_s, self._detect_shut)

    def _detect_shut(self) -> None:
        self.lobby.post(events.LockerClosed(self.lobby.clock.now(), self.number))

    def _move(self, *, is_open: bool) -> None:
        self.door_open = is_open
        for watch in self.door_watchers:
            watch()


class FakeDetector:
    """Every pass gives a passage; metal gives an alarm first."""

    counts = True

    def __init__(self, lobby: FakeLobby) -> None:
        self.lobby = lobby

    async def walk_through(self, *, metal: bool, out: bool = False) -> None:
        """Pass through once, on the way in."""
        assert not out
        if metal:
            self.lobby.post(events.DetectorAlarmed(self.lobby.clock.now()))
        await asyncio.sleep(0)
        self.lobby.post(events.PassageMade(self.lobby.clock.now()))
        if metal:
            self.lobby.post(events.DetectorCleared(self.lobby.clock.now()))

    async def run_through(self, *, out: bool = False) -> None:
        """Run through: too fast to be measured."""
        assert not out
        self.lobby.post(events.PassageTooFast(self.lobby.clock.now()))
        await asyncio.sleep(0)


class FakeDoor:
    """A door that can be pushed open once after a release, and then closes.

    :ivar stands_open: a wedge keeps it open: no opening is detected
    """

    def __init__(self, lobby: FakeLobby, name: str) -> None:
        self.lobby = lobby
        self.name = name
        self.strike = asyncio.Event()
        self.stands_open = False
        self.passes = 0

    @property
    def released(self) -> bool:
        """True while the door can be pushed open."""
        return self.strike.is_set()

    async def go_through(self, timeout_s: float) -> bool:
        """Push until the door opens; return False after *timeout_s*."""
        if self.stands_open:
            return True
        try:
            async with asyncio.timeout(self.lobby.clock.real(timeout_s)):
                await self.strike.wait()
        except TimeoutError:
            return False
        self.strike.clear()
        self.passes += 1
        self.lobby.post(events.DoorOpened(self.lobby.clock.now(), self.name))
        return True

    async def wait_shut(self, _timeout_s: float) -> bool:
        """Let the door close."""
        self.lobby.post(events.DoorClosed(self.lobby.clock.now(), self.name))
        return True

    async def go_out(self) -> None:
        """Leave by the inside handle, which gives no event."""


class FakeAiphone:
    """Counts rings; answers go to the core.

    :ivar missed: the answers (by number, from 1) that the checkpoint misses
    """

    def __init__(self, lobby: FakeLobby, name: str) -> None:
        self.lobby = lobby
        self.name = name
        self.rings = 0
        self.noticed = 0
        self.ringing = False
        self.busy = None
        self.missed: set[int] = set()
        self.answers = 0

    def ring(self) -> None:
        """Ring once."""
        self.rings += 1

    async def wait_ring(self, timeout_s: float) -> bool:
        """Wait for a ring that was not reported yet."""
        end = self.lobby.clock.boot_ns() + timeout_s * 1e9
        while self.rings == self.noticed and self.lobby.clock.boot_ns() < end:
            await self.lobby.clock.pause(0.5)
        rung, self.noticed = self.rings > self.noticed, self.rings
        return rung

    async def answer(self, which: Any) -> None:
        """Close an answer contact."""
        self.answers += 1
        if self.answers in self.missed:
            return
        await self.lobby.clock.pause(0.1)
        self.lobby.post(events.HostAnswered(self.lobby.clock.now(), self.name, which))


class FakeReader:
    """A reader that reads a card once per presentation."""

    def __init__(self, lobby: FakeLobby, name: str) -> None:
        self.lobby = lobby
        self.name = name

    async def present(self, card: str) -> None:
        """Hold *card* at the reader."""
        await asyncio.sleep(0)
        self.lobby.post(events.CardPresented(self.lobby.clock.now(), self.name, card))

    async def remove(self) -> None:
        """Remove the card."""
