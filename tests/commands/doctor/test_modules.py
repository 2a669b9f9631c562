"""The doctor at modules: one finding for a silent one, polls counted, watchdog, inputs by place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import Clock
from edge.commands.doctor.acts import actuate
from edge.commands.doctor.devices import device_names, examine_devices, open_pins
from edge.commands.doctor.finding import Finding
from edge.commands.doctor.pin_monitor import Taps
from edge.commands.watch_inputs import level_words
from edge.config.inventory import fitted
from edge.config.model import Config
from sim.world.lobby import Lobby
from tests.contract.live_lobby import LiveLobby
from tests.contract.pin_bench import _BASE, located

SECTIONS: dict[str, Any] = {
    "aiphone": {
        "adc": {
            "procedures": ["jatim"],
            "ring": {"module": "floor-2", "output": 1},
            "accept": {"module": "floor-2", "input": 1},
        }
    },
    "buzzer": {"module": "floor-2", "output": 2},
}


@contextmanager
def lobby(folder: Path, driver: str, bus: dict[str, Any]) -> Iterator[tuple[LiveLobby, Config]]:
    """Yield a lobby whose aiphone and buzzer are on a module, and the config to examine."""
    raw = {
        **SECTIONS,
        "buses": {"floors": bus},
        "modules": {"floor-2": {"driver": driver, "bus": "floors"}},
    }
    config = msgspec.convert({**_BASE, **raw}, Config)
    with LiveLobby(config, folder) as live:
        yield live, located(config, live.lobby.hosts)


def examined(config: Config, act: bool = False) -> list[Finding]:
    """Examine all devices; with *act* also switch each output."""
    clock = Clock.from_environment()
    pins = open_pins(config, clock)
    only = set(device_names(config))
    try:
        found = list(examine_devices(config, clock, pins, only, None))
        if act:
            found = list(actuate(config, clock, pins.channels, only, None, pins.buses))
    finally:
        pins.close()
    return found


def serial(folder: Path) -> dict[str, Any]:
    """Return a bus on the lobby's serial port."""
    return {"port": str(folder / "bus-floors"), "pause_s": 0.001}


def test_a_healthy_module_is_well(tmp_path: Path) -> None:
    """Address, polls and watchdog of the module; each input by its place; nothing switched."""
    with lobby(tmp_path, "icp-das-m7000", serial(tmp_path)) as (live, config):
        found = examined(config)
        assert [one for one in found if one.state != "ok"] == []
        said = [one.saw for one in found]
        assert said[0].startswith("It answers at address 1: ")
        assert said[1] == "Its watchdog switches its outputs off after 2 s of silence."
        assert "aiphone adc accept: not pressed (input 1 of floor-2 is off)." in said
        assert live.lobby.modules["floor-2"].written == 0


def test_a_silent_module_is_one_wrong_finding(tmp_path: Path) -> None:
    """What is wired to it is skipped, not reported as wrong too."""
    with lobby(tmp_path, "waveshare-relay-d", {"host": "127.0.0.1:1"}) as (live, config):
        live.do(lambda lobby: setattr(lobby.modules["floor-2"], "fault", "dead"))
        found = examined(config)
        wrong = [one for one in found if one.state == "wrong"]
        assert [(one.device, one.saw) for one in wrong] == [("module/floor-2", "does not answer.")]
        assert "power" in wrong[0].try_
        assert ("aiphone/adc", "skipped") in {(one.device, one.state) for one in found}


def test_a_module_that_cannot_be_polled_often_enough_is_told(tmp_path: Path) -> None:
    """A slow line is named with the figure and the remedy of `gardu check`."""
    bus = serial(tmp_path) | {"baud_rate": 4800, "pause_s": 0.1}
    with lobby(tmp_path, "waveshare-relay-d", bus) as (_, config):
        (slow,) = [one for one in examined(config) if one.state == "wrong"]
        assert "a short press may be missed" in slow.saw
        assert "raise baud_rate" in slow.try_


def test_a_port_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    """Without the adapter the port is the finding."""
    with lobby(tmp_path, "waveshare-relay-d", serial(tmp_path)) as (live, config):
        live.do(lambda lobby: lobby.buses["floors"].port.unplug())
        wrong = [one for one in examined(config) if one.state == "wrong"]
        assert [one.device for one in wrong] == ["module/floor-2"]
        assert "is not there" in wrong[0].saw


def test_outputs_can_be_switched_by_the_doctor(tmp_path: Path) -> None:
    """`--actuate` rings and beeps through the module."""
    with lobby(tmp_path, "waveshare-relay-d", {"host": "127.0.0.1:1"}) as (live, config):
        found = examined(config, act=True)
        assert {one.device for one in found} == {"aiphone/adc", "buzzer"}
        assert live.lobby.modules["floor-2"].written >= 4


def test_inputs_are_watched_by_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`gardu watch-inputs` shows a module's input with its place, level and meaning."""
    with lobby(tmp_path, "waveshare-relay-d", {"host": "127.0.0.1:1"}) as (live, config):
        clock = live.clock
        pins = open_pins(config, clock)
        try:
            with Taps(fitted(config), pins.channels, clock) as taps:
                (tap,) = taps.taps  # outputs of modules have none
                assert level_words(tap).split("  ")[0] == "input 1 of floor-2"
                assert "off" in level_words(tap)
                live.do(_press)
                for _ in range(500):
                    if tap.active:
                        break
                    clock.sleep(0.02)
                assert level_words(tap).endswith("pressed")
                assert "  on" in level_words(tap)
        finally:
            pins.close()


def _press(lobby: Lobby) -> None:
    lobby.aiphones["adc"].contacts["accept"].set(True)
