"""The lobby's twins, driven over the pins as a daemon drives them."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Literal

import pytest
from gpiozero import LED, Button, Buzzer, DigitalInputDevice, OutputDevice

from edge.clock import Clock
from sim.pins import SimFactory
from sim.twins.buzzer import classify
from sim.world.lobby import Lobby, wired_pins
from tests.sim.wiring import (
    ACCEPT,
    ALARM,
    ARRIVE,
    BUZZER,
    CONFIG,
    DECLINE,
    DONE,
    DOOR,
    DOOR_2,
    LAMP,
    PASSAGE,
    RELAY,
    RELAY_2,
    RING,
    in_lobby,
    until,
)


async def pulse(device: OutputDevice, seconds: float, lobby: Lobby) -> None:
    """Switch *device* on for *seconds* of the clock."""
    device.on()
    await lobby.clock.pause(seconds)
    device.off()


def test_a_pulse_springs_the_door_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relay, solenoid, door and door contact are one mechanism; a guest closes it again."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        locker = lobby.lockers[1]
        relay = await asyncio.to_thread(OutputDevice, RELAY, active_high=False, pin_factory=factory)
        door = await asyncio.to_thread(
            DigitalInputDevice, DOOR, pull_up=True, bounce_time=0.02, pin_factory=factory
        )
        assert door.value == 1
        await pulse(relay, 0.5, lobby)
        assert await locker.wait_open(5)
        await until(lambda: door.value == 0)
        await locker.close_door()
        await until(lambda: door.value == 1)
        assert (locker.pulses, locker.unlocks, locker.door_open) == (1, 1, False)
        assert locker.energised_s >= 0.5
        assert not locker.energised

    in_lobby(tmp_path, monkeypatch, act)


def test_a_jammed_locker_stays_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stuck latch does not open, and a latch holds no door while current flows."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        locker = lobby.lockers[2]
        relay = await asyncio.to_thread(OutputDevice, RELAY_2, pin_factory=factory)
        locker.jammed = True
        await pulse(relay, 0.5, lobby)
        assert not await locker.wait_open(1)
        assert (locker.pulses, locker.unlocks) == (1, 0)
        locker.jammed = False
        await pulse(relay, 0.5, lobby)
        assert await locker.wait_open(5)
        assert (locker.pulses, locker.unlocks) == (2, 1)
        relay.on()
        await until(lambda: locker.energised)
        await locker.close_door()
        assert locker.door_open

    in_lobby(tmp_path, monkeypatch, act)


def test_a_pulse_too_short_for_the_latch_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short relay pulse is no unlock, however late the world receives its edges."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        locker = lobby.lockers[2]
        relay = await asyncio.to_thread(OutputDevice, RELAY_2, pin_factory=factory)
        pin = lobby._pins.header[RELAY_2]
        at = lobby.clock.boot_ns()
        pin.drive(1, at)
        pin.drive(0, at + 10_000_000)
        assert not await locker.wait_open(1)
        pin.drive(1, at + 20_000_000)
        pin.drive(0, at + 520_000_000)
        assert locker.door_open
        assert locker.energised_s == pytest.approx(0.51)
        relay.close()

    in_lobby(tmp_path, monkeypatch, act)


@pytest.mark.parametrize("speed", [20.0, 120.0])
def test_walking_through_the_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: float
) -> None:
    """With metal: alarm, then the passage of the same pass; without: only the passage."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        seen: list[str] = []
        alarm = await asyncio.to_thread(
            DigitalInputDevice, ALARM, pull_up=None, active_state=True,
            bounce_time=0.02, pin_factory=factory,
        )  # fmt: skip
        beam = await asyncio.to_thread(
            DigitalInputDevice, PASSAGE, pull_up=None, active_state=True,
            bounce_time=0.02, pin_factory=factory,
        )  # fmt: skip
        alarm.when_activated = lambda: seen.append("alarm")
        alarm.when_deactivated = lambda: seen.append("clear")
        beam.when_deactivated = lambda: seen.append("passage")
        assert lobby.detector
        await lobby.detector.walk_through(metal=True)
        await lobby.detector.walk_through(metal=False)
        await until(lambda: len(seen) == 4)
        assert seen == ["alarm", "passage", "clear", "passage"]
        assert lobby.detector.passages == 2

    in_lobby(tmp_path, monkeypatch, act, speed)


