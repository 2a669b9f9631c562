"""Runs one device: opens it (retrying), serialises calls on its thread, reports faults."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Literal

from edge import waits
from edge.drivers.base import Device
from edge.errors import DeviceFault, DeviceUnavailable, ModuleUnavailable
from edge.sop.events import DeviceFailed, DeviceRestored, Post
from edge.worker import Worker

log = logging.getLogger(__name__)

# Wait before a device is opened again, real seconds: a reader works soon after it is plugged in.
RETRY_S = 2.0
# Interval at which levels are read again, in case an edge was missed, real seconds.
RECONCILE_S = 5.0
# Time-out of closing, real seconds; systemd gives the whole stop 5 s (systemd/gardu.service).
CLOSE_S = 2.0


_BUG = "This is a fault of Gardu: report it, with the lines of the journal (journalctl -u gardu)."

# The parts of a device that fail and recover apart.
FaultKind = Literal["calls", "levels"]


# The part of an interval by which a loop may wake too early.
_EARLY = 0.01


def until_beat(now: float, every_s: float) -> float:
    """Return the seconds from *now* to the next multiple of *every_s* that is not here already.

    Devices are read again on a common beat: they wake the processor together, not one by one. A
    loop may wake a little early; that beat is not played twice.
    """
    left_s = every_s - now % every_s
    return left_s if left_s > _EARLY * every_s else left_s + every_s


class DeviceThread:
    """One device and its thread.

    Its calls and its levels fail and recover apart: a lamp that lights does not clear the fault of
    the stuck button beside it.
    """

    def __init__(self, device: Device, post: Post, opened: Callable[[], None] | None) -> None:
        self.device = device
        self.ready = False
        self._whys: dict[FaultKind, str] = {}
        self._parts: list[str] = []
        # Why its module does not answer: shown here, and reported once, as the module's own fault.
        self._silent: dict[FaultKind, str] = {}
        self._post = post
        self._opened = opened
        self._worker = Worker(device.name)

    async def run(self) -> None:
        """Open the device, retrying for ever; then read its levels again every RECONCILE_S."""
        while self._parts:
            self._post(partial(DeviceRestored, device=self._parts.pop()))
        while not self.ready:
            try:
                await self._worker.do(self.device.open)
            except ModuleUnavailable as error:
                self._silent["calls"] = str(error)
                await asyncio.sleep(RETRY_S)
            except (DeviceUnavailable, DeviceFault) as error:
                self.failed(str(error), remedy=error.remedy)
                await asyncio.sleep(RETRY_S)
            else:
                self.ready = True
                self.restored()
        if self._opened is not None:
            self._opened()
        reconcile = getattr(self.device, "reconcile", None)
        while reconcile is not None:
            every_s = getattr(self.device, "reconcile_s", RECONCILE_S)
            beat_s = until_beat(asyncio.get_running_loop().time(), every_s)
            await waits.pause_checks(every_s, seconds=beat_s)
            await self._worker.do(self._guarded, reconcile, "levels")

    def act(self, call: Callable[[], None], worker: Worker | None = None) -> None:
        """Run *call* on the device's thread or on *worker*; a failure is reported, never raised."""
        (worker or self._worker).submit(self._guarded, call)

    def _guarded(self, call: Callable[[], None], part: FaultKind = "calls") -> None:
        try:
            call()
        except ModuleUnavailable as error:
            log.info("%s", error)
            self._silent[part] = str(error)
        except (DeviceUnavailable, DeviceFault) as error:
            self.failed(str(error), part, error.remedy)
        except Exception as error:  # a driver's bug must not pass silently, nor stop the lobby
            log.exception("%s: unexpected error", self.device.name)
            self.failed(f"{self.device.name}: unexpected error: {error}", part, _BUG)
        else:
            self.restored(part)

    @property
    def why(self) -> str | None:
        """The reason why the device does not work; None if it works."""
        return next(iter((self._whys | self._silent).values()), None)

    def restore_fault(self, why: str) -> None:
        """Restore a fault that was reported before the restart, so that its end is reported too."""
        self._whys["calls"] = why

    def restore_part_fault(self, part: str) -> None:
        """End the fault of *part* (a loose contact) from before the restart when it is opened.

        Its driver does not know it, and begins a new fault if the contact is still loose.
        """
        self._parts.append(part)

    def failed(self, why: str, part: FaultKind = "calls", remedy: str = "") -> None:
        """Report that the device does not work, once until it works again."""
        if not self._whys:
            log.warning("%s", f"{why}. {remedy}" if remedy else why)  # the driver names the device
            self._post(partial(DeviceFailed, device=self.device.name, why=why, remedy=remedy))
        self._whys[part] = why

    def restored(self, part: FaultKind = "calls") -> None:
        """Report that the device works again, if it did not."""
        if part == "levels":  # every part was reached
            self._silent.clear()
        self._silent.pop(part, None)
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
