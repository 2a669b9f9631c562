"""Hands, eyes and ears: how people at the checkpoint use its equipment.

A person presses and listens: one beep is "accepted", two are "refused". Others do not press
meanwhile, so that a beep belongs to its press. Silence means that the daemon is down or slow: a
person then waits until the lamps live again, looks, and presses once more. Every wait here has a
limit.
"""

import asyncio
import math
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Literal

from edge.clock import Clock
from sim.world.lobby import Lobby
from sim.world.notice import at_least

Heard = Literal["accepted", "refused", "silence"]
AiphoneAnswer = Literal["accept", "decline", "release", "extend"]

# How long a person waits for a beep: seconds of the clock, and real seconds at least, because a
# busy machine needs them.
_BEEP_S = 3.0
_BEEP_REAL_S = 3.0
# An eye needs this long to distinguish a steady lamp from a blinking one, and a mode from the signs
# that answer a press.
_LOOK_S = 3.0
_LOOK_REAL_S = 0.2
# The number of looks after which a person reads the lamps of a panel that others go on pressing.
_LOOKS = 5
# A code counts again once it has been away for so long (the scanner's repeat_s), seconds.
_AWAY_S = 8.0
# A moment between two movements of the same hand.
_MOMENT_S = 1.0
_MOMENT_REAL_S = 0.05
# Between two presentations: a reader must be silent for 50 ms, on a busy machine for longer.
_EMPTY_REAL_S = 0.15
# How long a person waits for a dead checkpoint before giving up, real seconds.
_AWAKE_REAL_S = 90.0
_TRIES = 5


