"""The devices of one checkpoint: built from the config in one place, kept open, and made to act.

Each device has a thread of its own, because its calls block (a lock's pulse, a ring's pattern, a
camera's deadline). A device that is not there is tried again; the checkpoint goes on without it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

from edge.clock import Clock, Stamp
from edge.config import Config
from edge.drivers.base import (
    Aiphone,
    Buzzer,
    Camera,
    CardReader,
    CodeScanner,
    Device,
    Door,
    Lockers,
    Panel,
    Post,
)
from edge.drivers.bus import SerialBus
from edge.drivers.stamper import Stamper
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sections.cameras import HttpCamera, PiCamera
from edge.sections.card_readers import CardReader as CardReaderSection
from edge.sections.card_readers import Pn532
from edge.sections.lockers import GpioLockers, KerongLockers
from edge.sections.lockers import Lockers as LockersSection
from edge.sop.effects import (
    Beep,
    Effect,
    FlashLamp,
    HoldDoor,
    ReleaseDoor,
    RingAide,
    TakeStill,
    UnlockLocker,
)
from edge.sop.events import DeviceFailed, DeviceRestored, StillMissed
from edge.still_files import StillFiles
from edge.worker import Worker

log = logging.getLogger(__name__)

# Real seconds. A plugged-in reader is in use again before its owner has sat down.
RETRY_S = 2.0
# How often levels are read again, in case an edge was missed.
RECONCILE_S = 5.0
# systemd gives the whole stop 5 s (systemd/gardu.service).
CLOSE_S = 2.0


# What of a device can fail by itself.
Part = Literal["calls", "levels"]


class Kept:
    """One device and its thread.

    What was asked of it and what its levels say fail and recover apart: a lamp that lights does
    not mend the stuck button beside it.
    """

    def __init__(self, device: Device, post: Post, opened: Callable[[], None] | None) -> None:
        self.device = device
        self.ready = False
        self._whys: dict[Part, str] = {}
        self._post = post
        self._opened = opened
        self._worker = Worker(device.name)

    async def keep(self) -> None:
        """Open the device, for ever if need be; then read its levels again now and then."""
        while not self.ready:
            try:
                await self._worker.do(self.device.open)
            except (DeviceUnavailable, DeviceFault) as error:
                self.failed(str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self.ready = True
                self.restored()
        if self._opened is not None:
            self._opened()
        reconcile = getattr(self.device, "reconcile", None)
        while reconcile is not None:
            await asyncio.sleep(RECONCILE_S)
            await self._worker.do(self._guarded, reconcile, "levels")

    def act(self, call: Callable[[], None], worker: Worker | None = None) -> None:
        """Run *call* on the device's thread or on *worker*; a failure is reported, never raised."""
        (worker or self._worker).submit(self._guarded, call)

    def _guarded(self, call: Callable[[], None], part: Part = "calls") -> None:
        try:
            call()
        except (DeviceUnavailable, DeviceFault) as error:
            self.failed(str(error), part)
        except Exception as error:  # a driver's bug must not pass silently, nor stop the lobby
            log.exception("%s: unexpected error", self.device.name)
            self.failed(f"{self.device.name}: unexpected error: {error}", part)
        else:
            self.restored(part)

    @property
    def why(self) -> str | None:
        """Why the device does not work; None if it does."""
        return next(iter(self._whys.values()), None)

    def remember(self, why: str) -> None:
        """Take up a fault that was reported before the restart: its end is to be told too."""
        self._whys["calls"] = why

    def failed(self, why: str, part: Part = "calls") -> None:
        """Report that the device does not work, once until it does."""
        if not self._whys:
            log.warning("%s", why)  # the driver names the device
            self._post(partial(DeviceFailed, device=self.device.name, why=why))
        self._whys[part] = why

    def restored(self, part: Part = "calls") -> None:
        """Report that the device works again, if it did not."""
        if self._whys.pop(part, None) is not None and not self._whys:
            log.info("%s: works again", self.device.name)
            self._post(partial(DeviceRestored, device=self.device.name))

    async def close(self) -> None:
        """Put the outputs at rest; give up after CLOSE_S."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._worker.do(self.device.close)
        except TimeoutError:
            log.warning("%s: did not close in %g s", self.device.name, CLOSE_S)
        self._worker.stop()


class Devices:
    """All devices of the checkpoint; carries effects out on them."""

    def __init__(self, clock: Clock, post: Post, stills: StillFiles) -> None:
        self.kept: list[Kept] = []
        self._clock = clock
        self._post = post
        self._stills = stills
        self._lockers: tuple[Kept, Lockers] | None = None
        self._buzzer: tuple[Kept, Buzzer] | None = None
        self._aiphones: dict[str, tuple[Kept, Aiphone]] = {}
        self._doors: dict[str, tuple[Kept, Door]] = {}
        self._panels: dict[str, tuple[Kept, Panel]] = {}
        self._cameras: dict[str, tuple[Kept, Camera]] = {}
        self._stamper: tuple[Kept, Stamper] | None = None
        self._lamps: dict[str, str] = {}
        # Holding a door released must not wait behind a release; it takes no time itself.
        self._holds: dict[str, bool] = {}
        self._holding = Worker("doors")

    def add(self, device: Device, opened: Callable[[], None] | None = None) -> Kept:
        """Keep *device*; *opened* is called once it is in use."""
        kept = Kept(device, self._post, opened)
        self.kept.append(kept)
        return kept

    def add_lockers(self, lockers: Lockers) -> None:
        """Keep the lockers."""
        self._lockers = (self.add(lockers), lockers)

    def add_buzzer(self, buzzer: Buzzer) -> None:
        """Keep the buzzer."""
        self._buzzer = (self.add(buzzer), buzzer)

    def add_aiphone(self, name: str, aiphone: Aiphone) -> None:
        """Keep the called station *name*."""
        self._aiphones[name] = (self.add(aiphone), aiphone)

    def add_door(self, name: str, door: Door) -> None:
        """Keep the access door *name*; a hold asked for before it is in use is made good then."""
        kept = self.add(door, opened=lambda: self._hold(name))
        self._doors[name] = (kept, door)

    def add_panel(self, name: str, panel: Panel) -> None:
        """Keep the panel *name*; its lamp is put right as soon as it is in use."""
        kept = self.add(panel, opened=lambda: self.show(name, self._lamps.get(name, "off")))
        self._panels[name] = (kept, panel)

    def add_camera(self, camera: Camera, purposes: list[str]) -> None:
        """Keep a camera for *purposes*; the first camera for a purpose takes its stills."""
        kept = self.add(camera)
        for purpose in purposes:
            self._cameras.setdefault(purpose, (kept, camera))

    def add_stamper(self, stamper: Stamper) -> None:
        """Keep what puts time and place into the stills of all cameras."""
        self._stamper = (self.add(stamper), stamper)

    async def keep(self) -> None:
        """Open all devices and keep them."""
        async with asyncio.TaskGroup() as group:
            for kept in self.kept:
                group.create_task(kept.keep())

    async def close(self) -> None:
        """Close all devices, all at once; a door's release is ended, not waited for."""
        for kept, door in self._doors.values():
            kept.act(door.close, self._holding)
        await asyncio.gather(*(kept.close() for kept in self.kept))
        self._holding.stop()

    def remember(self, faults: dict[str, str]) -> None:
        """Take up the faults that stood when the last run ended, before anything is opened."""
        for kept in self.kept:
            if kept.device.name in faults:
                kept.remember(faults[kept.device.name])

    def states(self) -> dict[str, str]:
        """Return for each device ``ok``, or why it does not work."""
        return {
            kept.device.name: kept.why or ("ok" if kept.ready else "opening") for kept in self.kept
        }

    def show(self, panel: str, mode: str) -> None:
        """Show lamp *mode* (off, on, slow, fast) on *panel*."""
        self._lamps[panel] = mode
        kept, device = self._panels[panel]
        if kept.ready:
            kept.act(lambda: device.show(mode))  # type: ignore[arg-type]

    def carry_out(self, effect: Effect) -> None:
        """Have *effect* done on its device's thread."""
        match effect:
            case UnlockLocker(locker=number, visit=visit) if self._lockers is not None:
                kept, lockers = self._lockers
                log.info("unlocking locker %d for visit %s", number, visit)
                kept.act(lambda: lockers.unlock(number))
            case RingAide(aiphone=name, pattern=pattern) if name in self._aiphones:
                kept, aiphone = self._aiphones[name]
                kept.act(lambda: aiphone.ring(pattern))
            case ReleaseDoor(door=name, visit=visit) if name in self._doors:
                kept, door = self._doors[name]
                log.info("releasing door %s for visit %s", name, visit)
                kept.act(door.release)
            case HoldDoor(door=name, released=released) if name in self._doors:
                log.info("door %s: hold %s", name, "released" if released else "ended")
                self._holds[name] = released
                self._hold(name)
            case Beep(pattern=sound):
                if self._buzzer is not None:
                    kept, buzzer = self._buzzer
                    kept.act(lambda: buzzer.beep(sound))
            case FlashLamp(panel=name):
                kept, panel = self._panels[name]
                kept.act(panel.flash)
            case TakeStill():
                self._take(effect)
            case _:
                log.error("nothing here can do %r", effect)

    def _hold(self, name: str) -> None:
        kept, door = self._doors[name]
        released = self._holds.get(name)
        if kept.ready and released is not None:
            kept.act(lambda: door.hold(released=released), self._holding)

    def _take(self, effect: TakeStill) -> None:
        if effect.purpose not in self._cameras:
            why = f"no camera takes stills for {effect.purpose}"
            self._post(partial(StillMissed, still=effect.still, why=why))
            return
        kept, camera = self._cameras[effect.purpose]
        kept.act(lambda: self._capture(camera, effect))

    def _capture(self, camera: Camera, effect: TakeStill) -> None:
        try:
            jpeg = camera.capture()
            at = self._clock.now()
            taken = self._stills.write(effect.still, at, self._finished(jpeg, effect, at))
        except OSError as error:  # DeviceUnavailable and DeviceFault are OSErrors too
            self._post(partial(StillMissed, still=effect.still, why=str(error)))
            raise
        self._post(lambda _now: taken)

    def _finished(self, jpeg: bytes, effect: TakeStill, at: Stamp) -> bytes:
        """Return the picture as it is kept; one that cannot be stamped is kept all the same."""
        if self._stamper is None:
            return jpeg
        kept, stamper = self._stamper
        try:
            jpeg = stamper.stamp(jpeg, effect.purpose, at)
        except (DeviceUnavailable, DeviceFault) as error:
            kept.failed(str(error))
        else:
            kept.restored()
        return stamper.describe(jpeg, effect.still, effect.purpose, at)


