"""An officer's panel: buttons under a finger, and a lamp whose rhythm an eye reads."""

import asyncio
from collections import deque
from random import Random
from typing import Literal

from edge.clock import Clock
from edge.sections.panels import Button, Panel
from edge.sections.pins import Output
from sim.header import HeaderPin
from sim.twins.wiring import Load, Switch

LampMode = Literal["off", "on", "slow", "fast"]

# Seconds of the clock. The daemon tells a press from a hold at 1.0 s.
_PRESS_S = 0.15
_HOLD_S = 1.5
_LET_GO_S = 0.15
# At high speed a few real milliseconds of delay must not make a hold look like a press.
_HOLD_MARGIN_REAL_S = 0.02

# A lamp changes every 0.25 s (fast) or 1.0 s (slow). Delays only ever lengthen that, so the
# border is nearer to the slow rhythm.
_FAST_BELOW_S = 0.7
_STEADY_AFTER_S = 2.2
_STEADY_AFTER_REAL_S = 0.05
# Changes that an eye looks back on: two on-off cycles.
_LOOKED_AT = 5
# One change and back is switching, not a rhythm.
_RHYTHM = 3


class LampTwin:
    """A lamp, seen by an eye that looks at the changes of the last few seconds."""

    def __init__(self, pin: HeaderPin, output: Output, clock: Clock) -> None:
        self._clock = clock
        self._changes: deque[int] = deque(maxlen=_LOOKED_AT)
        self._steady_ns = int(max(_STEADY_AFTER_S, _STEADY_AFTER_REAL_S * clock.speed) * 1e9)
        self._load = Load(pin, output, self._changed)

    @property
    def lit(self) -> bool:
        """Whether it shines this moment."""
        return self._load.on

    @property
    def mode(self) -> LampMode:
        """What the lamp shows: steady once it has not changed for 2.2 s (or 50 real ms)."""
        if not self._load.driven:
            self._changes.clear()
        steady: LampMode = "on" if self._load.on else "off"
        changes = self._changes
        if len(changes) < _RHYTHM or self._clock.boot_ns() - changes[-1] > self._steady_ns:
            return steady
        mean_s = (changes[-1] - changes[0]) / (len(changes) - 1) / 1e9
        return "fast" if mean_s < _FAST_BELOW_S else "slow"

    def _changed(self, _on: bool, at: int) -> None:  # noqa: FBT001 - the signature of a load's watcher
        if self._changes and at - self._changes[-1] > self._steady_ns:
            self._changes.clear()
        self._changes.append(at)


class PanelTwin:
    """A panel with its buttons and, where fitted, its lamp."""

    def __init__(
        self, header: dict[int, HeaderPin], panel: Panel, clock: Clock, chance: Random
    ) -> None:
        self.stations = panel.stations
        self._clock = clock
        self._buttons = [
            (button, Switch(header[button.pin], button, clock, chance)) for button in panel.buttons
        ]
        self._fingers = [asyncio.Lock() for _ in panel.buttons]
        lamp = panel.lamp
        self._lamp = None if lamp is None else LampTwin(header[lamp.pin], lamp, clock)

    @property
    def lamp(self) -> LampMode:
        """What the lamp shows; a panel without one is dark."""
        return "off" if self._lamp is None else self._lamp.mode

    def has(self, action: str, procedure: str | None = None) -> bool:
        """Whether a button means *action* (of *procedure*) when pressed or held."""
        return self._find(action, procedure) is not None

    async def press(self, action: str, procedure: str | None = None) -> None:
        """Press, or hold, the button that means *action*; returns when it has been let go.

        :raises LookupError: if no button means that
        """
        found = self._find(action, procedure)
        if found is None:
            raise LookupError(f"no button of this panel means {action!r} ({procedure or 'any'})")
        number, hold = found
        async with self._fingers[number]:
            switch = self._buttons[number][1]
            switch.set(True)
            await self._clock.pause(_HOLD_S if hold else _PRESS_S)
            if hold:
                await asyncio.sleep(_HOLD_MARGIN_REAL_S)
            switch.set(False)
            await self._clock.pause(_LET_GO_S)

    def _find(self, action: str, procedure: str | None) -> tuple[int, bool] | None:
        """Return the number of the button for *action*, and whether it must be held."""
        for hold in (False, True):
            for number, (button, _) in enumerate(self._buttons):
                meaning = button.hold if hold else button.press
                if meaning == action and _serves(button, procedure):
                    return number, hold
        return None


def _serves(button: Button, procedure: str | None) -> bool:
    return procedure is None or button.procedure in (None, procedure)
