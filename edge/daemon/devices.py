"""Devices of one checkpoint: opens them, and carries effects out on them.

Each device has a thread of its own, because its calls block (a lock's pulse, a ring's pattern, a
camera's deadline). A missing device is tried again; the checkpoint goes on without it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from edge.clock import Clock, Stamp
from edge.daemon.device_thread import DeviceThread
from edge.drivers.base import Aiphone, Buzzer, Camera, Device, Door, HostLamps, Lockers, Panel
from edge.drivers.camera.stamper import Stamper
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import (
    Beep,
    Effect,
    FlashLamp,
    HoldDoor,
    KeepDetails,
    LampMode,
    ReleaseDoor,
    RingAide,
    StoreValue,
    TakeStill,
    UnlockLocker,
)
from edge.sop.entered import Entered
from edge.sop.events import Post, StillMissed
from edge.store.still_files import StillFiles
from edge.worker import Worker

log = logging.getLogger(__name__)

# The beginning of the names in the faults of single lockers.
_LOCKER = ("locker/",)


class Devices:
    """All devices of the checkpoint; carries effects out on them."""

    def __init__(self, clock: Clock, post: Post, stills: StillFiles) -> None:
        self.threads: list[DeviceThread] = []
        self._clock = clock
        self._post = post
        self._stills = stills
        self._lockers: tuple[DeviceThread, Lockers] | None = None
        self._buzzer: tuple[DeviceThread, Buzzer] | None = None
        self._aiphones: dict[str, tuple[DeviceThread, Aiphone]] = {}
        self._doors: dict[str, tuple[DeviceThread, Door]] = {}
        self._panels: dict[str, tuple[DeviceThread, Panel]] = {}
        self._host_lamps: tuple[DeviceThread, HostLamps] | None = None
        self._cameras: dict[str, tuple[DeviceThread, Camera]] = {}
        self._stamper: tuple[DeviceThread, Stamper] | None = None
        self._lamps: dict[str, LampMode] = {}
        self._lit: dict[str, bool] = {}
        # Holding a door released must not wait behind a release; it does not block itself.
        self._holds: dict[str, bool] = {}
        self._holding = Worker("doors")
        self._store_details: Callable[[str, str], None] = lambda _invitation, _visit: None
        self._store_value: Callable[[str, str, Entered], None] = lambda _visit, _id, _value: None

    def add(self, device: Device, opened: Callable[[], None] | None = None) -> DeviceThread:
        """Add *device*; *opened* is called once it is in use."""
        thread = DeviceThread(device, self._post, opened)
        self.threads.append(thread)
        return thread

    def add_lockers(self, lockers: Lockers) -> None:
        """Add the lockers."""
        self._lockers = (self.add(lockers), lockers)

    def add_buzzer(self, buzzer: Buzzer) -> None:
        """Add the buzzer."""
        self._buzzer = (self.add(buzzer), buzzer)

    def add_aiphone(self, name: str, aiphone: Aiphone) -> None:
        """Add the called station *name*."""
        self._aiphones[name] = (self.add(aiphone), aiphone)

    def add_door(self, name: str, door: Door) -> None:
        """Add the access door *name*; a hold requested before it is in use is applied then."""
        thread = self.add(door, opened=lambda: self._hold(name))
        self._doors[name] = (thread, door)

    def add_panel(self, name: str, panel: Panel) -> None:
        """Add the panel *name*; once in use it runs a lamp test, then shows its lamp mode."""
        thread = self.add(panel, opened=lambda: self._begin(name))
        self._panels[name] = (thread, panel)

    def add_host_lamps(self, lamps: HostLamps) -> None:
        """Add the lamps of the hosts; once in use they show whose guest is being received."""
        self._host_lamps = (self.add(lamps, opened=self._light), lamps)

    def add_camera(self, camera: Camera, purposes: list[str]) -> None:
        """Add a camera for *purposes*; the first camera added for a purpose takes its stills."""
        thread = self.add(camera)
        for purpose in purposes:
            self._cameras.setdefault(purpose, (thread, camera))

    def add_guestbook(
        self,
        store_details: Callable[[str, str], None],
        store_value: Callable[[str, str, Entered], None],
    ) -> None:
        """Have the guest book store personal data.

        :param store_details: the guest's details; it gets the ids of invitation and visit
        :param store_value: a value that was chosen by button; it gets the ids of visit and value
        """
        self._store_details = store_details
        self._store_value = store_value

    def add_stamper(self, stamper: Stamper) -> None:
        """Add the stamper, which puts time and place into the stills of all cameras."""
        self._stamper = (self.add(stamper), stamper)

    async def run(self) -> None:
        """Open all devices and run them, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for thread in self.threads:
                group.create_task(thread.run())

    async def close(self) -> None:
        """Close all devices, all at once; a door's release is ended, not waited for."""
        for thread, door in self._doors.values():
            thread.act(door.close, self._holding)
        await asyncio.gather(*(thread.close() for thread in self.threads))
        self._holding.stop()

    def restore_faults(self, faults: dict[str, str]) -> None:
        """Restore the faults that stood when the last run ended; before any device is opened."""
        for thread in self.threads:
            name = thread.device.name
            if name in faults:
                thread.restore_fault(faults[name])
            for part in faults:
                if part.startswith(f"{name}/"):
                    thread.restore_part_fault(part)

    def states(self, faults: Mapping[str, str]) -> dict[str, str]:
        """Return for each device ``ok``, ``opening``, or why it does not work.

        Lockers, and parts of devices (``safety/fire``), are in it while they do not work.

        :param faults: faults that the checkpoint knows besides: readers report theirs as events
        """
        whole = {
            name: thread.why or faults.get(name) or ("ok" if thread.ready else "opening")
            for thread in self.threads
            for name in (thread.device.name,)
        }
        owners = tuple(f"{name}/" for name in whole) + _LOCKER
        parts = {part: why for part, why in faults.items() if part.startswith(owners)}
        return {**parts, **whole}

    def show(self, panel: str, mode: LampMode) -> None:
        """Show lamp *mode* (edge/drivers/base.py) on *panel*."""
        self._lamps[panel] = mode
        self._show(panel)

    def light(self, lit: dict[str, bool]) -> None:
        """Light the lamps of the hosts that are true in *lit*."""
        self._lit = lit
        self._light()

    def carry_out(self, effect: Effect) -> None:
        """Carry out *effect* on its device's thread."""
        match effect:
            case UnlockLocker(locker=number, visit=visit) if self._lockers is not None:
                thread, lockers = self._lockers
                log.info("unlocking locker %d for visit %s", number, visit)
                thread.act(lambda: lockers.unlock(number))
            case RingAide(aiphone=name, pattern=pattern) if name in self._aiphones:
                thread, aiphone = self._aiphones[name]
                thread.act(lambda: aiphone.ring(pattern))
            case ReleaseDoor(door=name, visit=visit) if name in self._doors:
                thread, door = self._doors[name]
                log.info("releasing door %s for visit %s", name, visit)
                thread.act(door.release)
            case HoldDoor(door=name, released=released) if name in self._doors:
                log.info("door %s: hold %s", name, "released" if released else "ended")
                self._holds[name] = released
                self._hold(name)
            case Beep(pattern=sound):
                if self._buzzer is not None:
                    thread, buzzer = self._buzzer
                    thread.act(lambda: buzzer.beep(sound))
            case FlashLamp(panel=name):
                thread, panel = self._panels[name]
                thread.act(panel.flash)
            case TakeStill():
                self._take(effect)
            case KeepDetails() | StoreValue():
                self._store_personal(effect)
            case _:
                log.error("nothing here can do %r", effect)

    def _store_personal(self, effect: KeepDetails | StoreValue) -> None:
        if isinstance(effect, KeepDetails):
            self._store_details(effect.invitation, effect.visit)
        else:
            self._store_value(effect.visit, effect.value, effect.entered)

    def _begin(self, name: str) -> None:
        thread, panel = self._panels[name]
        thread.act(panel.test)
        self._show(name)

    def _show(self, name: str) -> None:
        """Show the panel's mode as it is when its thread gets to it: two threads order it."""
        thread, panel = self._panels[name]
        if thread.ready:
            thread.act(lambda: panel.show(self._lamps.get(name, "off")))

    def _light(self) -> None:
        """Light the lamps as they are when their thread gets to it: two threads order it."""
        if self._host_lamps is not None and self._host_lamps[0].ready:
            thread, lamps = self._host_lamps
            thread.act(lambda: lamps.light(self._lit))

    def _hold(self, name: str) -> None:
        thread, door = self._doors[name]
        if thread.ready and name in self._holds:
            thread.act(lambda: door.hold(released=self._holds[name]), self._holding)

    def _take(self, effect: TakeStill) -> None:
        if effect.purpose not in self._cameras:
            why = f"no camera takes stills for {effect.purpose}"
            self._post(partial(StillMissed, still=effect.still, why=why))
            return
        thread, camera = self._cameras[effect.purpose]
        thread.act(lambda: self._capture(camera, effect))

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
        """Return the picture as it is stored; one that cannot be stamped is stored unstamped."""
        if self._stamper is None:
            return jpeg
        thread, stamper = self._stamper
        try:
            jpeg = stamper.stamp(jpeg, effect.purpose, at)
        except (DeviceUnavailable, DeviceFault) as error:
            thread.failed(str(error), remedy=error.remedy)
        else:
            thread.restored()
        return stamper.describe(jpeg, effect.still, effect.purpose, at)