def build_devices(
    config: Config, clock: Clock, post: Post, stills: StillFiles, factory: Any = None
) -> Devices:
    """Return the devices that *config* names, none of them opened yet.

    :param factory: a gpiozero factory of the pins; by default this machine's own
    """
    from edge.drivers.aiphone import GpioAiphone
    from edge.drivers.buzzer import GpioBuzzer
    from edge.drivers.door import GpioDoor
    from edge.drivers.metal_detector import GpioMetalDetector
    from edge.drivers.panel import GpioPanel
    from edge.drivers.pins import pin_factory
    from edge.drivers.safety import GpioSafetyInputs

    devices = Devices(clock, post, stills)
    factory = factory or pin_factory(config.gpio.chip)
    buses = {name: SerialBus(f"bus/{name}", bus, post) for name, bus in config.buses.items()}
    if config.lockers is not None:
        devices.add_lockers(build_lockers(config.lockers, buses, factory, clock, post))
    if config.buzzer is not None:
        devices.add_buzzer(GpioBuzzer("buzzer", config.buzzer, factory, clock))
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
    for reader in _build_readers(config, clock, post):
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
    """Return the driver of the lockers of *config*; *buses* by the names in the config."""
    from edge.drivers.kerong import KerongBoards
    from edge.drivers.lockers import WiredLockers
    from edge.drivers.modbus_lockers import ModbusLockers

    match config:
        case GpioLockers():
            return WiredLockers("lockers", config, factory, clock, post)
        case KerongLockers():
            return KerongBoards("lockers", config, buses[config.bus], clock, post)
        case _:
            return ModbusLockers("lockers", config, buses[config.bus], factory, clock, post)


