"""A Wiegand reader: its pins, its faults, and the technician's tools, on simulated pulses."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge import waits
from edge.clock import Clock, Stamp
from edge.commands.doctor.pin_monitor import Mirror, Taps
from edge.config.inventory import fitted
from edge.config.wiring import wiring
from edge.drivers.channels import Channels
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.gpio.wiegand import WiegandReader
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import CardPresented, Event, InputRefused
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from sim.twins.wiegand import WiegandTwin, bits_of
from tests.contract.card_readers import NAME
from tests.contract.live_lobby import LiveLobby
from tests.contract.test_card_readers import wiegand
from tests.drivers.conftest import PATIENCE_S, Pins, Posted

CARD = "0063E9AE"
CONFIG = wiegand()
SECTION: Any = CONFIG.card_readers["desk"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveLobby]:
    """Yield a lobby with the reader."""
    monkeypatch.setenv(PINS, str(tmp_path / "pins.sock"))
    with LiveLobby(CONFIG, tmp_path) as lobby:
        yield lobby


@pytest.fixture
def channels(world: LiveLobby) -> Iterator[PinChannels]:
    """Yield the lobby's pins."""
    with closing(SimFactory()) as factory:
        yield PinChannels(factory, world.lobby.clock)


def twin(world: LiveLobby) -> WiegandTwin:
    """Return the reader's twin."""
    found = world.lobby.readers["desk"]
    assert isinstance(found, WiegandTwin)
    return found


def opened(
    world: LiveLobby, channels: Channels, post: Callable[[Callable[[Stamp], Event]], None]
) -> WiegandReader:
    """Return the reader's driver, open."""
    clock = world.lobby.clock
    reader = WiegandReader(NAME, SECTION, channels, clock, post)
    reader.open()
    return reader


def test_the_other_length_is_named(world: LiveLobby, channels: PinChannels) -> None:
    """A reader that sends 34 bits is refused in words that name the setting."""
    posted = Posted(world.lobby.clock)
    with closing(opened(world, channels, posted)):
        world.do(lambda _: twin(world).send(bits_of(CARD, 34)))
        assert posted.wait_for(InputRefused).why == "a frame of 34 bits (bits)"
        world.wait(twin(world).present(CARD))
        assert posted.wait_for(CardPresented).card == CARD


def test_endless_noise_is_counted_and_bounded(world: LiveLobby, channels: PinChannels) -> None:
    """Pulses without a silence take no memory and no card; the next card is read."""
    posted = Posted(world.lobby.clock)
    with closing(opened(world, channels, posted)) as reader:
        world.do(lambda _: twin(world).noise(2000))
        posted.wait_for(InputRefused)
        assert len(reader._pulses) <= 256
        assert [event for event in posted.take() if isinstance(event, CardPresented)] == []
        # The twin puts all pulses on the pins at once: some of the noise may still be under way.
        cards: list[Event] = []
        while not cards:
            world.do(lambda _: twin(world).send(bits_of(CARD, 26)))
            waits.sleep(0.3)
            cards = [event for event in posted.take() if isinstance(event, CardPresented)]
        assert getattr(cards[0], "card", "") == CARD


@pytest.mark.parametrize("line", [0, 1])
def test_a_line_that_stays_low_is_a_fault(
    world: LiveLobby, channels: PinChannels, line: int
) -> None:
    """A reader without power pulls its lines low: reported, with a remedy, until it ends."""
    with closing(opened(world, channels, Posted(world.lobby.clock))) as reader:
        reader.reconcile()
        world.do(lambda _: twin(world).hold(line, low=True))
        with pytest.raises(DeviceFault, match=f"D{line} \\(pin {20 + line}\\) stays low") as caught:
            _until_fault(reader)
        assert "supply" in caught.value.remedy
        world.do(lambda _: twin(world).hold(line, low=False))
        _until_well(reader)


def _until_fault(reader: WiegandReader) -> None:
    for _ in range(int(PATIENCE_S * 10)):
        reader.reconcile()
        waits.sleep(0.1)


def _until_well(reader: WiegandReader) -> None:
    for _ in range(int(PATIENCE_S * 10)):
        try:
            return reader.reconcile()
        except DeviceFault:
            waits.sleep(0.1)
    raise AssertionError("the fault does not end")


def test_an_error_in_post_does_not_end_the_reader(
    world: LiveLobby, channels: PinChannels, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in post is logged, and the reader reads on: it must not fail unseen."""
    failed = waits.event()
    posted = Posted(world.lobby.clock)

    def post(make: Callable[[Stamp], Event]) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("broken on purpose")
        posted(make)

    with closing(opened(world, channels, post)):
        world.do(lambda _: twin(world).noise(5))
        assert failed.wait(PATIENCE_S)
        world.wait(twin(world).present(CARD))
        posted.wait_for(CardPresented)
    assert "broken on purpose" in caplog.text


def test_a_pin_that_is_taken_makes_it_unavailable(pins: Pins, clock: Clock, posted: Posted) -> None:
    """If D1 cannot be claimed, D0 is released again, and the reader opens once it can."""
    other = WiegandReader("card-reader/other", SECTION, pins.channels(clock), clock, posted)
    other.open()
    reader = WiegandReader(NAME, SECTION, pins.channels(clock), clock, posted)
    with pytest.raises(DeviceUnavailable, match=f"^{NAME}: "):
        reader.open()
    other.close()
    reader.open()
    reader.close()
    reader.close()


def test_both_pins_are_in_the_wiring_table() -> None:
    """The table names both lines, and that 5 V are too much."""
    rows = {wire.pin: wire for wire in wiring(CONFIG)}
    assert (rows[20].function, rows[21].function) == (
        "card reader desk d0",
        "card reader desk d1",
    )
    assert rows[20].direction == "in"
    assert "3.3 V at most" in rows[20].wired


def test_the_technicians_tools_pass_pulses_on(world: LiveLobby, channels: PinChannels) -> None:
    """`watch-inputs` and `doctor` count each edge of both lines, and the driver reads the card."""
    clock = world.lobby.clock
    posted = Posted(clock)
    with Taps(fitted(CONFIG), channels, clock) as taps:
        mirror = Mirror(taps.taps, clock)
        with closing(opened(world, mirror, posted)):
            world.wait(twin(world).present(CARD))
            assert posted.wait_for(CardPresented).card == CARD
        edges = [tap.changes for tap in taps.taps]
        ones = sum(bits_of(CARD, 26))
        assert edges == [2 * (26 - ones), 2 * ones]
        assert [tap.active for tap in taps.taps] == [False, False]
        mirror.close()
