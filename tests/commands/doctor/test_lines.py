"""The doctor at serial lines: boards on RS-485, and readers, tried with a card."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.commands.doctor.acts import actuate
from edge.commands.doctor.devices import Pins, examine_devices
from edge.commands.doctor.finding import Finding
from edge.config.inventory import Line, device_of, lines
from edge.config.model import Config
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.modbus.buses import Buses
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from tests.contract.live_lobby import LiveLobby
from tests.contract.test_lockers import kerong


@contextmanager
def lobby(
    raw: dict[str, Any], folder: Path, patch: pytest.MonkeyPatch
) -> Iterator[tuple[LiveLobby, Pins]]:
    """Yield a lobby of *raw*, and its pins."""
    patch.setenv(PINS, str(folder / "pins.sock"))
    with LiveLobby(read(raw, folder), folder) as live:
        clock = live.clock
        factory = SimFactory()
        try:
            yield live, Pins(PinChannels(factory, clock), "", Buses(live.lobby.config.buses, clock))
        finally:
            factory.close()


def read(raw: dict[str, Any], folder: Path) -> Config:
    """Return the config of a checkpoint with its serial ports in *folder*."""
    for name, bus in raw.get("buses", {}).items():
        bus["port"] = str(folder / f"bus-{name}")
    for name, reader in raw.get("card_readers", {}).items():
        reader["port"] = str(folder / f"tty-{name}")
    base = {
        "checkpoint": {
            "site": "setda", "id": "lobi", "procedures": ["pimpinan"], "data": str(folder),
        },
        "cards": {"visitor": ["010063E9AE"]},
    }  # fmt: skip
    return msgspec.convert({**base, **raw}, Config)


def looked_at(live: LiveLobby, pins: Pins, device: str, asker: Any = None) -> list[Finding]:
    """Return the doctor's findings at *device*."""
    return list(examine_devices(live.lobby.config, live.lobby.clock, pins, {device}, asker))


def test_boards_are_asked_and_nothing_is_fired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each locker's door is read from its board; an open one is wrong; no solenoid moves."""
    with lobby(kerong("cu16", 16), tmp_path, monkeypatch) as (live, pins):
        live.do(lambda lobby: lobby.lockers[2].force_open())
        found = looked_at(live, pins, "lockers")
        assert [(finding.state, finding.saw) for finding in found] == [
            ("ok", "Locker 1: the door is shut."),
            ("wrong", "Locker 2: the door is open."),
        ]
        assert "closed_bit" in found[1].try_
        assert [locker.pulses for locker in live.lobby.lockers.values()] == [0, 0]


def test_a_silent_board_is_told_with_its_lockers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent board is reported with its lockers, and with the wiring to check."""
    with lobby(kerong("cu16", 16), tmp_path, monkeypatch) as (live, pins):
        board: Any = live.lobby.buses["lockers"].boards[0]
        board.fault = "dead"
        wrong = [one for one in looked_at(live, pins, "lockers") if one.state == "wrong"]
        assert len(wrong) == 1
        assert "swap A and B once" in wrong[0].try_


def test_the_port_is_free_again_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examination closes the port, so that the actuation can use it."""
    with lobby(kerong("cu16", 16), tmp_path, monkeypatch) as (live, pins):
        looked_at(live, pins, "lockers")
        config, clock = live.lobby.config, live.lobby.clock
        done = list(actuate(config, clock, pins.channels, {"lockers"}, None, pins.buses))
        assert [finding.saw for finding in done] == [
            "Unlock locker 1: the door opened.", "Unlock locker 2: the door opened.",
        ]  # fmt: skip
        assert [locker.pulses for locker in live.lobby.lockers.values()] == [1, 1]


class Holder:
    """A technician who holds a card to the reader when asked, or refuses."""

    def __init__(self, live: LiveLobby, card: str | None) -> None:
        self.asked: list[str] = []
        self._live = live
        self._card = card

    def agrees(self, question: str) -> bool:
        """Hold the card to the reader."""
        self.asked.append(question)
        if self._card is None:
            return False
        self._live.wait(self._live.lobby.readers["desk"].present(self._card))
        return True


READER = {"card_readers": {"desk": {"driver": "rdm6300", "stations": ["reception"]}}}


@pytest.mark.parametrize(
    ("card", "state", "saw"),
    [
        ("010063E9AE", "ok", "Card 010063E9AE."),
        (None, "skipped", "Nothing was held to it."),
    ],
)
def test_a_reader_is_tried_with_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: str | None, state: str, saw: str
) -> None:
    """With a technician a reader is tried with a card; else it is only opened."""
    with lobby(READER, tmp_path, monkeypatch) as (live, pins):
        (plain,) = looked_at(live, pins, "card-reader/desk")
        assert plain.saw == "It can be opened."
        holder = Holder(live, card)
        found = looked_at(live, pins, "card-reader/desk", holder)
        assert holder.asked[0].startswith("Hold a card to card-reader/desk")
        assert (state, saw) in [(finding.state, finding.saw) for finding in found]


def test_lines_and_devices_are_found_in_the_config(tmp_path: Path) -> None:
    """Boards share their bus's port, and each key belongs to a device that `health` names."""
    config = read({**kerong("cu16", 16), **READER}, tmp_path)
    port, bus = str(tmp_path / "tty-desk"), str(tmp_path / "bus-lockers")
    assert lines(config) == [
        Line(device="card-reader/desk", port=port, driver="rdm6300"),
        Line(device="lockers", port=bus, driver="kerong", bus="lockers", addresses=(0, 15)),
    ]
    assert device_of(config, "lockers.locker[0].door") == "lockers"
    assert device_of(config, "buses.lockers.port") == "bus/lockers"
    assert device_of(config, "metal_detector.alarm") == "metal-detector"
