"""Every driver of card readers on its twin."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.config.model import Config
from edge.daemon.build import build_card_reader
from edge.drivers import base
from edge.drivers.gpio.pin_channels import PinChannels
from edge.sop.events import Event
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from tests.contract.card_readers import NAME, CardReaderContract, PortReaderContract
from tests.contract.live_lobby import LiveLobby
from tests.drivers.conftest import Posted

SHORT_NUMBERS = ("010063E9AE", "0100A4C101")
READERS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "rdm6300": ({"driver": "rdm6300"}, SHORT_NUMBERS),
    "id-12la": ({"driver": "id-12la"}, SHORT_NUMBERS),
    "em-18": ({"driver": "em-18"}, SHORT_NUMBERS),
    "keyboard decimal": ({"driver": "keyboard", "number": "decimal"}, ("0063E9AE", "00A4C101")),
    "keyboard facility": (
        {"driver": "keyboard", "number": "facility-card", "first_byte": "01"},
        SHORT_NUMBERS,
    ),
    "pn532": ({"driver": "pn532"}, ("DEADBEEF", "04A2241A2B3C80")),
    "pn532 long": ({"driver": "pn532", "poll_s": 0.5}, ("01020304", "04A2241A2B3C80112233")),
}


class TwinBench:
    """A driver on its twin's serial port."""

    def __init__(
        self,
        lobby: LiveLobby,
        config: Config,
        posted: Posted,
        cards: tuple[str, str],
        channels: Any = None,
    ) -> None:
        self.cards = cards
        self._silence_s = config.card_readers["desk"].removed_after_s
        self._lobby = lobby
        self._posted = posted
        self._twin = lobby.lobby.readers["desk"]
        self.driver: base.CardReader = build_card_reader(
            NAME, config.card_readers["desk"], channels, lobby.clock, posted
        )

    def present(self, *cards: str) -> None:
        """Hold cards at the twin."""
        self._lobby.wait(self._twin.present(*cards))

    def remove(self) -> None:
        """Remove them and wait for longer than the driver's silence."""
        self._lobby.wait(self._twin.remove())
        self._lobby.clock.sleep(2.2 * self._silence_s)

    def disturb(self) -> None:
        """Send a card with a wrong checksum."""
        self._lobby.do(lambda _: self._twin.bad_checksum(self.cards[0]))

    def unplug(self) -> None:
        """Pull the plug."""
        self._lobby.do(lambda lobby: lobby.reader_ports["desk"].unplug())

    def plug(self) -> None:
        """Plug it in again."""
        self._lobby.do(lambda lobby: lobby.reader_ports["desk"].plug())

    def wait_for(self, kind: type[Event]) -> Event:
        """Wait until an event of *kind* is posted."""
        return self._posted.wait_for(kind)

    def take(self) -> list[Event]:
        """Return what was posted since the last call."""
        return self._posted.take()


def wired(folder: Path, reader: dict[str, Any]) -> Config:
    """Return the config of a checkpoint with one card reader."""
    desk = {
        "port": str(folder / "tty-desk"),
        "stations": ["reception"],
        **reader,
    }
    return msgspec.convert(
        {
            "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["pimpinan"]},
            "cards": {"visitor": ["010063E9AE"]},
            "card_readers": {"desk": desk},
        },
        Config,
    )


@pytest.fixture(params=READERS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TwinBench]:
    """Yield a reader with its driver open."""
    reader, cards = READERS[request.param]
    config = wired(tmp_path, reader)
    before = threading.active_count()
    with LiveLobby(config, tmp_path) as lobby:
        bench = TwinBench(lobby, config, Posted(lobby.clock), cards)
        bench.driver.open()
        yield bench
        bench.driver.close()
    assert threading.active_count() == before


class TestOnTwins(PortReaderContract):
    """Every driver of card readers with a port on its twin."""


WIEGAND: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "26 bits": ({}, ("0063E9AE", "00A4C101")),
    "34 bits": (
        {"bits": 34, "first_byte": "01", "d0": {"pin": 20, "pull": "external-up"}},
        SHORT_NUMBERS,
    ),
}


def wiegand(**more: Any) -> Config:
    """Return the config of a checkpoint with one Wiegand reader."""
    return msgspec.convert(
        {
            "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["pimpinan"]},
            "cards": {"visitor": ["010063E9AE"]},
            "card_readers": {
                "desk": {
                    "driver": "wiegand", "d0": {"pin": 20}, "d1": {"pin": 21},
                    "stations": ["reception"], **more,
                }
            },
        },
        Config,
    )  # fmt: skip


class TestWiegand(CardReaderContract):
    """The driver of Wiegand readers on its twin's pulses."""

    @pytest.fixture(params=WIEGAND)
    def bench(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[TwinBench]:
        """Yield a reader of each length."""
        more, cards = WIEGAND[request.param]
        monkeypatch.setenv(PINS, str(tmp_path / "pins.sock"))
        config = wiegand(**more)
        before = threading.active_count()
        with LiveLobby(config, tmp_path) as lobby, closing(SimFactory()) as factory:
            channels = PinChannels(factory, lobby.clock)
            bench = TwinBench(lobby, config, Posted(lobby.clock), cards, channels)
            bench.driver.open()
            yield bench
            bench.driver.close()
        assert threading.active_count() == before
