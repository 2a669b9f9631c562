"""Frames of Wiegand readers: parses pulses on two lines into card numbers. Pure.

Each bit is a pulse on D0 (a 0) or on D1 (a 1), 20 to 200 microseconds long and 0.2 to 20 ms apart,
usually 50 microseconds and 1 to 2 ms. A frame is an even parity bit over the first half, the data,
and an odd parity bit over the second half:

==== =================================================
26   parity, 8 bits facility code, 16 bits card, parity
34   parity, 32 bits, parity
==== =================================================
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from edge.errors import ProtocolError

Bits = Literal[26, 34]

END_S = 0.05
"""Silence that ends a frame, seconds: more than twice the longest time between two bits."""

SHORTEST_S = 100e-6
"""Pulses that are closer than this, seconds, are noise: half the shortest time between two bits."""

_LENGTHS = (26, 34)


class Pulse(NamedTuple):
    """One pulse: the moment of its beginning, seconds, and its bit (the line it came on)."""

    at_s: float
    bit: int


def cards_in(pulses: Sequence[Pulse], bits: Bits) -> list[str | ProtocolError]:
    """Return the cards of *pulses*, which silence has followed, and the errors, in order.

    A card is a number of 8 upper-case hexadecimal digits.
    """
    return [_card(frame, bits) for frame in _frames(sorted(pulses))]


def _frames(pulses: Sequence[Pulse]) -> Iterator[list[Pulse]]:
    frame: list[Pulse] = []
    for pulse in pulses:
        if frame and pulse.at_s - frame[-1].at_s > END_S:
            yield frame
            frame = []
        frame.append(pulse)
    if frame:
        yield frame


def _card(frame: list[Pulse], bits: Bits) -> str | ProtocolError:
    if any(after.at_s - before.at_s < SHORTEST_S for before, after in pairwise(frame)):
        return ProtocolError("pulses too close together")
    values = [pulse.bit for pulse in frame]
    if len(values) != bits:
        known = len(values) in _LENGTHS
        return ProtocolError(f"a frame of {len(values)} bits (bits)" if known else "wrong length")
    half = bits // 2
    if sum(values[:half]) % 2 or not sum(values[half:]) % 2:
        return ProtocolError("wrong parity")
    return f"{int(''.join(map(str, values[1:-1])), 2):08X}"
