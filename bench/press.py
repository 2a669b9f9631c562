"""Measures presses on a slow card: until the lamp answers, and two equal ones in a stall."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bench.bed import ROOT, Bed, daemon_of, lobby_of, pins, say
from bench.card import MISSING, SlowCard, slow_card
from bench.pin_watch import PinWatch
from bench.subscriber import Subscriber, subscriber
from bench.table import Row, delay_row
from edge.config.sections.panels import Button
from edge.errors import GarduError
from sim.world.lobby import Lobby

HEARD_MS, VISITS = 50.0, 1
"""The targets: until the first sign on the lamp; visits that two equal presses in a stall open."""

_DELAY_MS, _PRESSES = 200.0, 6
_STALL_S, _BETWEEN_S = 3.0, 0.5
# A press for a moment, longer than a contact's bounce time; and one that counts as held.
_PRESS_S, _HOLD_S = 0.03, 1.2
# The start's lamp test has ended, and no lamp blinks, once a lamp has been dark for this long.
_DARK_S = 1.3
_OPENED, _CLOSED = "gardu.visit.opened.v1", "gardu.visit.closed.v1"
_PATIENCE_S = 30.0


class Desk:
    """The reception's panel in *lobby*: its buttons, its plain lamp, and the buzzer."""

    def __init__(self, lobby: Lobby, visits: Subscriber) -> None:
        panel, buzzer = lobby.config.panels["reception"], lobby.config.buzzer
        assert panel.lamp is not None
        assert buzzer is not None
        self._lobby = lobby
        self._visits = visits
        self._arrive = next(one for one in panel.buttons if one.press == "arrive")
        self._leave = next(one for one in panel.buttons if one.hold == "leave")
        self.lamp = PinWatch(lobby.header[panel.lamp.bcm], "the lamp of reception")
        self.buzzer = PinWatch(lobby.header[buzzer.bcm], "the buzzer")
        self._dark = int(panel.lamp.active == "low")

    async def until_dark(self) -> None:
        """Return once the lamp is dark and shows no rhythm."""
        await self.lamp.until_at(self._dark, _DARK_S)

    async def arrive(self) -> int:
        """Press *arrive* for a moment; return when it was released (ns)."""
        return await self._press(self._arrive, _PRESS_S)

    async def leave(self) -> None:
        """Hold *leave*: it ends the visit at the desk."""
        await self._press(self._leave, _HOLD_S)

    async def until_record(self, kind: str) -> int:
        """Return when the next record of type *kind* has come (ns).

        :raises GarduError: if none comes within 30 s
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    at, message = await self._visits.heard.get()
                    if msgspec.json.decode(message.payload)["type"] == kind:
                        return at
        except TimeoutError:
            raise GarduError(f"no record {kind} came in {_PATIENCE_S:g} s") from None

    def opened(self) -> int:
        """Return how many of the records that wait here are of an opened visit."""
        found = 0
        while not self._visits.heard.empty():
            _, message = self._visits.heard.get_nowait()
            found += msgspec.json.decode(message.payload)["type"] == _OPENED
        return found

    async def _press(self, button: Button, seconds: float) -> int:
        pin, clock = self._lobby.header[button.bcm], self._lobby.clock
        pin.tie(0, clock.boot_ns())
        await asyncio.sleep(seconds)
        released = time.perf_counter_ns()
        pin.tie(None, clock.boot_ns())
        return released


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of the lamp's answer and of two equal presses."""
    card = slow_card(bed)
    if card is None:
        say(MISSING)
        return []
    presses = 3 if bed.quick else _PRESSES
    heard, accepted = [], []
    async with _desk(bed, card) as desk:
        for number in range(presses):
            say(f"button to lamp: {number + 1} of {presses}")
            lamp, beep = await _answer(desk, card)
            heard.append(lamp)
            accepted.append(beep)
    say(f"two presses in a stall of {_STALL_S:g} s")
    async with _desk(bed, card) as desk:
        visits = await _in_a_stall(desk, card)
    return [_lamp_row(heard, accepted), _stall_row(visits)]


@asynccontextmanager
async def _desk(bed: Bed, card: SlowCard) -> AsyncIterator[Desk]:
    run = bed.run_dir("press")
    async with (
        lobby_of(run) as lobby,
        subscriber(bed.url, f"{ROOT}/#", "/event/visit") as visits,
        daemon_of(run, {**pins(run), **card.environment}),
    ):
        await lobby.wait_awake()
        desk = Desk(lobby, visits)
        # The first visit shows that all is connected.
        await desk.until_dark()
        await desk.arrive()
        await desk.until_record(_OPENED)
        await _end_visit(desk)
        yield desk


async def _end_visit(desk: Desk) -> None:
    await asyncio.sleep(0.5)  # a person's: the beep is over
    await desk.leave()
    await desk.until_record(_CLOSED)
    await desk.until_dark()
    desk.lamp.forget()
    desk.buzzer.forget()


async def _answer(desk: Desk, card: SlowCard) -> tuple[float, float]:
    """Press once; return the ms from the release to the lamp's first change, and to the beep.

    A lamp that changes before the release, while the button is down, has answered within 0 ms.
    """
    async with card.slowed(_DELAY_MS):
        released = await desk.arrive()
        lamp, beep = await desk.lamp.next_change(), await desk.buzzer.next_change()
        await desk.until_record(_OPENED)
    await _end_visit(desk)
    return max(0, lamp - released) / 1e6, (beep - released) / 1e6


async def _in_a_stall(desk: Desk, card: SlowCard) -> int:
    """Press twice while the card does not answer; return how many visits were opened."""
    card.stall(_STALL_S)
    began = time.perf_counter_ns()
    await desk.arrive()
    await asyncio.sleep(_BETWEEN_S)
    await desk.arrive()
    at = await desk.until_record(_OPENED)
    if (at - began) / 1e9 < _STALL_S - _BETWEEN_S:
        raise GarduError("the visit was published in the stall: the slow card has no effect")
    await asyncio.sleep(2.0)
    return 1 + desk.opened()


def _lamp_row(heard: list[float], accepted: list[float]) -> Row:
    measure = f"button to lamp, + {_DELAY_MS:g} ms a sync"
    return delay_row(measure, heard, accepted, other="until the beep (accepted)", limit_ms=HEARD_MS)


def _stall_row(visits: int) -> Row:
    return Row(
        measure=f"two equal presses in a stall of {_STALL_S:g} s",
        gardu=f"{visits} visits" if visits != 1 else "1 visit",
        target=f"{VISITS} visit",
        reached=visits == VISITS,
    )
