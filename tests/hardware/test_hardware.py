"""The contract suites with a technician: on a Pi by hand, on other machines rehearsed.

On a Pi: ``make hardware-test CONFIG=/etc/gardu/gardu.toml`` (docs/technician.md).
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gpiozero.pins.mock import MockFactory

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import CheckpointSection, Config
from edge.config.sections.card_readers import Wiegand
from edge.config.sections.guests import Cards
from edge.config.sections.lockers import GpioLockers
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.gpio.pins import pin_factory
from edge.errors import DeviceUnavailable
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from tests.contract import (
    aiphone,
    buzzer,
    cameras,
    card_readers,
    door,
    lockers,
    metal_detector,
    panel,
    safety,
)
from tests.contract import test_aiphone as aiphones
from tests.contract import test_buzzer as buzzers
from tests.contract import test_cameras as http_cameras
from tests.contract import test_card_readers as readers
from tests.contract import test_door as doors
from tests.contract import test_lockers as locker_twins
from tests.contract import test_metal_detector as detectors
from tests.contract import test_panel as panels
from tests.contract import test_safety as safeties
from tests.contract.live_lobby import LiveLobby
from tests.contract.locker_bench import bench_of
from tests.drivers.conftest import Posted
from tests.hardware import hands
from tests.hardware.bench import AiphoneBench, Desk, DoorBench, HandBench, LockersBench, ReaderBench
from tests.hardware.contract_config import contract_config, names
from tests.hardware.rehearsal import Rehearsed
from tests.hardware.technician import Person

CONFIG = os.environ.get("GARDU_HARDWARE", "")
"""The config of the Pi that this runs on; empty: rehearse."""

MODES = ["by-hand"] if CONFIG else ["rehearsed"]
HINT = "on a Pi, at a terminal: make hardware-test CONFIG=/etc/gardu/gardu.toml"


class Suite(NamedTuple):
    """A contract suite: its device, its kind of bench, and its words.

    :ivar twin: makes the contract's own bench of simulated equipment, its driver closed
    """

    device: str
    kind: type[HandBench]
    protocol: type
    words: tuple[hands.Hand, ...]
    twin: Any


@contextmanager
def locker_twin(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Config]]:
    """Yield lockers on pins."""
    making = contextmanager(bench_of)(locker_twins.gpio("low"), folder, patch)
    with making as twin:
        twin.driver.close()
        yield twin, twin.world.lobby.config


@contextmanager
def board_twin(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Config]]:
    """Yield lockers on boards of an RS-485 line."""
    making = contextmanager(bench_of)(locker_twins.KERONG["cu16"], folder, patch)
    with making as twin:
        twin.driver.close()
        yield twin, twin.world.lobby.config


def pin_twin(module: Any, *wiring: Any) -> Any:
    """Return a function that makes the bench of *module*."""

    @contextmanager
    def make(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Config]]:
        with module.TwinBench.made(folder, patch, *wiring) as twin:
            twin.driver.close()
            yield twin, twin.lobby.config

    return make


@contextmanager
def reader_twin(folder: Path, _patch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Config]]:
    """Yield an RDM6300 on its port."""
    reader, cards = readers.READERS["rdm6300"]
    config = readers.wired(folder, reader)
    with LiveLobby(config, folder) as lobby:
        twin: Any = readers.TwinBench(lobby, config, Posted(lobby.clock), cards)
        twin.clock, twin.factory = lobby.clock, MockFactory()
        yield twin, config


@contextmanager
def wiegand_twin(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Config]]:
    """Yield a Wiegand reader on two pins."""
    more, cards = readers.WIEGAND["26 bits"]
    config = readers.wiegand(**more)
    patch.setenv(PINS, str(folder / "pins.sock"))
    with LiveLobby(config, folder) as lobby, closing(SimFactory()) as factory:
        channels = PinChannels(factory, lobby.clock)
        twin: Any = readers.TwinBench(lobby, config, Posted(lobby.clock), cards, channels)
        twin.clock, twin.factory = lobby.clock, factory
        yield twin, config


@contextmanager
def camera_twin(folder: Path, _patch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Config]]:
    """Yield an IP camera on loopback."""
    twin: Any = http_cameras.HttpBench(folder, "digest")
    twin.factory = MockFactory()
    checkpoint = CheckpointSection(
        site="setda", id="lobi", procedures=["pimpinan"], data=str(folder)
    )
    pool = Cards(visitor=["010063E9AE"])
    try:
        yield (
            twin,
            Config(checkpoint=checkpoint, cards=pool, cameras={"lobby": twin.driver._config}),
        )
    finally:
        twin.close()


@contextmanager
def station(
    suite: Suite, folder: Path, patch: pytest.MonkeyPatch, cards: list[str]
) -> Iterator[Any]:
    """Yield an open bench with no event posted since, by hand or rehearsed."""
    with ExitStack() as stack:
        desk = _by_hand(stack) if CONFIG else _rehearsed(stack, suite, folder, patch)
        bench = suite.kind(desk, suite.device, suite.protocol, suite.words)
        stack.callback(bench.close)
        bench.driver.open()
        if isinstance(bench, ReaderBench):
            bench.learn(cards)
        if desk.config.lockers and suite.device == "lockers":
            bench.posted(*(lockers.closed(n, initial=True) for n in (1, 2)))
        bench.take()
        yield bench


def _by_hand(stack: ExitStack) -> Desk:
    config = load_config(Path(CONFIG))
    person = stack.enter_context(Person())
    try:
        factory = pin_factory(config.gpio.chip, config.gpio.library)
    except DeviceUnavailable as error:
        pytest.skip(f"needs a Pi: {error}")
    stack.callback(factory.close)
    for words in names(config):
        person.hears(words)
    return Desk(contract_config(config), Clock(), factory, person)


def _rehearsed(stack: ExitStack, suite: Suite, folder: Path, patch: pytest.MonkeyPatch) -> Desk:
    twin, config = stack.enter_context(suite.twin(folder, patch))
    return Desk(config, twin.clock, twin.factory, Rehearsed(twin, suite.words))


LOCKERS = Suite("lockers", LockersBench, lockers.Bench, hands.LOCKERS, locker_twin)
BOARDS = Suite("lockers", LockersBench, lockers.BoardBench, hands.LOCKERS, board_twin)
DETECTOR = Suite(
    "metal-detector", HandBench, metal_detector.Bench, hands.DETECTOR,
    pin_twin(detectors, *detectors.WIRINGS["to ground"]),
)  # fmt: skip
AIPHONE = Suite(
    "aiphone/adc", AiphoneBench, aiphone.Bench, hands.AIPHONE,
    pin_twin(aiphones, *aiphones.WIRINGS["active low, contacts to ground"]),
)  # fmt: skip
DOOR = Suite(
    "door/kantor", DoorBench, door.Bench, hands.DOOR,
    pin_twin(doors, *doors.WIRINGS["fail-secure, active low"]),
)  # fmt: skip
SAFETY = Suite("safety", HandBench, safety.Bench, hands.SAFETY, pin_twin(safeties, "up"))
READER = Suite(
    "card-reader/desk", ReaderBench, card_readers.PluggedBench, hands.READER, reader_twin
)
WIEGAND = Suite("card-reader/desk", ReaderBench, card_readers.Bench, hands.READER, wiegand_twin)
CAMERA = Suite("camera/lobby", HandBench, cameras.Bench, hands.CAMERA, camera_twin)
PANEL = Suite(
    "panel/reception", HandBench, panel.Bench, hands.PANEL,
    pin_twin(panels, *panels.WIRINGS["green and red"]),
)  # fmt: skip
BUZZER = Suite("buzzer", HandBench, buzzer.Bench, hands.BUZZER, pin_twin(buzzers, "high"))


@pytest.fixture(scope="class")
def cards() -> list[str]:
    """Hold the numbers of the technician's two cards, once they are learned."""
    return []


