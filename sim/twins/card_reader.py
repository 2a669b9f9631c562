"""A 125 kHz card reader at the other end of a pseudo-terminal: RDM6300, ID-12LA / ID-20LA or EM-18.

The frame (data sheets): 02, the card's five bytes as ten hexadecimal digits, the XOR of the five
bytes as two digits, then 03 (RDM6300) or CR LF 03 (ID-12LA). An EM-18 sends the twelve digits
alone. An RDM6300 repeats the frame every 50 to 65 ms while a card is near, an EM-18 does not.
Whether an ID-12LA repeats is not documented; this one does not.
"""

import asyncio
from collections.abc import Callable
from functools import reduce
from itertools import cycle
from operator import xor
from pathlib import Path
from random import Random

from edge.clock import Clock
from sim.world.serial_port import SerialPort

RDM6300_END = b"\x03"
ID_12LA_END = b"\r\n\x03"

_REPEAT_S = 0.06
_LEAST_REPEAT_REAL_S = 0.002


def frame(card: str, end: bytes = RDM6300_END) -> bytes:
    """Return the reader's frame for *card* (ten hexadecimal digits)."""
    return b"\x02" + digits(card) + end


def id_12la_frame(card: str) -> bytes:
    """Return an ID-12LA's frame for *card*."""
    return frame(card, ID_12LA_END)


def digits(card: str) -> bytes:
    """Return an EM-18's frame for *card*: its digits and those of the checksum."""
    return card.encode() + f"{reduce(xor, bytes.fromhex(card)):02X}".encode()


class ReaderTwin:
    """A reader on a serial port of its own.

    :param framed: returns its frame for a card
    :param repeats: it sends a card's frame again and again, or only once when the card comes
    :ivar port: its serial port
    :ivar cards: the cards that are held at it
    :ivar dead: it sends no frames (set it to cause the fault)
    """

    def __init__(
        self,
        port: Path,
        clock: Clock,
        chance: Random,
        framed: Callable[[str], bytes] = frame,
        *,
        repeats: bool = True,
    ) -> None:
        self.port = SerialPort(port)
        self.cards: tuple[str, ...] = ()
        self.dead = False
        self._chance = chance
        self._framed = framed
        self._repeat_real_s = max(clock.real(_REPEAT_S), _LEAST_REPEAT_REAL_S)
        self._repeats = repeats
        self._timer: asyncio.TimerHandle | None = None

    @property
    def card(self) -> str | None:
        """The card that is held at it, or None."""
        return self.cards[0] if self.cards else None

    def close(self) -> None:
        """Remove the card and disconnect the reader."""
        self._stop()
        self.port.unplug()

    async def present(self, card: str, *others: str) -> None:
        """Hold *card* at the reader until :meth:`remove`; with *others* it reads them in turns."""
        self._stop()
        self.cards = (card, *others)
        self._turns = cycle(self._framed(held) for held in self.cards)
        for _ in others:
            self._send(next(self._turns))
        self._repeat()

    async def remove(self) -> None:
        """Remove all cards."""
        self._stop()

    def noise(self, count: int) -> None:
        """Put *count* bytes of noise on the line."""
        self.port.send(self._chance.randbytes(count))

    def bad_checksum(self, card: str) -> None:
        """Send one frame of *card* with a wrong checksum, as a card at the edge of reach does."""
        good = digits(card)
        wrong = int(good[10:], 16) ^ self._chance.randrange(1, 256)
        self.port.send(self._framed(card).replace(good, good[:10] + f"{wrong:02X}".encode()))

    def half_frame(self, card: str) -> None:
        """Send the beginning of a frame of *card*, as a loose plug does."""
        self.port.send(self._framed(card)[: self._chance.randrange(2, 12)])

    def _repeat(self) -> None:
        self._send(next(self._turns))
        if self._repeats:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._repeat_real_s, self._repeat)

    def _send(self, message: bytes) -> None:
        if not self.dead:
            self.port.send(message)

    def _stop(self) -> None:
        self.cards = ()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
