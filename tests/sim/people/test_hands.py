"""A person's hands and eyes: the lamps of a panel are read while no person presses it."""

import asyncio
from typing import cast

from edge.clock import Clock
from sim.people.hands import Hands
from sim.world.lobby import Lobby
from tests.sim.fake_lobby import FakeLobby, FakePanel, make_config


class HandClock(Clock):
    """A clock whose pauses pass at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_ns = 0

    def boot_ns(self) -> int:
        """Nanoseconds, with those of the pauses."""
        return super().boot_ns() + self.passed_ns

    async def pause(self, seconds: float) -> None:
        """Let *seconds* pass, and let others act."""
        self.passed_ns += int(seconds * 1e9)
        await asyncio.sleep(0)


class SlowPanel(FakePanel):
    """A panel whose signs would be read as an alarm while it is pressed."""

    pressed = False

    @property
    def lamp(self) -> str:
        """The mode of the lamp."""
        return "fast" if self.pressed else super().lamp

    async def press(
        self, action: str, procedure: str | None = None, host: str | None = None
    ) -> None:
        """Press the button; then the answer is late."""
        self.pressed = True
        await super().press(action, procedure, host)
        await self.lobby.clock.pause(1)
        await self.lobby.clock.pause(1)
        self.pressed = False


def test_the_signs_of_anothers_press_are_not_read() -> None:
    """A person who looks while another one presses waits for the mode behind the signs."""
    lobby = FakeLobby(make_config(["pimpinan"]), HandClock())
    lobby.panels["reception"] = SlowPanel(lobby, "reception")
    hands = Hands(cast("Lobby", lobby), lobby.clock)

    async def both() -> None:
        pressing = asyncio.create_task(hands.press_once("reception", "done"))
        await asyncio.sleep(0)
        assert await hands.look("reception") == "off"
        assert await pressing == "refused"

    asyncio.run(both())