@pytest.fixture(params=MODES)
def bench(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cards: list[str],
) -> Iterator[Any]:
    """Yield the bench of the test's suite."""
    suite: Suite = request.cls.SUITE
    if CONFIG and suite in (LOCKERS, BOARDS):
        section = load_config(Path(CONFIG)).lockers
        if section is not None and isinstance(section, GpioLockers) == (suite is BOARDS):
            pytest.skip("the config has the other kind of lockers")
    if CONFIG and suite in (READER, WIEGAND):
        reader = next(iter(load_config(Path(CONFIG)).card_readers.values()), None)
        if reader is not None and isinstance(reader, Wiegand) == (suite is READER):
            pytest.skip("the config's first card reader is of the other kind")
    with station(suite, tmp_path, monkeypatch, cards) as bench:
        yield bench


class TestLockers(lockers.LockersContract):
    """Lockers on pins."""

    SUITE = LOCKERS


class TestBoardLockers(lockers.BoardLockersContract):
    """Lockers with a board on a line between."""

    SUITE = BOARDS


class TestMetalDetector(metal_detector.MetalDetectorContract):
    """The walk-through detector."""

    SUITE = DETECTOR


class TestAiphone(aiphone.AiphoneContract):
    """The called station."""

    SUITE = AIPHONE


class TestDoor(door.DoorContract):
    """The access door."""

    SUITE = DOOR


class TestSafety(safety.SafetyContract):
    """The safety inputs."""

    SUITE = SAFETY


class TestCardReader(card_readers.PortReaderContract):
    """The card reader on a port."""

    SUITE = READER


class TestWiegandReader(card_readers.CardReaderContract):
    """The card reader on two pins."""

    SUITE = WIEGAND


class TestCamera(cameras.CamerasContract):
    """The camera."""

    SUITE = CAMERA


class TestPanel(panel.PanelContract):
    """Lamps and buttons."""

    SUITE = PANEL


class TestBuzzer(buzzer.BuzzerContract):
    """The buzzer."""

    SUITE = BUZZER


@pytest.mark.skipif(bool(CONFIG), reason="this is one")
def test_on_a_pi() -> None:
    """Skipped without a config: the line in the report shows how to run by hand."""
    pytest.skip(HINT)
