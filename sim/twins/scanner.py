"""A GM65 scanner for QR codes at the other end of a pseudo-terminal.

It answers 7E 00 08 01 00 02 01 AB CD with 02 00 00 01 00 33 31 and then reads for some seconds
(mode ``host``), or reads all the time (mode ``presence``). A code that it reads is sent as text and
CR, or CR LF: once per trigger, or again and again while it is shown.
"""

import asyncio
from pathlib import Path
from random import Random
from typing import Literal

from edge.clock import Clock
from sim.world.serial_port import SerialPort

_TRIGGER = bytes.fromhex("7E0008010002 01ABCD")
_ACKNOWLEDGE = bytes.fromhex("02000001003331")

_AGAIN_S = 0.5
_LEAST_AGAIN_REAL_S = 0.01


class ScannerTwin:
    """A scanner on a serial port of its own.

    :param mode: as its own settings are
    :param reading_s: how long it reads after a trigger, seconds
    :ivar end: the bytes after a code; some modules send CR LF, one without settings sends none
    :ivar code: the code that is shown to it, or None
    :ivar dead: it neither receives nor sends (set it to cause the fault)
    """

    def __init__(
        self,
        port: Path,
        clock: Clock,
        chance: Random,
        mode: Literal["presence", "host"] = "presence",
        reading_s: float = 5.0,
    ) -> None:
        self.port = SerialPort(port, self._heard)
        self.end = b"\r"
        self.code: str | None = None
        self.dead = False
        self._clock = clock
        self._chance = chance
        self._mode = mode
        self._reading_s = reading_s
        self._reads_until_ns = 0
        self._unread = b""
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Remove the code and disconnect the scanner."""
        self._stop()
        self.port.unplug()

    async def show(self, code: str) -> None:
        """Show *code* to the scanner until :meth:`take_away`."""
        self._stop()
        self.code = code
        self._look()

    async def take_away(self) -> None:
        """Remove the code."""
        self._stop()

    def noise(self, count: int) -> None:
        """Put *count* bytes of noise on the line."""
        self.port.send(self._chance.randbytes(count))

    def half(self, code: str) -> None:
        """Send the first half of *code* only, as a loose plug does."""
        self.port.send(code[: len(code) // 2].encode("ascii"))

    def _heard(self, data: bytes) -> None:
        if self.dead:
            return
        *whole, rest = (self._unread + data).split(_TRIGGER)
        self._unread = rest[-len(_TRIGGER) :]
        for _ in whole:
            self.port.send(_ACKNOWLEDGE)
            self._reads_until_ns = self._clock.boot_ns() + int(self._reading_s * 1e9)

    @property
    def _reading(self) -> bool:
        return self._mode == "presence" or self._clock.boot_ns() < self._reads_until_ns

    def _look(self) -> None:
        if self.code is not None and self._reading and not self.dead:
            self.port.send(self.code.encode("ascii") + self.end)
            self._reads_until_ns = 0  # one code, one reading
        again_s = max(self._clock.real(_AGAIN_S), _LEAST_AGAIN_REAL_S)
        self._timer = asyncio.get_running_loop().call_later(again_s, self._look)

    def _stop(self) -> None:
        self.code = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
