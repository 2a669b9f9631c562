"""A PN532 card reader at the other end of a pseudo-terminal (its high-speed UART).

It sleeps until it receives 55 55. A frame is 00 00 FF, length, two's complement of the length, that
many bytes, two's complement of their sum, 00. Every valid frame is acknowledged with 00 00 FF 00 FF
00, then answered; an invalid one gets the error frame 00 00 FF 01 FF 7F 81 00. An acknowledge frame
to the chip ends its present command.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Literal

from edge.clock import Clock
from sim.world.serial_port import SerialPort

ACKNOWLEDGE = bytes.fromhex("0000FF00FF00")
_ERROR = bytes.fromhex("0000FF01FF7F8100")
_WAKE = b"\x55\x55"

# A search for cards lasts about this long, seconds.
_LOOK_S = 0.03
_LEAST_LOOK_REAL_S = 0.001
_SLOW_REAL_S = 0.6

Fault = Literal["dead", "slow", "wrong-sum", "half", "deaf-mute"]


def packed(data: bytes) -> bytes:
    """Return the frame of *data*."""
    size = len(data)
    return bytes((0, 0, 0xFF, size, (256 - size) % 256, *data, (256 - sum(data) % 256) % 256, 0))


def listing(cards: tuple[str, ...]) -> bytes:
    """Return the answer to InListPassiveTarget with *cards* (numbers of 4, 7 or 10 bytes)."""
    listed = b""
    for place, card in enumerate(cards, 1):
        number = bytes.fromhex(card)
        listed += bytes((place, 0x00, 0x04, 0x08, len(number))) + number
    return bytes((0xD5, 0x4B, len(cards))) + listed


class Pn532Twin:
    """The chip on a serial port of its own.

    :ivar cards: the numbers of the cards that are held at it
    :ivar fault: ``dead``: without power; ``slow``: answers when the daemon does not wait any more;
        ``wrong-sum``: the sum of its answers is wrong; ``half``: only half of an answer arrives;
        ``deaf-mute``: acknowledges and does not answer; None: works (set it to cause the fault)
    :ivar data_channel: it opens the data channel of chip cards by itself (RATS)
    """

    def __init__(self, port: Path, clock: Clock, chance: Random) -> None:
        self.port = SerialPort(port, self._heard)
        self.cards: tuple[str, ...] = ()
        self.fault: Fault | None = None
        self.data_channel = True
        self._chance = chance
        self._look_real_s = max(clock.real(_LOOK_S), _LEAST_LOOK_REAL_S)
        self._awake = False
        self._patient = True  # searches for a card until one comes
        self._unread = b""
        self._working: asyncio.TimerHandle | None = None
        self._spoil_next = False

    @property
    def card(self) -> str | None:
        """The card that is held at it, or None."""
        return self.cards[0] if self.cards else None

    def close(self) -> None:
        """Remove the cards and disconnect the reader."""
        self.cards = ()
        self._give_up()
        self.port.unplug()

    def power_off(self) -> None:
        """Cut its power: it loses its settings, and sleeps once it has power again."""
        self._awake, self._patient, self.data_channel = False, True, True
        self._give_up()

    async def present(self, card: str, *others: str) -> None:
        """Hold *card* (and *others*) at the reader until :meth:`remove`."""
        self.cards = (card, *others)

    async def remove(self) -> None:
        """Remove all cards."""
        self.cards = ()

    def noise(self, count: int) -> None:
        """Put *count* bytes of noise on the line."""
        self.port.send(self._chance.randbytes(count))

    def bad_checksum(self, _card: str = "") -> None:
        """Spoil the sum of the next answer."""
        self._spoil_next = True

    def _heard(self, data: bytes) -> None:
        if self.fault == "dead":
            self.power_off()
            return
        if not self._awake:
            self._awake = _WAKE in data
            data = data.partition(_WAKE)[2]
        self._unread = (self._unread + data) if self._awake else b""
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        """Process one unread frame; return False if there is no whole one."""
        start = self._unread.find(b"\x00\xff")
        if start < 0 or len(self._unread) < start + 4:
            return False
        size, check = self._unread[start + 2 : start + 4]
        if (size, check) == (0, 0xFF):
            self._unread = self._unread[start + 4 :]
            self._give_up()
            return True
        end = start + 5 + size
        if len(self._unread) < end:
            return False
        data, total = self._unread[start + 4 : end - 1], sum(self._unread[start + 4 : end])
        self._unread = self._unread[end:]
        if (size + check) % 256 or total % 256:
            self.port.send(_ERROR)
        else:
            self._obey(data)
        return True

    def _obey(self, data: bytes) -> None:
        self._give_up()
        self.port.send(ACKNOWLEDGE)
        match list(data):
            case [0xD4, 0x02]:
                self._say(bytes.fromhex("D503320106 07"))
            case [0xD4, 0x14, 0x01, *_]:
                self._say(b"\xd5\x15")
            case [0xD4, 0x32, 0x05, _, _, tries]:
                self._patient = tries == 0xFF
                self._say(b"\xd5\x33")
            case [0xD4, 0x12, flags]:
                self.data_channel = bool(flags & 0x10)
                self._say(b"\xd5\x13")
            case [0xD4, 0x4A, (1 | 2) as most, 0x00]:
                self._later(self._look_real_s, lambda: self._look(most))
            case _:
                self.port.send(_ERROR)

    def _look(self, most: int) -> None:
        if self.cards or not self._patient:
            self._say(listing(self.cards[:most]))
        else:
            self._later(self._look_real_s, lambda: self._look(most))

    def _say(self, data: bytes) -> None:
        """Answer, as far as the fault allows."""
        message = packed(data)
        if self.fault == "wrong-sum" or self._spoil_next:
            self._spoil_next = False
            message = message[:-2] + bytes((message[-2] ^ 0x55, 0))
        if self.fault == "half":
            message = message[: len(message) // 2]
        if self.fault == "slow":
            # It is sent even if the request has ended meanwhile.
            asyncio.get_running_loop().call_later(_SLOW_REAL_S, self.port.send, message)
        elif self.fault != "deaf-mute":
            self.port.send(message)

    def _later(self, real_s: float, do: Callable[[], None]) -> None:
        self._working = asyncio.get_running_loop().call_later(real_s, do)

    def _give_up(self) -> None:
        if self._working is not None:
            self._working.cancel()
            self._working = None
