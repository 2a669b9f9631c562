"""An RDM6300 card reader at the other end of a pseudo-terminal.

The frame (data sheet): 02, the card's five bytes as ten hexadecimal digits, the XOR of the five
bytes as two digits, 03; repeated every 50 to 65 ms while a card is near.
"""

import asyncio
from functools import reduce
from operator import xor
from pathlib import Path
from random import Random

from edge.clock import Clock
from sim.serial_port import SerialPort

_REPEAT_S = 0.06
_LEAST_REPEAT_REAL_S = 0.002


def frame(card: str) -> bytes:
    """Return the reader's frame for *card* (ten hexadecimal digits)."""
    checksum = reduce(xor, bytes.fromhex(card))
    return b"\x02" + card.encode() + f"{checksum:02X}".encode() + b"\x03"


class ReaderTwin:
    """A reader on a serial port of its own.

    :ivar port: where it is plugged in
    :ivar card: the card that is held at it, or None
    """

    def __init__(self, port: Path, clock: Clock, chance: Random) -> None:
        self.port = SerialPort(port)
        self.card: str | None = None
        self._chance = chance
        self._repeat_real_s = max(clock.real(_REPEAT_S), _LEAST_REPEAT_REAL_S)
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Take the card away and disconnect the reader."""
        self._stop()
        self.port.unplug()

    async def present(self, card: str) -> None:
        """Hold *card* at the reader until :meth:`remove`."""
        self._stop()
        self.card = card
        self._repeat(frame(card))

    async def remove(self) -> None:
        """Take the card away."""
        self._stop()

    def noise(self, count: int) -> None:
        """Put *count* bytes of noise on the line."""
        self.port.send(self._chance.randbytes(count))

    def bad_checksum(self, card: str) -> None:
        """Send one frame of *card* with a wrong checksum, as a card at the edge of reach does."""
        good = frame(card)
        wrong = int(good[11:13], 16) ^ self._chance.randrange(1, 256)
        self.port.send(good[:11] + f"{wrong:02X}".encode() + good[13:])

    def _repeat(self, message: bytes) -> None:
        self.port.send(message)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._repeat_real_s, self._repeat, message)

    def _stop(self) -> None:
        self.card = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