@pytest.mark.parametrize("speed", [20.0, 120.0])
def test_the_aide_hears_a_ring_once_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: float
) -> None:
    """Several tones with short pauses are one ring; the accept contact closes for a moment."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        aiphone = lobby.aiphones["adc"]
        ring = await asyncio.to_thread(LED, RING, active_high=False, pin_factory=factory)
        accept = await asyncio.to_thread(Button, ACCEPT, bounce_time=0.02, pin_factory=factory)
        answers: list[str] = []
        accept.when_pressed = lambda: answers.append("accept")
        assert not await aiphone.wait_ring(0.1)
        ring.blink(lobby.clock.real(0.5), lobby.clock.real(0.5), n=3)
        await until(lambda: aiphone.ringing)
        assert await aiphone.wait_ring(30)
        assert not aiphone.ringing
        assert aiphone.rings == 1
        assert not await aiphone.wait_ring(0.1)
        await aiphone.answer("accept")
        await until(lambda: bool(answers))
        assert answers == ["accept"]
        with pytest.raises(LookupError, match="decline"):
            await aiphone.answer("decline")
        ring.close()

    in_lobby(tmp_path, monkeypatch, act, speed)


def test_press_and_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The action chooses the button and the length of the press; other actions have no button."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        panel = lobby.panels["reception"]
        button = await asyncio.to_thread(Button, DECLINE, bounce_time=0.02, pin_factory=factory)
        moments: list[int] = []
        button.when_pressed = lambda: moments.append(lobby.clock.boot_ns())
        button.when_released = lambda: moments.append(lobby.clock.boot_ns())
        await panel.press("decline")
        await panel.press("absent")
        await until(lambda: len(moments) == 4)
        press, hold = moments[1] - moments[0], moments[3] - moments[2]
        assert press < 1_000_000_000 < hold
        assert panel.has("arrive", "pimpinan")
        assert panel.has("done", "pimpinan")
        assert not panel.has("arrive", "jatim")
        assert not panel.has("refuse")
        with pytest.raises(LookupError, match="refuse"):
            await panel.press("refuse")

    in_lobby(tmp_path, monkeypatch, act, speed=5.0)


def test_a_busy_machine_does_not_stretch_a_press(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its edges' times a press is short, also if the world's process wakes up late."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        button = await asyncio.to_thread(Button, DECLINE, pin_factory=factory)
        edges: list[int] = []
        lobby.header[DECLINE].watchers.append(lambda _level, at: edges.append(at))
        pressing = asyncio.create_task(lobby.panels["reception"].press("decline"))
        await asyncio.sleep(0)
        # The loop is blocked for 6 s of the clock: long enough for a hold.
        asyncio.get_running_loop().call_soon(time.sleep, 0.05)
        await pressing
        assert not button.is_pressed
        assert 0.14e9 < edges[-1] - edges[0] < 0.17e9

    in_lobby(tmp_path, monkeypatch, act, speed=120.0)


@pytest.mark.parametrize("speed", [5.0, 60.0, 120.0])
@pytest.mark.parametrize(
    ("on_s", "off_s", "shown"), [(1.0, 1.0, "slow"), (0.25, 0.25, "fast"), (1.7, 0.3, "amber")]
)
def test_the_lamp_shows_its_rhythm(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    speed: float,
    on_s: float,
    off_s: float,
    shown: Literal["slow", "fast", "amber"],
) -> None:
    """Steady, slow, fast and amber are told apart at any speed, and so is the end of a rhythm."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        panel = lobby.panels["reception"]
        lamp = await asyncio.to_thread(LED, LAMP, pin_factory=factory)
        assert panel.lamp == "off"
        lamp.on()
        await until(lambda: panel.lamp == "on")
        lamp.blink(lobby.clock.real(on_s), lobby.clock.real(off_s))
        await until(lambda: panel.lamp == shown)
        await asyncio.to_thread(lamp.on)
        await until(lambda: panel.lamp == "on")
        await asyncio.to_thread(lamp.close)
        await until(lambda: panel.lamp == "off")

    in_lobby(tmp_path, monkeypatch, act, speed)


