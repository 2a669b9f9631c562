"""The outputs at rest after the daemon's end, of any kind."""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import gpiod
import msgspec
import pytest
from gpiozero import OutputDevice

from edge.clock import ENVIRONMENT, Clock
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.daemon.outputs_off import outputs_off
from edge.daemon.rest_levels import (
    FILE,
    outputs_stay_driven,
    prepare_outputs,
    recorded,
    rest_levels,
)
from edge.drivers.gpio.gpiod_chip import output_settings
from edge.drivers.gpio.pins import CHOICE
from edge.errors import GarduError
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from sim.world.lobby import Lobby
from tests.drivers.gpio.fake_chip import FakeChip
from tests.drivers.gpio.sysfs import PC, PI_4, make_sysfs
from tests.sim.wiring import CONFIG, RELAY, until

LAMP, BUZZER = 10, 26
# The outputs of tests.sim.wiring: relay 1 and the ring are active low.
REST = {RELAY: True, 6: False, 8: True, LAMP: False, BUZZER: False}


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> FakeChip:
    """Make gpiochip 0, whose outputs persist, and the only pins of this machine."""
    made = FakeChip(persists=True)
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(gpiod, "Chip", lambda _path: made)
    return made


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make systemd's runtime directory."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(folder))
    return folder


def config() -> Config:
    """Return the config of the small checkpoint on gpiochip 0."""
    return msgspec.structs.replace(CONFIG, gpio=msgspec.convert({"chip": "0"}, type(CONFIG.gpio)))


def energise(chip: FakeChip, pins: dict[int, bool]) -> None:
    """Leave outputs driven, as a killed daemon does."""
    for pin, high in pins.items():
        chip.request_lines({pin: output_settings(high=high)}, "gardu").release()
    chip.done.clear()


def test_outputs_of_a_killed_daemon_are_put_at_rest(chip: FakeChip, runtime: Path) -> None:
    """Every output goes straight to its resting level and is released; no input is touched."""
    prepare_outputs(config())
    energise(chip, {pin: not high for pin, high in REST.items()})
    outputs_off(runtime / "no-such-config.toml")
    assert {pin: chip.lines[pin].driven for pin in REST} == REST
    assert [put.what for put in chip.done] == ["request"] * len(REST)
    assert all(line.user is None for line in chip.lines)
    assert chip.closed


def test_a_busy_output_does_not_hold_up_the_others(chip: FakeChip, runtime: Path) -> None:
    """One line that another program has is reported; all others are at rest."""
    prepare_outputs(config())
    energise(chip, {pin: not high for pin, high in REST.items()})
    chip.request_lines({LAMP: output_settings(high=True)}, "other")
    with pytest.raises(GarduError, match="GPIO 10 is busy: other has it"):
        outputs_off(runtime / "no-such-config.toml")
    assert {pin for pin in REST if chip.lines[pin].driven != REST[pin]} == {LAMP}


