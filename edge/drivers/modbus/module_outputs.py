"""The outputs of one module: what the drivers want, what was written, and the next write. Pure.

Rules
-----
1. Only claimed outputs are ever written, and only when they change. Several that change at once are
   one write, where the module knows function 15 and all outputs between them are claimed.
2. An output that is switched on for a limited time is written by the module's own timed pulse,
   where it has one; no other write then touches it before it is switched off.
3. What was written is not known (None) after a loss of the module: all are written again.
4. An output that the module reads back otherwise is written again; one that does not follow
   MOST_WRONG times in a row is a fault.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.config.sections.modules import Registers
from edge.drivers.modbus.requests import OFF, ON, Request, write_coil, write_coils
from edge.errors import DeviceFault

MOST_WRONG = 3
# The module's own timer is a safeguard: the driver ends the pulse before.
_MARGIN_TENTHS = 1
_LONGEST_TENTHS = 0x7FFF


@dataclass
class OutputState:
    """One claimed output.

    :ivar wanted: what the driver wants; *written*: what the module was told; None: not known
    :ivar at_most_s: the driver switches off after this, seconds; None: not limited
    :ivar blink: seconds on and off, and the moment of the next change; None: does not blink
    :ivar refused: the module's refusal of the last write
    :ivar wrong: how often in a row it was read back otherwise
    """

    wanted: bool = False
    written: bool | None = None
    at_most_s: float | None = None
    blink: tuple[float, float, float] | None = None
    refused: DeviceFault | None = None
    wrong: int = 0

    @property
    def settled(self) -> bool:
        """True if the module was told what the driver wants."""
        return self.written == self.wanted

    def want(self, *, on: bool, at_most_s: float | None) -> None:
        """Set what the driver wants, ending a blink."""
        self.blink, self.refused = None, None
        if on and at_most_s is not None:
            self.written = None  # begins the module's timer again
        self.wanted, self.at_most_s = on, at_most_s if on else None

    def turn(self, now: float) -> None:
        """Turn a blinking output, if it is due at *now* (seconds)."""
        if self.blink is None:
            return
        on_s, off_s, due = self.blink
        if now >= due:
            self.wanted = not self.wanted
            self.blink = on_s, off_s, now + (on_s if self.wanted else off_s)


class Write(NamedTuple):
    """One request, and the levels that the outputs have once it is answered."""

    request: Request
    levels: dict[int, bool]


@dataclass
class ModuleOutputs:
    """The claimed outputs of a module, by their numbers."""

    registers: Registers
    claimed: dict[int, OutputState] = field(default_factory=dict)

    def next_write(self) -> Write | None:
        """Return the next write; None: there is none to do."""
        changed = {n: one for n, one in sorted(self.claimed.items()) if not one.settled}
        for number, one in changed.items():
            if self._timed(one):
                return self._pulse(number, one)
        first, last = min(changed, default=0), max(changed, default=0)
        if len(changed) > 1 and self._writable(first, last):
            levels = {n: self.claimed[n].wanted for n in range(first, last + 1)}
            at = self.registers.output_first + first - 1
            return Write(write_coils(at, list(levels.values())), levels)
        for number, one in changed.items():
            at = self.registers.output_first + number - 1
            return Write(write_coil(at, ON if one.wanted else OFF), {number: one.wanted})
        return None

    def done(self, write: Write, refused: DeviceFault | None = None) -> None:
        """Note that *write* was answered, or *refused* for good."""
        for number, level in write.levels.items():
            one = self.claimed.get(number)
            if one is not None:
                one.written = level
                one.refused = refused

    def forget(self) -> None:
        """Note that it is not known what was written."""
        for one in self.claimed.values():
            one.written = None

    def read_back(self, levels: int) -> None:
        """Compare with the *levels* that the module reads (the first output is bit 0)."""
        for number, one in self.claimed.items():
            if one.written is None or self._timed(one):
                continue
            level = bool(levels >> (number - 1) & 1)
            one.wrong = 0 if level == one.written else one.wrong + 1
            one.written = level

    @property
    def stubborn(self) -> list[int]:
        """The outputs that do not follow."""
        return [n for n, one in sorted(self.claimed.items()) if one.wrong >= MOST_WRONG]

    def turn(self, now: float) -> None:
        """Turn the blinking outputs that are due at *now* (seconds)."""
        for one in self.claimed.values():
            one.turn(now)

    @property
    def due(self) -> float | None:
        """The moment of the next change of a blinking output, seconds; None: none blinks."""
        return min((one.blink[2] for one in self.claimed.values() if one.blink), default=None)

    def _timed(self, one: OutputState) -> bool:
        return one.wanted and one.at_most_s is not None and self.registers.flash_first is not None

    def _writable(self, first: int, last: int) -> bool:
        """Return True if one write may set all outputs from *first* to *last*."""
        between = [self.claimed.get(number) for number in range(first, last + 1)]
        return self.registers.output_function == 15 and not any(
            one is None or self._timed(one) for one in between
        )

    def _pulse(self, number: int, one: OutputState) -> Write:
        assert one.at_most_s is not None
        assert self.registers.flash_first is not None
        tenths = min(math.ceil(one.at_most_s * 10) + _MARGIN_TENTHS, _LONGEST_TENTHS)
        return Write(write_coil(self.registers.flash_first + number - 1, tenths), {number: True})
