"""An officer's panel: buttons to press, and lamps with a colour and a rhythm."""

import asyncio
from collections import deque
from itertools import pairwise
from random import Random
from typing import Literal

from edge.clock import Clock
from edge.config.sections.panels import Button, Panel
from edge.config.sections.pins import Output
from sim.twins.wiring import Load, Switch
from sim.world.header import Header, HeaderPin, terminal

Rhythm = Literal["off", "steady", "wink", "slow", "fast"]
Mode = Literal["off", "on", "slow", "amber", "red", "fast", "test"]

# Seconds of the clock. The daemon distinguishes a press from a hold at 1.0 s.
_PRESS_S = 0.15
_HOLD_S = 1.5
# The daemon ignores a second press within 0.3 s of the release.
_LET_GO_S = 0.35
_TREMBLE_S = 0.1
# Fingers of one movement touch their buttons this far apart.
_APART_NS = 10_000_000
# Longer than a contact bounces and any bounce time of a config.
_SETTLED_S = 0.06
# From this length of a press on, its edges are set one after the other; real seconds.
_UNHURRIED_REAL_S = 0.05
# At high speed a delay of a busy machine must not turn a hold into a press; real seconds.
_HOLD_MARGIN_REAL_S = 0.1

# A lamp changes every 0.25 s (fast) or 1.0 s (slow), or goes out for 0.3 s every 2.0 s (wink).
# Delays only ever lengthen that, so the border is nearer to the slow rhythm.
_FAST_BELOW_S = 0.7
# A winking lamp is lit for 0.85 of the time; a blinking one for 0.5.
_WINK_FROM = 0.65
# Longer than a sign at the end of the lit part of a slow blink, which then begins again: 2.12 s.
_STEADY_AFTER_S = 2.6
_STEADY_AFTER_REAL_S = 0.05
# The changes that show a rhythm: two on-off cycles.
_LOOKED_AT = 5
# Some more: the edges of a sign are stored until the second of them shows that it is one.
_STORED = _LOOKED_AT + 2
# One change and back is switching, not a rhythm.
_RHYTHM = 3
# A light that lasts shorter is the part of a sign ("heard", "refused"): the shortest part of a
# rhythm lasts 0.25 s, the longest part of a sign 0.15 s.
_SIGN_BELOW_S = 0.2
# How long the live view shows a sign, which itself may last a real millisecond: real seconds.
_VISIBLE_REAL_S = 0.5

# The meanings of the lamps in docs/panel.md, the most urgent first: lamp, rhythm, meaning. On a
# panel with one lamp, overdue is shown like an alarm.
_MEANS: tuple[tuple[str, Rhythm, Mode], ...] = (
    ("red", "fast", "fast"),
    ("plain", "fast", "fast"),
    ("red", "steady", "red"),
    ("amber", "slow", "red"),
    ("amber", "wink", "amber"),
    ("plain", "wink", "amber"),
    ("blue", "slow", "slow"),
    ("plain", "slow", "slow"),
    ("plain", "steady", "on"),
)


class LampTwin:
    """A lamp; the changes of the last few seconds show its rhythm.

    A sign is no part of a rhythm, and no change of a steady light: both of its edges are dropped.

    :ivar turns: how often it has lit or gone out, signs included
    """

    def __init__(self, pin: HeaderPin, output: Output, clock: Clock) -> None:
        self.turns = 0
        self._clock = clock
        self._changes: deque[tuple[bool, int]] = deque(maxlen=_STORED)
        self._steady_ns = int(max(_STEADY_AFTER_S, _STEADY_AFTER_REAL_S * clock.speed) * 1e9)
        self._visible_ns = int(_VISIBLE_REAL_S * clock.speed * 1e9)
        self._sign_at: int | None = None
        self._load = Load(pin, output, self._changed)

    @property
    def lit(self) -> bool:
        """True while it shines."""
        return self._load.on

    @property
    def rhythm(self) -> Rhythm:
        """Rhythm of the lamp: steady once it has not changed for 2.6 s (or 50 real ms)."""
        if not self._load.driven:
            self._changes.clear()
        now = self._clock.boot_ns()
        changes = list(self._changes)
        lit = self._load.on
        if changes and now - changes[-1][1] < _SIGN_BELOW_S * 1e9:
            lit = not changes.pop()[0]  # perhaps a sign: the light before it counts
        del changes[:-_LOOKED_AT]
        steady: Rhythm = "steady" if lit else "off"
        if len(changes) < _RHYTHM or now - changes[-1][1] > self._steady_ns:
            return steady
        span_ns = changes[-1][1] - changes[0][1]
        if span_ns / (len(changes) - 1) < _FAST_BELOW_S * 1e9:
            return "fast"
        parts = [(on, later - since) for (on, since), (_, later) in pairwise(changes)]
        dark_ns = [length for on, length in parts if not on]
        lit_ns = min(length for on, length in parts if on)  # a sign lengthens one: it begins again
        dark_mean_ns = sum(dark_ns) / len(dark_ns)
        return "wink" if lit_ns >= _WINK_FROM * (lit_ns + dark_mean_ns) else "slow"

    @property
    def signs(self) -> bool:
        """True for half a real second after a sign."""
        at = self._sign_at
        return at is not None and self._clock.boot_ns() - at < self._visible_ns

    def _changed(self, on: bool, at: int) -> None:  # noqa: FBT001 - the signature of a load's watcher
        self.turns += 1
        changes = self._changes
        if changes and at - changes[-1][1] < _SIGN_BELOW_S * 1e9:
            changes.pop()
            self._sign_at = at
            return
        if changes and at - changes[-1][1] > self._steady_ns:
            changes.clear()
        changes.append((on, at))