def _build_readers(config: Config, clock: Clock, post: Post) -> Iterator[Device]:
    for name, reader in config.card_readers.items():
        yield build_card_reader(f"card-reader/{name}", reader, clock, post)
    for name in config.scanners:
        yield build_scanner(name, config, clock, post)


def build_card_reader(name: str, config: CardReaderSection, clock: Clock, post: Post) -> CardReader:
    """Return the driver of one card reader."""
    from edge.drivers.frame_reader import FrameReader
    from edge.drivers.pn532 import Pn532Reader

    if isinstance(config, Pn532):
        return Pn532Reader(name, config, clock, post)
    return FrameReader(name, config, clock, post)


def build_scanner(name: str, config: Config, clock: Clock, post: Post) -> CodeScanner:
    """Return the driver of the scanner *name*, which reads invitations to this checkpoint."""
    from edge.drivers.gm65 import Gm65Scanner
    from edge.invitations import Invitation, key_ring, read

    here, rules = config.checkpoint, config.invitations
    keys = key_ring(rules.keys.values())

    def read_here(text: str, at: Stamp) -> Invitation:
        now_ms = at.wall_ms if at.synced or not rules.need_synced_clock else None
        return read(text, keys, now_ms, here.site, here.id, here.procedures)

    return Gm65Scanner(f"scanner/{name}", config.scanners[name], read_here, clock, post)


def _add_cameras(devices: Devices, config: Config, clock: Clock) -> None:
    for name, camera in config.cameras.items():
        devices.add_camera(_build_camera(f"camera/{name}", camera, clock), camera.purposes)
    if config.cameras:
        devices.add_stamper(Stamper("stamper", config.stills, config.checkpoint))


def _build_camera(name: str, config: HttpCamera | PiCamera, clock: Clock) -> Camera:
    from edge.drivers.http_camera import HttpSnapshotCamera
    from edge.drivers.picamera2 import Picamera2Camera

    if isinstance(config, HttpCamera):
        return HttpSnapshotCamera(name, config, clock)
    return Picamera2Camera(name, config, clock)
