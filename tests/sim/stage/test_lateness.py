"""The lateness of the machine in scaled real time, noted for the guests who are here."""

import asyncio
import random
import time

from edge.clock import Clock
from sim.people.guests import Guest
from sim.people.intention import of
from sim.stage.lateness import watch


def test_a_machine_that_stands_still_is_late_for_the_guests_who_are_here() -> None:
    """A third of a second at speed 60 is twenty seconds of the day for each guest in the lobby."""
    here, gone = (
        Guest(number, "uji", "normal", of("normal")[0], random.Random(1)) for number in (1, 2)
    )
    here.state, gone.state = "here", "gone"

    async def main() -> None:
        watching = asyncio.create_task(watch(Clock.scaled(60), [here, gone]))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(time.sleep, 0.4)  # the machine does something else
        while not here.account.late_s:
            await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(main())
    assert here.account.late_s >= 20
    assert gone.account.late_s == 0
