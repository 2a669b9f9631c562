"""Faults of the line to the broker and of the daemon's disk, as people report them.

- ``flap-broker``: the line is cut and restored again and again;
- ``poison-packet``: a broken broker or bridge sends a packet that no checkpoint can use;
- ``slow-disk``: a worn card: each sync takes longer;
- ``stalled-disk``: a card that moves its blocks: no write and no sync ends meanwhile.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from edge.clock import Clock
from sim.line.network import Network
from sim.line.poison import poison
from sim.line.slow_disk import SlowDisk
from sim.scenario import Fault

Report = Callable[[str], None]
DISK_FAULTS = ("slow-disk", "stalled-disk")


class LineFaults:
    """The faults of one simulation.

    :param base: the topic of the checkpoint, with a slash at its end
    :param disk: the disk below the daemon's data folder; None: no fault of *faults* needs it
    :param report: called with what happens, in words
    """

    def __init__(
        self, clock: Clock, network: Network, base: str, disk: SlowDisk | None, report: Report
    ) -> None:
        self._clock = clock
        self._network = network
        self._base = base
        self._disk = disk
        self._report = report

    async def run(self, faults: tuple[Fault, ...]) -> None:
        """Carry out those of *faults* that are of line or disk, each at its time.

        A fault that lasts runs beside the others. Cancelled, it ends each of them.
        """
        async with asyncio.TaskGroup() as doing:
            now_s = 0.0
            for fault in sorted(faults, key=lambda fault: fault.at_s):
                carry_out = _LINE_FAULTS.get(fault.do)
                if carry_out is not None:
                    await self._clock.pause(fault.at_s - now_s)
                    now_s = fault.at_s
                    doing.create_task(carry_out(self, fault))

    async def flap(self, fault: Fault) -> None:
        """Cut the line ``times`` times, ``every_s`` seconds apart; it is up for half of that."""
        times, half_s = fault.times or 0, (fault.every_s or 0.0) / 2
        self._report(f"network: cut {times} times, every {fault.every_s:g} s")
        try:
            for _ in range(times):
                self._network.cut()
                await self._clock.pause(half_s)
                self._network.restore()
                await self._clock.pause(half_s)
        finally:
            self._network.restore()
        self._report("network: it does not flap any more")

    async def poison(self, fault: Fault) -> None:
        """Send the bad packet to the daemon as if it came from the broker."""
        assert fault.packet is not None
        count = self._network.inject(poison(fault.packet, self._base))
        there = "" if count else ", but there is no connection"
        self._report(f"network: the broker sends a bad packet ({fault.packet}){there}")

    async def slow_down(self, fault: Fault) -> None:
        """Make each sync of the disk take ``sync_s`` seconds longer, for ``for_s``."""
        await self._trouble(fault, f"each sync takes {fault.sync_s:g} s longer")

    async def stall(self, fault: Fault) -> None:
        """Let no write and no sync of the disk end for ``for_s`` seconds."""
        await self._trouble(fault, "it does not answer")

    async def _trouble(self, fault: Fault, words: str) -> None:
        assert self._disk is not None
        if self._disk.missing:
            self._report(f"disk: {fault.do} is left out: {self._disk.missing}")
            return
        self._report(f"disk: {words}, for {fault.for_s:g} s")
        try:
            if fault.do == "slow-disk":
                self._disk.slow_down(fault.sync_s)
            else:
                self._disk.stall()
            await self._clock.pause(fault.for_s or 0.0)
        finally:
            self._disk.heal()
        self._report("disk: it works as before")


_LINE_FAULTS: dict[str, Callable[[LineFaults, Fault], Coroutine[Any, Any, None]]] = {
    "flap-broker": LineFaults.flap,
    "poison-packet": LineFaults.poison,
    "slow-disk": LineFaults.slow_down,
    "stalled-disk": LineFaults.stall,
}
