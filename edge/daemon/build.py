"""Builds the devices that the config names; no other module does this, and none is opened here.

Drivers are imported where they are needed: their libraries cost memory, and some are on a Pi only.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from edge.clock import Clock, Stamp
from edge.config.model import Config
from edge.config.sections.cameras import Camera as CameraConfig
from edge.config.sections.cameras import HttpCamera, OnvifCamera, PiCamera, RtspCamera
from edge.config.sections.card_readers import CardReader as CardReaderSection
from edge.config.sections.card_readers import Pn532
from edge.config.sections.lockers import GpioLockers, KerongLockers
from edge.config.sections.lockers import Lockers as LockersSection
from edge.daemon.devices import Devices
from edge.drivers.base import Camera, CardReader, CodeScanner, Device, Lockers
from edge.drivers.camera.stamper import Stamper
from edge.drivers.serial.bus import SerialBus
from edge.mqtt.backoff import Backoff
from edge.sop.events import InvitationPresented, InvitationRefused, Post
from edge.store.still_files import StillFiles

if TYPE_CHECKING:
    from edge.guestbook.invitations import Invitation

# A camera's process costs a small Pi seconds of work to start: retry a missing camera rarely.
CAMERA_RESTART = Backoff(5.0, 120.0)

Expect = Callable[["Invitation"], None]
"""Called with an invitation that was found valid."""


def build_devices(
    config: Config,
    clock: Clock,
    post: Post,
    stills: StillFiles,
    factory: Any = None,
    expect: Expect | None = None,
) -> Devices:
    """Return the devices that *config* names, none of them opened yet.

    :param factory: a gpiozero factory of the pins; by default this machine's own
    :param expect: called with each valid invitation, before the core is notified
    """
    from edge.drivers.gpio.aiphone import GpioAiphone
    from edge.drivers.gpio.buzzer import GpioBuzzer
    from edge.drivers.gpio.door import GpioDoor
    from edge.drivers.gpio.metal_detector import GpioMetalDetector
    from edge.drivers.gpio.panel import GpioPanel
    from edge.drivers.gpio.pins import pin_factory
    from edge.drivers.gpio.safety import GpioSafetyInputs

    devices = Devices(clock, post, stills)
    factory = factory or pin_factory(config.gpio.chip)
    buses = {name: SerialBus(f"bus/{name}", bus, post) for name, bus in config.buses.items()}
    if config.lockers is not None:
        devices.add_lockers(build_lockers(config.lockers, buses, factory, clock, post))
    if config.buzzer is not None:
        zone = config.checkpoint.timezone
        devices.add_buzzer(GpioBuzzer("buzzer", config.buzzer, factory, clock, zone))
    if config.metal_detector is not None:
        detector = config.metal_detector
        devices.add(GpioMetalDetector("metal-detector", detector, factory, clock, post))
    for name, aiphone in config.aiphone.items():
        station = GpioAiphone(f"aiphone/{name}", aiphone, factory, clock, post)
        devices.add_aiphone(name, station)
    for name, door in config.doors.items():
        devices.add_door(name, GpioDoor(f"door/{name}", door, factory, clock, post))
    if config.safety is not None:
        devices.add(GpioSafetyInputs("safety", config.safety, factory, clock, post))
    for name, panel in config.panels.items():
        devices.add_panel(name, GpioPanel(f"panel/{name}", panel, factory, clock, post))
    for reader in _build_readers(config, clock, post, expect):
        devices.add(reader)
    _add_cameras(devices, config, clock)
    return devices


def build_lockers(
    config: LockersSection,
    buses: Mapping[str, SerialBus],
    factory: Any,
    clock: Clock,
    post: Post,
) -> Lockers:
    """Return the driver of the lockers of *config*; *buses* by their names in the config."""
    from edge.drivers.gpio.wired_lockers import WiredLockers
    from edge.drivers.serial.kerong import KerongBoards
    from edge.drivers.serial.modbus_lockers import ModbusLockers

    match config:
        case GpioLockers():
            return WiredLockers("lockers", config, factory, clock, post)
        case KerongLockers():
            return KerongBoards("lockers", config, buses[config.bus], clock, post)
        case _:
            return ModbusLockers("lockers", config, buses[config.bus], factory, clock, post)


def _build_readers(
    config: Config, clock: Clock, post: Post, expect: Expect | None
) -> Iterator[Device]:
    for name, reader in config.card_readers.items():
        yield build_card_reader(f"card-reader/{name}", reader, clock, post)
    for name in config.scanners:
        yield build_scanner(name, config, clock, post, expect)


def build_card_reader(name: str, config: CardReaderSection, clock: Clock, post: Post) -> CardReader:
    """Return the driver of one card reader."""
    from edge.drivers.serial.frame_reader import FrameReader
    from edge.drivers.serial.pn532 import Pn532Reader

    if isinstance(config, Pn532):
        return Pn532Reader(name, config, clock, post)
    return FrameReader(name, config, clock, post)


def build_scanner(
    name: str, config: Config, clock: Clock, post: Post, expect: Expect | None = None
) -> CodeScanner:
    """Return the driver of the scanner *name*, which reads invitations to this checkpoint."""
    from edge.drivers.serial.gm65 import Gm65Scanner
    from edge.guestbook.invitations import BadInvitation, key_ring, read

    here, rules = config.checkpoint, config.invitations
    keys = key_ring(rules.keys.values())

    def read_here(text: str, reader: str, at: Stamp) -> InvitationPresented | InvitationRefused:
        now_ms = at.wall_ms if at.synced or not rules.need_synced_clock else None
        try:
            found = read(text, keys, now_ms, here.site, here.id, here.procedures)
        except BadInvitation as refused:
            return InvitationRefused(at, reader, refused.why)
        if expect is not None:
            expect(found)
        return InvitationPresented(at, reader, found.id, found.procedure, found.not_after_ms)

    return Gm65Scanner(f"scanner/{name}", config.scanners[name], read_here, clock, post)


def _add_cameras(devices: Devices, config: Config, clock: Clock) -> None:
    for name, camera in config.cameras.items():
        devices.add_camera(_build_camera(f"camera/{name}", camera, clock), camera.purposes)
    if config.cameras:
        devices.add_stamper(Stamper("stamper", config.stills, config.checkpoint))


def _build_camera(name: str, config: CameraConfig, clock: Clock) -> Camera:
    match config:
        case HttpCamera():
            from edge.drivers.camera.http_camera import HttpSnapshotCamera

            return HttpSnapshotCamera(name, config, clock)
        case RtspCamera():
            from edge.drivers.camera.rtsp_camera import RtspStillCamera

            return RtspStillCamera(name, config, clock)
        case OnvifCamera():
            from edge.drivers.camera.onvif_camera import OnvifStillCamera

            return OnvifStillCamera(name, config, clock)
        case PiCamera():
            from edge.drivers.camera.picamera2 import Picamera2Camera

            return Picamera2Camera(name, config, clock, CAMERA_RESTART.delay)
