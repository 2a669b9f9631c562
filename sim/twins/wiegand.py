"""A card reader with a Wiegand output on two pins of the header.

Both lines are high at rest. A bit is a pulse of 50 microseconds that pulls D0 (a 0) or D1 (a 1)
low, 1.5 ms apart: an even parity bit over the first half, 24 or 32 bits of the card's number, an
odd parity bit over the second half. The pulses are put on the pins at once with the moments at
which they happen, because at sixty times the speed no timer could separate them.
"""

from random import Random

from edge.clock import Clock
from edge.config.sections.card_readers import Wiegand
from sim.world.header import Header

_PULSE_NS = 50_000
_STEP_NS = 1_500_000
# Between the frames of two cards that are held at the reader together, and after each frame.
_PAUSE_NS = 150_000_000


def bits_of(card: str, count: int) -> list[int]:
    """Return the frame of *card* (hexadecimal digits) with *count* bits."""
    size = count - 2
    number = int(card, 16) % (1 << size)
    data = [number >> place & 1 for place in reversed(range(size))]
    first, second = data[: size // 2], data[size // 2 :]
    return [first.count(1) % 2, *data, 1 - second.count(1) % 2]


class WiegandTwin:
    """The reader.

    :ivar cards: the cards that are held at it
    :ivar dead: it sends no pulses (set it to cause the fault)
    """

    def __init__(self, header: Header, config: Wiegand, clock: Clock, chance: Random) -> None:
        self.cards: tuple[str, ...] = ()
        self.dead = False
        self._lines = header[config.d0.pin], header[config.d1.pin]
        self._bits = config.bits
        self._clock = clock
        self._chance = chance
        self._free_ns = 0
        for line in self._lines:
            line.fit(1)

    @property
    def card(self) -> str | None:
        """The card that is held at it, or None."""
        return self.cards[0] if self.cards else None

    def close(self) -> None:
        """Remove the cards; the lines rest."""
        self.cards = ()

    async def present(self, card: str, *others: str) -> None:
        """Hold *card* at the reader until :meth:`remove`; with *others* it sends them in turn."""
        self.cards = (card, *others)
        for held in self.cards:
            self.send(bits_of(held, self._bits))

    async def remove(self) -> None:
        """Remove all cards."""
        self.cards = ()

    def noise(self, count: int) -> None:
        """Send *count* bits at random."""
        self.send([self._chance.randrange(2) for _ in range(count)])

    def bad_checksum(self, card: str) -> None:
        """Send a frame of *card* with one wrong bit."""
        bits = bits_of(card, self._bits)
        bits[self._chance.randrange(len(bits))] ^= 1
        self.send(bits)

    def hold(self, line: int, *, low: bool) -> None:
        """Short-circuit D0 or D1 to ground, or end that."""
        self._lines[line].tie(0 if low else None, self._clock.boot_ns())

    def send(self, bits: list[int], step_ns: int = _STEP_NS) -> None:
        """Send *bits*, *step_ns* apart."""
        if self.dead:
            return
        at = max(self._clock.boot_ns(), self._free_ns)
        for bit in bits:
            self._lines[bit].tie(0, at)
            self._lines[bit].tie(None, at + _PULSE_NS)
            at += step_ns
        self._free_ns = at + _PAUSE_NS
