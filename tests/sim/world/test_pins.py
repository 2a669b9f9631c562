"""The pin factory: gpiozero's devices in the simulated world, over the real socket."""

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from gpiozero import LED, Button, DigitalInputDevice, OutputDevice
from gpiozero.exc import BadPinFactory

from edge.clock import Clock
from sim.pins import SimFactory
from sim.world.header import make_header
from sim.world.lobby import Lobby
from sim.world.pin_server import PinServer
from tests.sim.wiring import (
    ALARM,
    CONFIG,
    DECLINE,
    DONE,
    DOOR,
    LAMP,
    PASSAGE,
    RELAY,
    RELAY_2,
    in_lobby,
    until,
)


def test_it_is_a_pi_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library reads a Pi 4B, on any machine."""

    async def act(_lobby: Lobby, factory: SimFactory) -> None:
        assert factory.board_info.model == "4B"

    in_lobby(tmp_path, monkeypatch, act)


def test_an_output_is_claimed_with_its_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An active-low relay gives no pulse when the daemon starts."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        relay = await asyncio.to_thread(OutputDevice, RELAY, active_high=False, pin_factory=factory)
        await until(lambda: RELAY in lobby._pins.claimed)
        assert lobby.lockers[1].pulses == 0
        relay.on()
        await until(lambda: lobby.lockers[1].energised)
        assert lobby.lockers[1].pulses == 1
        await asyncio.to_thread(relay.close)
        await until(lambda: not lobby.lockers[1].energised)

    in_lobby(tmp_path, monkeypatch, act)


def test_the_level_at_claim_is_known_and_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A door found open reads open at once, without an event."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        lobby.lockers[1].force_open()
        door = await asyncio.to_thread(
            DigitalInputDevice, DOOR, pull_up=True, bounce_time=0.02, pin_factory=factory
        )
        fired: list[str] = []
        door.when_activated = lambda: fired.append("activated")
        door.when_deactivated = lambda: fired.append("deactivated")
        assert door.value == 0  # normally closed to ground: open reads high
        await lobby.lockers[1].close_door()
        await until(lambda: bool(fired))
        assert fired == ["activated"]
        assert door.value == 1

    in_lobby(tmp_path, monkeypatch, act)


@pytest.mark.parametrize("speed", [1.0, 30.0, 120.0])
def test_bounces_vanish_and_pulses_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: float
) -> None:
    """With a bounce time every press is one edge each way, at any speed."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        button = await asyncio.to_thread(Button, DONE, bounce_time=0.02, pin_factory=factory)
        fired: list[str] = []
        button.when_pressed = lambda: fired.append("pressed")
        button.when_released = lambda: fired.append("released")
        presses = 2 if speed == 1.0 else 20
        for _ in range(presses):
            await lobby.panels["reception"].press("done")
        await until(lambda: len(fired) >= 2 * presses)
        assert fired == ["pressed", "released"] * presses

    in_lobby(tmp_path, monkeypatch, act, speed)


def test_without_a_bounce_time_bounces_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulated contacts do bounce: the bounce time hides it."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        button = await asyncio.to_thread(Button, DONE, pin_factory=factory)
        fired: list[str] = []
        button.when_pressed = lambda: fired.append("pressed")
        presses = 10
        for _ in range(presses):
            await lobby.panels["reception"].press("done")
        await until(lambda: len(fired) > presses)

    in_lobby(tmp_path, monkeypatch, act)


def test_a_pulse_shorter_than_the_bounce_time_vanishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time stamps decide, not arrival: 10 ms high are no press with a bounce time of 20 ms."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        beam = await asyncio.to_thread(
            DigitalInputDevice, PASSAGE, pull_up=None, active_state=True,
            bounce_time=0.02, pin_factory=factory,
        )  # fmt: skip
        fired: list[str] = []
        beam.when_activated = lambda: fired.append("activated")
        pin = lobby._pins.header[PASSAGE]
        at = lobby.clock.boot_ns()
        pin.tie(1, at)
        pin.tie(None, at + 10_000_000)
        pin.tie(1, at + 100_000_000)
        pin.tie(None, at + 130_000_000)
        await until(lambda: bool(fired))
        await lobby.clock.pause(0.5)
        assert fired == ["activated"]
        assert beam.value == 0

    in_lobby(tmp_path, monkeypatch, act)


