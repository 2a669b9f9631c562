"""Measures from the fire contact to the release of an access door, while many events wait."""

import asyncio
import time
from typing import Any

from bench.bed import Bed, daemon_of, lobby_of, pins, say
from bench.card import MISSING, SlowCard, slow_card
from bench.contact import Contact
from bench.pin_watch import PinWatch
from bench.publishers import PUBLISHERS
from bench.subscriber import Subscriber, subscriber
from bench.table import Row, delay_row
from edge.errors import GarduError
from sim.world.lobby import Lobby

RELEASED_MS = 50.0
"""The target."""

_DELAY_MS, _EDGES, _GAP_S, _ROUNDS = 200.0, 30, 0.005, 5
# Pins of the third locker, which makes room for a door and for the fire contact.
_STRIKE, _FIRE = 7, 22
_QUIET_S = 0.5


class Building:
    """The fire contact and the door's strike in *lobby*."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._strike = PinWatch(lobby.header[_STRIKE], "the strike")

    async def release(self) -> float:
        """Raise the fire alarm; return the ms until the strike is released."""
        self._strike.forget()
        began = time.perf_counter_ns()
        self._lobby.header[_FIRE].tie(None, self._lobby.clock.boot_ns())
        return (await self._strike.next_change() - began) / 1e6

    async def reset(self) -> None:
        """End the fire alarm; return once the strike has locked again."""
        self._lobby.header[_FIRE].tie(0, self._lobby.clock.boot_ns())
        await self._strike.until_at(1, _QUIET_S)  # its relay is active at a low level


async def measure(bed: Bed) -> list[Row]:
    """Return the row of the release, against that with no event waiting, in turns."""
    card = slow_card(bed)
    if card is None:
        say(MISSING)
        return []
    rounds = 2 if bed.quick else _ROUNDS
    run = bed.run_dir("fire", change=_fit_door)
    gardu = PUBLISHERS["gardu"]
    idle, busy = [], []
    async with (
        lobby_of(run) as lobby,
        subscriber(bed.url, gardu.topic, gardu.part) as received,
        daemon_of(run, {**pins(run), **card.environment}, moved=True),
    ):
        contact, building = Contact(lobby, received), Building(lobby)
        await contact.until_answered()
        for number in range(rounds):
            say(f"fire to strike: {number + 1} of {rounds}")
            idle.append(await building.release())
            await building.reset()
            busy.append(await _busy_release(contact, building, received, card))
            await building.reset()
            await received.until_quiet(_QUIET_S)
    return [_row(idle, busy)]


def _fit_door(raw: dict[str, Any]) -> None:
    """Replace the third locker by an access door and a fire contact."""
    board = raw["lockers"]["boards"][0]
    board["lockers"] = "1-2"
    board["relays"]["pins"], board["doors"]["pins"] = "5, 6", "17, 27"
    raw["doors"] = {
        "ruang": {"procedures": ["pimpinan"], "strike": {"pin": _STRIKE, "active": "low"}}
    }
    raw["safety"] = {"fire": {"pin": _FIRE}}


async def _busy_release(
    contact: Contact, building: Building, received: Subscriber, card: SlowCard
) -> float:
    """Make a burst on a slow card, then raise the fire alarm; return the ms until the release."""
    await received.until_quiet(_QUIET_S)
    async with card.slowed(_DELAY_MS):
        for _ in range(_EDGES):
            contact.toggle()
            await asyncio.sleep(_GAP_S)
        released = await building.release()
        if received.heard.qsize() >= _EDGES:
            raise GarduError("no event waited any more at the fire alarm")
    return released


def _row(idle: list[float], busy: list[float]) -> Row:
    measure = f"fire to strike, full queue, + {_DELAY_MS:g} ms a sync"
    return delay_row(measure, busy, idle, other="with an empty queue", limit_ms=RELEASED_MS)