class Hands:
    """The acts of people in *lobby*, one press at a time.

    :ivar silences: how many presses and cards had no answer in time; they may count all the same
    """

    def __init__(self, lobby: Lobby, clock: Clock) -> None:
        self.lobby = lobby
        self.clock = clock
        self._one_at_a_time = asyncio.Lock()
        # When each panel was last pressed (boot ns); infinity while a person presses and listens.
        self._used: dict[str, float] = {}
        self.silences = 0

    def panel_at(self, station: str) -> str | None:
        """Return the panel of *station*, if it has one."""
        for name, panel in self.lobby.config.panels.items():
            if station in panel.stations:
                return name
        return None

    def reader_at(self, station: str) -> str | None:
        """Return the card reader of *station*; any reader if it has none of its own."""
        readers = self.lobby.config.card_readers
        own = [name for name, reader in readers.items() if station in reader.stations]
        return next(iter([*own, *readers]), None)

    def has_reader(self, station: str) -> bool:
        """Return True if a card reader is beside *station*."""
        readers = self.lobby.config.card_readers.values()
        return any(station in reader.stations for reader in readers)

    def can(
        self, station: str, action: str, procedure: str | None = None, host: str | None = None
    ) -> bool:
        """Return True if a button at *station* means *action*."""
        panel = self.panel_at(station)
        return panel is not None and self.lobby.panels[panel].has(action, procedure, host)

    def names_host(self, station: str, procedure: str, host: str) -> bool:
        """Return True if a button at *station* opens visits of *procedure* to *host*."""
        panel = self.lobby.config.panels.get(self.panel_at(station) or "")
        return panel is not None and any(
            "arrive" in (button.press, button.hold)
            and (button.procedure, button.host) == (procedure, host)
            for button in panel.buttons
        )

    def at_least(self, seconds: float, real: float) -> float:
        """Return *seconds*, or *real* real seconds if they are longer; in clock seconds."""
        return at_least(self.clock, seconds, real)

    async def awake(self) -> bool:
        """Wait until the checkpoint is awake; False after 90 real seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_AWAKE_REAL_S):
                await self.lobby.wait_awake()
                return True
        return False

    async def press_once(
        self, station: str, action: str, procedure: str | None = None, host: str | None = None
    ) -> Heard:
        """Press one button and listen. A press without such a button counts as refused."""
        if not self.can(station, action, procedure, host):
            return "refused"
        name = self.panel_at(station) or ""
        return await self._use(name, self.lobby.panels[name].press(action, procedure, host))

    async def touch(self, panel: str, button: int, *, hold: bool) -> Heard:
        """Press or hold the button number *button*, from 0, of *panel*, and listen.

        :raises LookupError: if there is no such panel or button
        """
        return await self._use(panel, self.lobby.panels[panel].touch(button, hold=hold))

    async def _use(self, panel: str, doing: Coroutine[Any, Any, None]) -> Heard:
        """Press something on *panel* by *doing*, and listen."""
        async with self._one_at_a_time:
            self._used[panel] = math.inf
            listening = asyncio.create_task(self._listen())
            try:
                await doing
                heard = await listening
                self.silences += heard == "silence"
                return heard
            finally:
                listening.cancel()
                self._used[panel] = self.clock.boot_ns()

    async def press(self, station: str, action: str, procedure: str | None = None) -> bool:
        """Press until there is an answer; True if it was accepted.

        A refusal after a silence means that the silent press was accepted, and so does a lamp that
        is off. After a first refusal the person waits a moment and tries once more.
        """
        silent = refused = 0
        for _ in range(_TRIES):
            if not await self.awake():
                return False
            heard = await self.press_once(station, action, procedure)
            if heard == "accepted":
                return True
            if heard == "refused":
                refused += 1
                if silent or refused > 1:
                    return bool(silent)
            else:
                silent += 1
                if await self.awake() and await self.look(station) == "off":
                    return True
            await self.clock.pause(2)
        return False

    async def press_until_refused(self, station: str, action: str, most: int = 20) -> int:
        """Press until it is refused, *most* times at most; return how often it was accepted."""
        taken = 0
        for _ in range(most):
            if not await self.awake():
                break
            heard = await self.press_once(station, action)
            if heard == "refused":
                break
            taken += heard == "accepted"
        return taken

    async def look(self, station: str) -> str:
        """Look at the lamps of *station*; return their mode (``on`` without any).

        One of ``off``, ``on``, ``slow``, ``amber``, ``red``, ``fast`` and ``test``. The look is
        repeated while others use the panel: lamps answer a press by signs that are no mode.
        """
        panel = self.panel_at(station)
        for _ in range(_LOOKS):
            begun = self.clock.boot_ns()
            await self.clock.pause(self.at_least(_LOOK_S, _LOOK_REAL_S))
            if self._used.get(panel or "", 0) < begun:
                break
        if panel is None or not self.lobby.config.panels[panel].fitted_lamps:
            return "on"
        return self.lobby.panels[panel].lamp

    async def wait_lamp(self, station: str, mode: str, timeout_s: float) -> bool:
        """Wait until the lamps of *station* show *mode*; False after *timeout_s* seconds."""
        end = self.clock.boot_ns() + timeout_s * 1e9
        while self.clock.boot_ns() < end:
            if await self.look(station) == mode:
                return True
        return False

    async def present(self, station: str, card: str) -> bool:
        """Hold *card* to the reader of *station* until there is an answer; True if accepted."""
        for _ in range(_TRIES):
            if self.reader_at(station) is None or not await self.awake():
                break
            heard = await self.present_once(station, card)
            if heard != "silence":
                return heard == "accepted"
        return False

    async def present_once(self, station: str, card: str) -> Heard:
        """Hold *card* to the reader of *station* and listen."""
        return await self.hold_to(self.reader_at(station) or "", card)

    async def hold_to(self, name: str, card: str) -> Heard:
        """Hold *card* to the reader *name* and listen.

        :raises LookupError: if there is no such reader
        """
        reader = self.lobby.readers[name]
        async with self._one_at_a_time:
            listening = asyncio.create_task(self._listen())
            try:
                await reader.present(card)
                heard = await listening
                self.silences += heard == "silence"
            finally:
                listening.cancel()
                await reader.remove()
            # The reader separates two presentations by a moment without a card.
            await self.clock.pause(self.at_least(_MOMENT_S, _EMPTY_REAL_S))
        return heard

    async def show(self, station: str, code: str) -> bool:
        """Show *code* to the scanner at *station*; True if it was accepted."""
        config = self.lobby.config.scanners
        name = next((name for name, item in config.items() if station in item.stations), None)
        if name is None or not await self.awake():
            return False
        scanner = self.lobby.scanners[name]
        async with self._one_at_a_time:
            listening = asyncio.create_task(self._listen())
            try:
                await scanner.show(code)
                heard = await listening
            finally:
                listening.cancel()
                await scanner.take_away()
        await self.clock.pause(self.at_least(_AWAY_S, _MOMENT_REAL_S))
        return heard == "accepted"

    async def answer(self, aiphone: str | None, which: AiphoneAnswer) -> bool:
        """Close one of the aide's contacts; False if it is not wired.

        There is no beep for an aide: the contact is closed again if the checkpoint went down.
        """
        if aiphone is None or getattr(self.lobby.config.aiphone[aiphone], which) is None:
            return False
        for _ in range(_TRIES):
            if not await self.awake():
                break
            await self.lobby.aiphones[aiphone].answer(which)
            await self.clock.pause(self.at_least(_MOMENT_S, _MOMENT_REAL_S))
            if self.lobby.awake:
                break
        return True

    async def _listen(self) -> Heard:
        """Return the buzzer's answer to a press; alarms are ignored."""
        buzzer = self.lobby.buzzer
        if buzzer is None:
            await self.clock.pause(1)
            return "accepted"
        end = self.clock.boot_ns() + self.at_least(_BEEP_S, _BEEP_REAL_S) * 1e9
        while (left := (end - self.clock.boot_ns()) / 1e9) > 0:
            heard = await buzzer.listen(left)
            if heard == "accepted" or heard == "refused":  # noqa: PLR1714 - mypy narrows this form
                return heard
        return "silence"