def test_an_exception_in_a_callback_silences_every_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with lgpio: a daemon with callbacks that raise must fail in the simulation too."""
    died: list[str] = []
    monkeypatch.setattr("threading.excepthook", lambda args: died.append(args.exc_type.__name__))

    def fail() -> None:
        raise ZeroDivisionError

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        bad = await asyncio.to_thread(Button, DONE, bounce_time=0.02, pin_factory=factory)
        good = await asyncio.to_thread(Button, DECLINE, bounce_time=0.02, pin_factory=factory)
        fired: list[str] = []
        bad.when_pressed = fail
        good.when_pressed = lambda: fired.append("pressed")
        await lobby.panels["reception"].press("decline")
        await until(lambda: bool(fired))
        await lobby.panels["reception"].press("done")
        await until(lambda: bool(died))
        await lobby.panels["reception"].press("decline")
        assert died == ["ZeroDivisionError"]
        assert len(fired) == 1

    in_lobby(tmp_path, monkeypatch, act)


def test_a_device_can_be_made_and_closed_in_a_callback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader's thread never waits for a line that only it can read."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        first = await asyncio.to_thread(Button, DONE, bounce_time=0.02, pin_factory=factory)
        fired: list[str] = []

        def make_and_close() -> None:
            Button(DECLINE, pin_factory=factory).close()
            fired.append("made")

        first.when_pressed = make_and_close
        await lobby.panels["reception"].press("done")
        await lobby.panels["reception"].press("done")
        await until(lambda: len(fired) == 2)

    in_lobby(tmp_path, monkeypatch, act)


def test_closed_devices_leave_floating_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing releases the pin in the world and removes it from the claims."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        lamp = await asyncio.to_thread(LED, LAMP, initial_value=True, pin_factory=factory)
        alarm = await asyncio.to_thread(
            DigitalInputDevice, ALARM, pull_up=None, active_state=True, pin_factory=factory
        )
        await until(lambda: lobby.panels["reception"].lamp == "on")
        await asyncio.to_thread(lamp.close)
        await asyncio.to_thread(alarm.close)
        await until(lambda: not lobby._pins.claimed)
        assert lobby.panels["reception"].lamp == "off"

    in_lobby(tmp_path, monkeypatch, act)


def test_a_world_that_goes_away_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Inputs stay at their level, writes are counted, and the log has one line about it."""
    monkeypatch.setenv("GARDU_PINS", str(tmp_path / "pins.sock"))
    factories: list[SimFactory] = []

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock()):
            factories.append(await asyncio.to_thread(SimFactory))
            await asyncio.to_thread(Button, DONE, pin_factory=factories[0])

    asyncio.run(run())
    (factory,) = factories
    factory._reader.join(5)
    with caplog.at_level(logging.WARNING):
        relay = OutputDevice(RELAY_2, pin_factory=factory)
        relay.on()
        relay.off()
        late = Button(DECLINE, pin_factory=factory)
    assert relay.value == 0
    assert not late.is_pressed
    assert factory.lost_writes >= 4
    assert caplog.text.count("the simulated world has gone") == 1
    factory.close()
    factory.close()


