"""USB readers that type like a keyboard, at the other end of a pseudo-terminal.

The daemon reads what the kernel's evdev would deliver: ``struct input_event`` (linux/input.h): two
longs of time, type, code, value. A key is its scan code, down, a report, up, a report. A
pseudo-terminal differs from an input device in one way: it cannot be grabbed (EVIOCGRAB).
"""

import asyncio
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

from edge.clock import Clock
from sim.world.serial_port import SerialPort

_EVENT = struct.Struct("@llHHi")
_SYN, _KEY, _MSC = 0, 1, 4
_SCAN = 4
_SHIFT, _ENTER, _F1 = 42, 28, 59

# The key codes of the US layout, by character; capitals and the second list need Shift.
_CODES = {
    "1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10, "0": 11, "-": 12,
    "=": 13, "q": 16, "w": 17, "e": 18, "r": 19, "t": 20, "y": 21, "u": 22, "i": 23, "o": 24,
    "p": 25, "[": 26, "]": 27, "a": 30, "s": 31, "d": 32, "f": 33, "g": 34, "h": 35, "j": 36,
    "k": 37, "l": 38, ";": 39, "'": 40, "`": 41, "\\": 43, "z": 44, "x": 45, "c": 46, "v": 47,
    "b": 48, "n": 49, "m": 50, ",": 51, ".": 52, "/": 53, " ": 57,
}  # fmt: skip
_SHIFTED = {
    "!": "1", "@": "2", "#": "3", "$": "4", "%": "5", "^": "6", "&": "7", "*": "8", "(": "9",
    ")": "0", "_": "-", "+": "=", "{": "[", "}": "]", ":": ";", '"': "'", "~": "`", "|": "\\",
    "<": ",", ">": ".", "?": "/",
}  # fmt: skip

# Real seconds between two bursts of keys; the kernel's queue holds ten keys.
_BURST_REAL_S = 0.002
_KEYS_A_BURST = 4
_MOST_PAUSES = 250
_AGAIN_S = 0.5
# A scanner without a suffix makes a pause between two codes.
_LEAST_AGAIN_REAL_S = 0.3


def event(kind: int, code: int, value: int) -> bytes:
    """Return one input event."""
    return _EVENT.pack(0, 0, kind, code, value)


def press(code: int) -> bytes:
    """Return the events of a key that is pressed and released."""
    report = event(_SYN, 0, 0)
    scan = event(_MSC, _SCAN, 0x70000 + code)
    return scan + event(_KEY, code, 1) + report + scan + event(_KEY, code, 0) + report


def key(character: str) -> bytes:
    """Return the events of typing *character*."""
    plain = _SHIFTED.get(character, character.lower())
    if plain == character:
        return press(_CODES[plain])
    down, up = event(_KEY, _SHIFT, 1), event(_KEY, _SHIFT, 0)
    report = event(_SYN, 0, 0)
    return down + report + press(_CODES[plain]) + up + report


class TypingTwin:
    """A device that types.

    :ivar port: its port
    :ivar end: the key code behind each text; None: no key
    :ivar dead: it types no key (set it to cause the fault)
    """

    def __init__(self, port: Path, chance: Random) -> None:
        self.port = SerialPort(port)
        self.end: int | None = _ENTER
        self.dead = False
        self._chance = chance
        self._typing: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Stop typing and disconnect the device."""
        self._stop()
        self.port.unplug()

    def noise(self, count: int) -> None:
        """Type *count* keys at random, without an end."""
        keys = [press(code) for code in self._chance.choices(range(2, 12), k=count)]
        self._begin(iter(keys))

    def _keys(self, text: str) -> Iterator[bytes]:
        yield from map(key, text)
        if self.end is not None:
            yield press(self.end)

    def _begin(self, keys: Iterator[bytes]) -> None:
        self._stop()
        self._typing = asyncio.get_running_loop().create_task(self._type(keys))

    async def _type(self, keys: Iterator[bytes]) -> None:
        """Send *keys* in bursts, as fast as they are read; none once they are not read."""
        while burst := b"".join(islice(keys, _KEYS_A_BURST)):
            for _ in range(_MOST_PAUSES):
                await asyncio.sleep(_BURST_REAL_S)
                if self.dead or self.port.send(burst):
                    break
            else:
                return

    def _stop(self) -> None:
        if self._typing is not None:
            self._typing.cancel()
            self._typing = None


class KeyboardReaderTwin(TypingTwin):
    """A card reader that types a card's number once, when the card comes.

    :param typed: returns what it types for a card of the pool
    :ivar cards: the cards that are held at it
    """

    def __init__(self, port: Path, chance: Random, typed: Callable[[str], str]) -> None:
        super().__init__(port, chance)
        self.cards: tuple[str, ...] = ()
        self._typed = typed

    @property
    def card(self) -> str | None:
        """The card that is held at it, or None."""
        return self.cards[0] if self.cards else None

    async def present(self, card: str, *others: str) -> None:
        """Hold *card* at the reader until :meth:`remove`; with *others* it types them in turn."""
        self.cards = (card, *others)
        self._begin(keys for held in self.cards for keys in self._keys(self._typed(held)))

    async def remove(self) -> None:
        """Remove all cards; what has begun is typed to its end."""
        self.cards = ()

    def bad_checksum(self, card: str) -> None:
        """Type a number that is none: a key of it is F1."""
        self._begin(iter([*map(key, self._typed(card)[:4]), press(_F1), press(_ENTER)]))


class KeyboardScannerTwin(TypingTwin):
    """A scanner that types a code again and again while it is shown.

    :ivar code: the code that is shown to it, or None
    """

    def __init__(self, port: Path, clock: Clock, chance: Random) -> None:
        super().__init__(port, chance)
        self.code: str | None = None
        self._clock = clock

    async def show(self, code: str) -> None:
        """Show *code* to the scanner until :meth:`take_away`."""
        self.code = code
        self._stop()
        self._typing = asyncio.get_running_loop().create_task(self._repeat(code))

    async def take_away(self) -> None:
        """Remove the code."""
        self.code = None
        self._stop()

    async def _repeat(self, code: str) -> None:
        again_s = max(self._clock.real(_AGAIN_S), _LEAST_AGAIN_REAL_S)
        while True:
            await self._type(self._keys(code))
            await asyncio.sleep(again_s)


def typed_number(form: str, first_byte: str) -> Callable[[str], str]:
    """Return what a reader types for a card of the pool, in the config's *form*.

    A card of ten digits that begins with *first_byte* is typed without it.
    """

    def typed(card: str) -> str:
        short = card[len(first_byte) :] if len(card) == 10 and first_byte else card
        if form == "hex":
            return short
        if form == "decimal":
            return f"{int(short, 16):0{10 if len(short) == 8 else 13}d}"
        return f"{int(short[:-4], 16):05d},{int(short[-4:], 16):05d}"

    return typed
