"""Jammed lockers are noticed by the click of the lock, and forgotten once the door opens."""

import asyncio
from typing import cast

from edge.clock import Clock
from sim.people.jams import Jams
from sim.world.lobby import Lobby
from tests.sim.fake_lobby import FakeLobby, make_config


def test_a_locker_that_clicks_and_stays_shut_is_not_free() -> None:
    """A jammed lock is noted; a door that springs open is not, nor one that does so again."""

    async def main() -> None:
        lobby = FakeLobby(make_config(["pimpinan"]), Clock())
        jams = Jams(cast("Lobby", lobby))
        lobby.lockers[1].jammed = True
        lobby.lockers[1].pulse()
        lobby.lockers[2].pulse()
        jams.look()
        assert jams.lockers == {1}
        await lobby.lockers[2].close_door()
        jams.look()
        assert jams.lockers == {1}
        lobby.lockers[1].jammed = False
        lobby.lockers[1].pulse()
        jams.look()
        assert jams.lockers == set()

    asyncio.run(main())