def test_without_a_world_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon started by hand with this factory gets a message about gardu sim."""
    monkeypatch.delenv("GARDU_PINS", raising=False)
    with pytest.raises(BadPinFactory, match="gardu sim"):
        SimFactory()
    monkeypatch.setenv("GARDU_PINS", str(tmp_path / "nothing"))
    with pytest.raises(BadPinFactory, match="nothing"):
        SimFactory()


DAEMON = f"""
import signal
from gpiozero import LED, Button, Device, OutputDevice
Device.ensure_pin_factory()
relay = OutputDevice({RELAY}, active_high=False)
lamp = LED({LAMP})
lamp.blink(0.25 / 20, 0.25 / 20)
button = Button({DONE}, bounce_time=0.02)
relay.on()
print(type(Device.pin_factory).__name__, flush=True)
signal.pause()
"""


@contextmanager
def daemon(folder: Path, clock: Clock) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that holds a relay on and blinks a lamp."""
    environment = os.environ | {
        "GPIOZERO_PIN_FACTORY": "gardu-sim",
        "GARDU_PINS": str(folder / "pins.sock"),
        "GARDU_CLOCK": clock.to_environment(),
    }
    command = [sys.executable, "-c", DAEMON]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_killed_daemon_lets_go_of_everything(tmp_path: Path) -> None:
    """After SIGKILL the relay is off, the blinking lamp dark, and the lobby asleep."""
    clock = Clock.scaled(20)

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, clock) as lobby:
            with daemon(tmp_path, clock) as process:
                assert process.stdout is not None
                line = await asyncio.to_thread(process.stdout.readline)
                assert line == "SimFactory\n"
                panel, locker = lobby.panels["reception"], lobby.lockers[1]
                await until(lambda: panel.lamp == "fast")
                assert locker.energised
                process.send_signal(signal.SIGKILL)
                await until(lambda: not lobby.awake and not lobby._pins.claimed)
                assert (locker.energised, panel.lamp) == (False, "off")
                assert (locker.pulses, locker.door_open) == (1, True)

    asyncio.run(run())


@pytest.mark.parametrize(
    "line",
    [
        b"noise",
        b'{"claim": 1, "as": "input"}',
        b'{"claim": 5, "as": "output"}',
        b'{"set": 5, "level": 1}',
        b'{"claim": 5, "as": "output", "level": 2}',
        b'{"turn": 5}',
    ],
)
def test_a_wrong_line_ends_the_connection(tmp_path: Path, line: bytes) -> None:
    """A wrong order changes no pin, and the connection ends."""

    async def run() -> None:
        header = make_header()
        server = PinServer(header, tmp_path / "pins.sock", Clock())
        await server.start()
        before = {number: pin.level for number, pin in header.items()}
        reader, writer = await asyncio.open_unix_connection(tmp_path / "pins.sock")
        writer.write(line + b"\n")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        assert {number: pin.level for number, pin in header.items()} == before
        await server.close()

    asyncio.run(run())


@pytest.mark.parametrize("turns", range(8))
def test_closing_hangs_up_on_a_daemon_that_has_just_connected(tmp_path: Path, turns: int) -> None:
    """At any stage of accepting it: no connection outlives the socket."""

    async def run() -> None:
        server = PinServer({}, tmp_path / "pins.sock", Clock())
        await server.start()
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.connect(str(tmp_path / "pins.sock"))
            for _ in range(turns):
                await asyncio.sleep(0)
            await server.close()
            assert not server.connections
            daemon.settimeout(5)
            with suppress(ConnectionResetError):
                assert daemon.recv(1) == b""

    asyncio.run(run())
    gc.collect()


def test_a_pin_belongs_to_the_last_that_claimed_it(tmp_path: Path) -> None:
    """A restarted daemon holds its pins when the socket of the dead one closes late."""

    async def run() -> None:
        header = make_header()
        server = PinServer(header, tmp_path / "pins.sock", Clock())
        await server.start()
        old, new = (socket.socket(socket.AF_UNIX) for _ in range(2))
        with old, new:
            for connection in (old, new):
                connection.connect(str(tmp_path / "pins.sock"))
                connection.sendall(b'{"claim": 9, "as": "output", "level": 1}\n')
                await until(lambda: 9 in server.claimed)
                await asyncio.sleep(0.01)
            old.close()
            await until(lambda: len(server.connections) == 1)
            assert header[9].level == 1
        await server.close()

    asyncio.run(run())


def test_levels_are_reported_with_their_moment(tmp_path: Path) -> None:
    """A claim as input is answered at once, and every change carries its time."""

    async def run() -> None:
        header = make_header()
        server = PinServer(header, tmp_path / "pins.sock", Clock())
        await server.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "pins.sock")
        writer.write(b'{"claim": 20, "as": "input", "pull": "up", "at": 5}\n')
        assert await reader.readline() == b'{"pin":20,"level":1,"at":5}\n'
        header[20].tie(0, 77)
        assert await reader.readline() == b'{"pin":20,"level":0,"at":77}\n'
        writer.close()
        await writer.wait_closed()
        await server.close()

    asyncio.run(run())
