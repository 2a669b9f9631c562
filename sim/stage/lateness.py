"""Lateness of a loaded machine, in a simulation that is scaled real time.

At speed 60 a machine that is a tenth of a second late is six seconds of the day late: aides answer
too late, timers of the daemon run out. That is no fault of the checkpoint; the verdict names it.
With a time of its own a simulation is never late.
"""

import asyncio
from collections.abc import Iterable

from edge.clock import Clock
from sim.people.guests import Guest

LATE_S = 6.0
"""A shorter lateness changes no guest's course, seconds of the day: so long reception waits for a
ring."""

# Real seconds between two looks.
_LOOK_REAL_S = 0.05


async def watch(clock: Clock, guests: Iterable[Guest]) -> None:
    """Note the lateness of the machine for each of *guests* who is here, until cancelled."""
    loop = asyncio.get_running_loop()
    while not clock.own:
        due = loop.time() + _LOOK_REAL_S
        await asyncio.sleep(_LOOK_REAL_S)
        late_s = (loop.time() - due) * clock.speed
        for guest in guests if late_s >= LATE_S else ():
            if guest.state == "here":
                guest.account.late_s = max(guest.account.late_s, late_s)


def in_words(late_s: float, speed: float) -> str:
    """Return what the verdict says of a guest for whom the machine was *late_s* late."""
    return (
        f"the machine was too slow for speed {speed:g}, by up to {late_s:.0f} s of the day: "
        "use --speed max"
    )