class PanelTwin:
    """A panel with its buttons and the lamps that are fitted.

    :ivar lamps: ``lamp`` or colours, from left to right
    """

    def __init__(self, header: Header, panel: Panel, clock: Clock, chance: Random) -> None:
        self.stations = panel.stations
        self._clock = clock
        self._buttons = [
            (button, Switch(terminal(header, button), button, clock, chance))
            for button in panel.buttons
        ]
        self._fingers = [asyncio.Lock() for _ in panel.buttons]
        self.lamps = {
            name: LampTwin(terminal(header, output), output, clock)
            for name, output in panel.fitted_lamps.items()
        }
        self._plain = next((name for name in ("green", "white", "lamp") if name in self.lamps), "")

    @property
    def lamp(self) -> Mode:
        """Meaning of the lamps together, by docs/panel.md; ``off`` for a panel without any."""
        shining: dict[str, Rhythm] = {
            "plain" if name == self._plain else name: lamp.rhythm
            for name, lamp in self.lamps.items()
        }
        if len(shining) > 2 and set(shining.values()) == {"steady"}:
            return "test"
        return next((mode for name, rhythm, mode in _MEANS if shining.get(name) == rhythm), "off")

    @property
    def signs(self) -> bool:
        """True for half a real second after a sign of the plain lamp (*heard*, *refused*)."""
        return self._plain in self.lamps and self.lamps[self._plain].signs

    @property
    def turns(self) -> int:
        """How often the plain lamp has lit or gone out, signs included."""
        return self.lamps[self._plain].turns if self._plain in self.lamps else 0

    @property
    def shining(self) -> dict[str, str]:
        """Rhythm of each lamp: off, steady, wink, slow or fast."""
        return {name: lamp.rhythm for name, lamp in self.lamps.items()}

    def has(self, action: str, procedure: str | None = None, host: str | None = None) -> bool:
        """Return True if a button means *action* (of *procedure*, for *host*), pressed or held."""
        return self._find(action, procedure, host) is not None

    def contact(self, action: str) -> Switch:
        """Return the contact of the button that means *action*, pressed or held.

        :raises LookupError: if no button means that
        """
        return self._buttons[self._found(action)[0]][1]

    async def press(
        self, action: str, procedure: str | None = None, host: str | None = None
    ) -> None:
        """Press, or hold, the button that means *action*; returns when it is released.

        :raises LookupError: if no button means that
        """
        number, hold = self._found(action, procedure, host)
        await self.touch(number, hold=hold)

    async def hold(self, action: str) -> None:
        """Hold the button that means *action* when pressed; returns when it is released.

        :raises LookupError: if no button means that
        """
        await self.touch(self._found(action)[0], hold=True)

    async def touch(self, number: int, *, hold: bool) -> None:
        """Press the button *number*, from 0, or hold it; returns when it is released.

        :raises LookupError: if the panel has no such button
        """
        async with self._fingers[number]:
            await (self._keep_down if hold else self._tap)(self._buttons[number][1])
            await self._clock.pause(_LET_GO_S)

    async def _tap(self, switch: Switch) -> None:
        """Press for a moment; at high speed both edges are set at once, without a delay."""
        begun = self._clock.boot_ns()
        at_once = self._clock.real(_PRESS_S) < _UNHURRIED_REAL_S
        if not at_once:
            switch.set(True, begun)
        await self._clock.pause(_PRESS_S + _SETTLED_S)
        if at_once:
            switch.set(True, begun)
        switch.set(False, begun + int(_PRESS_S * 1e9))

    async def _keep_down(self, switch: Switch) -> None:
        switch.set(True)
        await self._clock.pause(_HOLD_S)
        await asyncio.sleep(_HOLD_MARGIN_REAL_S)
        switch.set(False)

    async def lean(self, seconds: float) -> None:
        """Press all buttons in one movement and release them after *seconds* (clock)."""
        now = self._clock.boot_ns()
        for number, (_, switch) in enumerate(self._buttons):
            switch.set(True, now + number * _APART_NS)
        await self._clock.pause(seconds)
        for _, switch in self._buttons:
            switch.set(False)
        await self._clock.pause(_LET_GO_S)

    async def tremble(self, action: str) -> None:
        """Press the button that means *action* with a finger that trembles: twice, 0.1 s apart.

        :raises LookupError: if no button means that
        """
        switch = self._buttons[self._found(action)[0]][1]
        for _ in range(2):
            switch.set(True)
            await self._clock.pause(_PRESS_S)
            switch.set(False)
            await self._clock.pause(_TREMBLE_S)
        await self._clock.pause(_LET_GO_S)

    def _found(
        self, action: str, procedure: str | None = None, host: str | None = None
    ) -> tuple[int, bool]:
        found = self._find(action, procedure, host)
        if found is None:
            raise LookupError(f"no button of this panel means {action!r} ({procedure or 'any'})")
        return found

    def _find(
        self, action: str, procedure: str | None, host: str | None
    ) -> tuple[int, bool] | None:
        """Return the number of the button for *action*, and True if it must be held."""
        for hold in (False, True):
            for number, (button, _) in enumerate(self._buttons):
                meaning = button.hold if hold else button.press
                if meaning == action and _serves(button, procedure, host):
                    return number, hold
        return None


def _serves(button: Button, procedure: str | None, host: str | None) -> bool:
    of_procedure = procedure is None or button.procedure in (None, procedure)
    return of_procedure and (host is None or button.host in (None, host))