def test_no_pins_at_all_is_said_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, runtime: Path
) -> None:
    """A user who may not use the pins is told the group, once."""

    def refuse(_path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(gpiod, "Chip", refuse)
    prepare_outputs(config())
    with pytest.raises(GarduError, match=r"Permission denied.*group gpio") as raised:
        outputs_off(runtime / "no-such-config.toml")
    assert str(raised.value).count("sudo usermod") == 1


def test_the_list_is_that_of_the_daemon_not_of_a_changed_config(
    chip: FakeChip, runtime: Path, tmp_path: Path
) -> None:
    """A config edited while the daemon ran may use other pins: those must not be driven."""
    prepare_outputs(config())
    edited = tmp_path / "gardu.toml"
    edited.write_bytes((default_config_folder() / "gardu.toml").read_bytes())
    outputs_off(edited)
    assert {put.pin for put in chip.done} == set(REST)


@pytest.mark.parametrize(
    "spoilt", [None, b"", b"\xff", b"[]", b'{"chip": 0}', b'{"high": {"x": 1}}']
)
def test_without_a_good_list_the_config_decides(
    chip: FakeChip, runtime: Path, tmp_path: Path, spoilt: bytes | None,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """By hand, or after a full disk: the config names the outputs."""
    if spoilt is not None:
        (runtime / FILE).write_bytes(spoilt)
    toml = tmp_path / "gardu.toml"
    text = (default_config_folder() / "gardu.toml").read_text("utf-8")
    toml.write_text(text.replace('# chip = "auto"', 'chip = "0"'), "utf-8")
    outputs_off(toml)
    assert {put.pin for put in chip.done} == {5, 6, 7, 8, 9, 10, 11, 13, 26}
    assert ("cannot be read" in caplog.text) is (spoilt is not None)


def test_neither_list_nor_config_is_an_error(chip: FakeChip, runtime: Path, tmp_path: Path) -> None:
    """Nothing is guessed; one line says where to look."""
    toml = tmp_path / "gardu.toml"
    toml.write_text("[checkpoint]\n", "utf-8")
    with pytest.raises(GarduError, match=r"gardu\.toml has \d+ problems: see gardu check"):
        outputs_off(toml)
    assert chip.done == []


def test_the_list_is_written_whole(runtime: Path) -> None:
    """What was recorded is read again."""
    prepare_outputs(config())
    assert recorded(runtime) == rest_levels(config())
    assert rest_levels(config()).high == REST
    assert [file.name for file in runtime.iterdir()] == [FILE]
    assert json.loads((runtime / FILE).read_text())["chip"] == "0"


def test_a_list_that_cannot_be_written_stops_nothing(
    runtime: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The daemon starts all the same."""
    runtime.rmdir()
    prepare_outputs(config())
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize(
    ("chips", "simulated", "expected"),
    [(PI_4, "", True), (PI_4, "gardu-sim", None), (PC, "", None)],
)
def test_the_daemon_warns_where_outputs_stay_driven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    chips: dict[str, str], simulated: str, expected: bool | None,
) -> None:  # fmt: skip
    """Only on a Pi with real pins, with the remedy."""
    sysfs = make_sysfs(tmp_path, chips, {"pinctrl_bcm2835": "Y"})
    monkeypatch.setenv(CHOICE, simulated)
    assert outputs_stay_driven(config(), sysfs) is expected
    with caplog.at_level(logging.WARNING):
        prepare_outputs(config(), sysfs)
    assert ("dtparam=strict_gpiod" in caplog.text) is bool(expected)


def test_the_command_is_light() -> None:
    """A lock may be energised until it has run: it loads neither typer nor gpiozero nor config."""
    script = (
        "import edge.commands.main, edge.daemon.outputs_off, edge.drivers.gpio.rest, sys\n"
        "import edge.drivers.gpio.gpiod_chip\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"typer", "gpiozero", "msgspec", "paho", "tinydb"}.isdisjoint(loaded)
    assert "gpiod" in loaded


def test_a_killed_process_in_a_world_whose_outputs_persist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock stays energised until the real command has run, and gets no further pulse."""
    clock = Clock.scaled(20)
    runtime = tmp_path / "run"
    runtime.mkdir()
    environment = {
        ENVIRONMENT: clock.to_environment(),
        PINS: str(tmp_path / "pins.sock"),
        CHOICE: "gardu-sim",
        "RUNTIME_DIRECTORY": str(runtime),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    prepare_outputs(CONFIG)

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, clock, outputs_persist=True) as lobby:
            locker = lobby.lockers[1]
            factory = await asyncio.to_thread(SimFactory)
            relay = await asyncio.to_thread(
                OutputDevice, RELAY, active_high=False, pin_factory=factory
            )
            relay.on()
            await until(lambda: locker.energised)
            factory._socket.shutdown(2)  # as the kernel does when the process is killed
            await until(lambda: not lobby._pins.claimed)
            assert locker.energised
            command = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "from edge.commands.main import main; main()",
                "outputs-off", "--config", "no-such-config.toml",
            )  # fmt: skip
            assert await command.wait() == 0
            await until(lambda: not locker.energised)
            assert locker.pulses == 1
            await asyncio.to_thread(factory.close)

    asyncio.run(run())
