"""Builds the devices that the config names; no other module does this, and none is opened here.

Drivers are imported where they are needed: their libraries cost memory, and some are on a Pi only.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from edge.clock import Clock, Stamp
from edge.config.model import Config
from edge.config.parts import pin_parts
from edge.config.sections.cameras import Camera as CameraConfig
from edge.config.sections.cameras import HttpCamera, OnvifCamera, PiCamera, RtspCamera
from edge.config.sections.card_readers import CardReader as CardReaderSection
from edge.config.sections.card_readers import KeyboardCardReader, KeyboardScanner, Pn532, Wiegand
from edge.config.sections.lockers import BccLockers, GpioLockers, KerongLockers
from edge.config.sections.lockers import Lockers as LockersSection
from edge.daemon.devices import Devices
from edge.drivers.base import Camera, CardReader, CodeScanner, Device, Lockers
from edge.drivers.camera.stamper import Stamper
from edge.drivers.channels import Channels
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import AllChannels, ModuleChannels
from edge.mqtt.backoff import Backoff
from edge.sop.detectors import device_of
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
    channels: Channels | None = None,
    expect: Expect | None = None,
    buses: Buses | None = None,
) -> Devices:
    """Return the devices that *config* names, none of them opened yet.

    :param channels: the inputs and outputs; by default this machine's own
    :param buses: the lines that *channels* uses, which the devices share; by default new ones
    :param expect: called with each valid invitation, before the core is notified
    """
    from edge.drivers.wired.aiphone import WiredAiphone
    from edge.drivers.wired.buzzer import WiredBuzzer
    from edge.drivers.wired.door import WiredDoor
    from edge.drivers.wired.metal_detector import WiredMetalDetector
    from edge.drivers.wired.panel import WiredPanel
    from edge.drivers.wired.safety import WiredSafetyInputs

    devices = Devices(clock, post, stills)
    buses = buses or Buses(config.buses, clock)
    buses.post = post
    channels = channels or open_channels(config, clock, buses)
    for module in channels.modules.devices if isinstance(channels, AllChannels) else ():
        devices.add(module)
    if config.lockers is not None:
        devices.add_lockers(build_lockers(config.lockers, buses, channels, clock, post))
    if config.buzzer is not None:
        zone = config.checkpoint.timezone
        devices.add_buzzer(WiredBuzzer("buzzer", config.buzzer, channels, clock, zone))
    for name, detector in config.detectors.items():
        devices.add(WiredMetalDetector(device_of(name), detector, channels, clock, post))
    for name, aiphone in config.aiphone.items():
        station = WiredAiphone(f"aiphone/{name}", aiphone, channels, clock, post)
        devices.add_aiphone(name, station)
    _add_host_lamps(devices, config, channels, clock)
    for name, door in config.doors.items():
        devices.add_door(name, WiredDoor(f"door/{name}", door, channels, clock, post))
    if config.safety is not None:
        devices.add(WiredSafetyInputs("safety", config.safety, channels, clock, post))
    for name, panel in config.panels.items():
        devices.add_panel(name, WiredPanel(f"panel/{name}", panel, channels, clock, post))
    for reader in _build_readers(config, channels, clock, post, expect):
        devices.add(reader)
    _add_cameras(devices, config, clock)
    return devices


def open_channels(config: Config, clock: Clock, buses: Buses) -> Channels:
    """Return the inputs and outputs of this machine and of its modules; none is claimed yet.

    Pins are opened only if the config uses one, or has no module.

    :raises DeviceUnavailable: if there are no pins, or they cannot be opened
    """
    from edge.drivers.gpio.pin_channels import PinChannels
    from edge.drivers.gpio.pins import pin_factory

    pins = None
    if not config.modules or any(pin_parts(config)):
        pins = PinChannels(pin_factory(config.gpio.chip, config.gpio.library), clock)
    if pins is not None and not config.modules:
        return pins
    return AllChannels(pins, ModuleChannels(config, buses, clock))


def build_lockers(
    config: LockersSection,
    buses: Buses,
    channels: Channels,
    clock: Clock,
    post: Post,
) -> Lockers:
    """Return the driver of the lockers of *config*, on its bus among *buses*."""
    from edge.drivers.modbus.lockers import ModbusLockers
    from edge.drivers.serial.bcc_frames import Bcc
    from edge.drivers.serial.kerong_frames import FAMILIES
    from edge.drivers.serial.lock_boards import LockBoards
    from edge.drivers.wired.relay_lockers import RelayLockers

    match config:
        case GpioLockers():
            return RelayLockers("lockers", config, channels, clock, post)
        case KerongLockers():
            family, line = FAMILIES[config.board], buses.serial(config.bus)
            return LockBoards("lockers", config, family, line, clock, post)
        case BccLockers():
            line = buses.serial(config.bus)
            return LockBoards("lockers", config, Bcc(config), line, clock, post)
        case _:
            modbus = buses.modbus(config.bus)
            return ModbusLockers("lockers", config, modbus, channels, clock, post)


def _build_readers(
    config: Config, channels: Channels, clock: Clock, post: Post, expect: Expect | None
) -> Iterator[Device]:
    for name, reader in config.card_readers.items():
        yield build_card_reader(f"card-reader/{name}", reader, channels, clock, post)
    for name in config.scanners:
        yield build_scanner(name, config, clock, post, expect)


def build_card_reader(
    name: str, config: CardReaderSection, channels: Channels, clock: Clock, post: Post
) -> CardReader:
    """Return the driver of one card reader."""
    from edge.drivers.gpio.wiegand import WiegandReader
    from edge.drivers.hid.keyboard import KeyboardCardReader as KeyboardDriver
    from edge.drivers.serial.frame_reader import FrameReader
    from edge.drivers.serial.pn532 import Pn532Reader

    match config:
        case Pn532():
            return Pn532Reader(name, config, clock, post)
        case KeyboardCardReader():
            return KeyboardDriver(name, config, clock, post)
        case Wiegand():
            return WiegandReader(name, config, channels, clock, post)
        case _:
            return FrameReader(name, config, clock, post)


def build_scanner(
    name: str, config: Config, clock: Clock, post: Post, expect: Expect | None = None
) -> CodeScanner:
    """Return the driver of the scanner *name*, which reads invitations to this checkpoint."""
    from edge.drivers.hid.keyboard import KeyboardScanner as KeyboardDriver
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
        return InvitationPresented(
            at, reader, found.id, found.procedure, found.not_after_ms, found.host
        )

    section = config.scanners[name]
    if isinstance(section, KeyboardScanner):
        return KeyboardDriver(f"scanner/{name}", section, read_here, clock, post)
    return Gm65Scanner(f"scanner/{name}", section, read_here, clock, post)


def _add_host_lamps(devices: Devices, config: Config, channels: Channels, clock: Clock) -> None:
    from edge.drivers.wired.host_lamps import WiredHostLamps

    lamps = {host.id: host.lamp for host in config.hosts if host.lamp is not None}
    if lamps:
        devices.add_host_lamps(WiredHostLamps("hosts", lamps, channels, clock))


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