def test_everybody_hears_what_the_buzzer_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every listener tells the daemon's three patterns apart, and silence gives None."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        assert lobby.buzzer
        buzzer = await asyncio.to_thread(Buzzer, BUZZER, pin_factory=factory)
        for pattern, meaning in (
            ((0.1, 0.15, 1), "accepted"),
            ((0.1, 0.15, 2), "refused"),
            ((1.0, 0.15, 1), "alarm"),
        ):
            ears = [asyncio.create_task(lobby.buzzer.listen(30)) for _ in range(2)]
            await asyncio.sleep(0)
            on, off, count = pattern
            for _ in range(count):
                await pulse(buzzer, on, lobby)
                await lobby.clock.pause(off)
            assert await asyncio.gather(*ears) == [meaning, meaning]
        assert await lobby.buzzer.listen(0.1) is None
        await asyncio.to_thread(buzzer.close)

    in_lobby(tmp_path, monkeypatch, act)


@pytest.mark.parametrize(
    ("pulses", "meaning"),
    [([0.1], "accepted"), ([0.3], "accepted"), ([0.1, 0.1], "refused"), ([1.0], "alarm")],
)
def test_beeps_are_classified_by_number_and_length(pulses: list[float], meaning: str) -> None:
    """One short, two short, one long."""
    assert classify(pulses) == meaning


def test_the_lobby_is_awake_once_all_pins_are_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People start when the daemon holds every wired pin, not while it is still starting."""
    outputs = {RELAY, RELAY_2, RING, LAMP, BUZZER}
    inputs = {DOOR, DOOR_2, ALARM, PASSAGE, ACCEPT, DONE, DECLINE, ARRIVE}
    assert wired_pins(CONFIG) == outputs | inputs

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        assert not lobby.awake
        waiting = asyncio.create_task(lobby.wait_awake())
        devices = [
            await asyncio.to_thread(OutputDevice, pin, pin_factory=factory) for pin in outputs
        ]
        assert not lobby.awake
        devices += [await asyncio.to_thread(Button, pin, pin_factory=factory) for pin in inputs]
        await asyncio.wait_for(waiting, 5)
        assert await lobby.lockers[1].wait_open(5)  # its relay is active low
        assert lobby.snapshot() == {
            "awake": True,
            "lamps": {"reception": "off"},
            "shining": {"reception": {"lamp": "off"}},
            "signs": {"reception": False},
            "lockers": {
                1: {"open": True, "energised": True, "jammed": False, "pulses": 1, "unlocks": 1},
                2: {"open": False, "energised": False, "jammed": False, "pulses": 0, "unlocks": 0},
            },
            "alarming": False,
            "ringing": {"adc": True},
            "doors": {},
            "alarms": [],
            "cards": {"desk": None},
            "beeping": False,
            "figures": {},
        }
        await asyncio.to_thread(factory.close)
        await until(lambda: not lobby.awake)

    in_lobby(tmp_path, monkeypatch, act)


def test_a_lobby_that_cannot_open_leaves_nothing_behind(tmp_path: Path) -> None:
    """A missing run folder is an error at once, and leaves no thread or port."""

    async def run() -> None:
        lobby = Lobby(CONFIG, tmp_path / "missing", Clock())
        with pytest.raises(FileNotFoundError):
            await lobby.__aenter__()

    before = threading.active_count()
    asyncio.run(run())
    assert threading.active_count() == before


def test_a_lobby_tidies_up(tmp_path: Path) -> None:
    """The socket and the ports are removed with the lobby."""

    def names() -> list[str]:
        return sorted(path.name for path in tmp_path.iterdir())

    async def run() -> list[str]:
        async with Lobby(CONFIG, tmp_path, Clock()):
            return await asyncio.to_thread(names)

    assert asyncio.run(run()) == ["camera-password", "pins.sock", "tty-desk"]
    assert names() == ["camera-password"]
