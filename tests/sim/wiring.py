"""A small checkpoint for simulated lobbies, with every way to wire a contact."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Clock
from edge.config.model import Config
from sim.pins import SimFactory
from sim.world.lobby import Lobby
from tests.own_time import in_own_time, in_scaled_time

RELAY, DOOR, RELAY_2, DOOR_2 = 5, 17, 6, 27
ALARM, PASSAGE = 23, 24
RING, ACCEPT = 8, 25
LAMP, BUZZER = 10, 26
DONE, DECLINE, ARRIVE = 12, 18, 3
CARD = "010063E9AE"

CONFIG = msgspec.convert(
    {
        "checkpoint": {
            "site": "setda",
            "id": "lobi",
            "procedures": ["pimpinan"],
            "place": "Lobi Utama",
        },
        "cards": {"visitor": [CARD]},
        "card_readers": {
            "desk": {"driver": "rdm6300", "port": "/dev/ttyUSB0", "stations": ["reception"]}
        },
        "lockers": {
            "driver": "gpio",
            "locker": [
                {
                    "number": 1,
                    "relay": {"pin": RELAY, "active": "low"},
                    "door": {"pin": DOOR, "wired": "normally-closed"},
                },
                {"number": 2, "relay": {"pin": RELAY_2}, "door": {"pin": DOOR_2, "pull": "down"}},
            ],
        },
        "metal_detector": {
            "alarm": {"pin": ALARM, "wired": "normally-closed", "pull": "external-up"},
            "passage": {"pin": PASSAGE, "pull": "external-down"},
        },
        "aiphone": {
            "adc": {
                "procedures": ["pimpinan"],
                "ring": {"pin": RING, "active": "low"},
                "accept": {"pin": ACCEPT},
            }
        },
        "panels": {
            "reception": {
                "stations": ["reception"],
                "lamp": {"pin": LAMP},
                "buttons": [
                    {"pin": ARRIVE, "press": "arrive", "procedure": "pimpinan"},
                    {"pin": DONE, "press": "done"},
                    {"pin": DECLINE, "press": "decline", "hold": "absent"},
                ],
            }
        },
        "buzzer": {"pin": BUZZER},
        "cameras": {"lobby": {"driver": "http", "url": "http://127.0.0.1/", "purposes": ["desk"]}},
    },
    Config,
)


def in_lobby(
    folder: Path,
    monkeypatch: Any,
    act: Callable[[Lobby, SimFactory], Awaitable[None]],
    speed: float | None = None,
) -> None:
    """Run *act* in a lobby with a daemon's pin factory connected to it over the real socket.

    :param speed: of scaled real time; None: in their own time
    """
    monkeypatch.setenv("GARDU_PINS", str(folder / "pins.sock"))

    async def run(clock: Clock) -> None:
        async with Lobby(CONFIG, folder, clock, seed=1) as lobby:
            factory = await asyncio.to_thread(SimFactory)
            try:
                await act(lobby, factory)
            finally:
                await asyncio.to_thread(factory.close)

    with in_own_time() if speed is None else in_scaled_time(speed) as own:
        own.loop.run(run(own.clock))


async def until(true: Callable[[], bool]) -> None:
    """Wait until ``true()``; fail the test after ten seconds."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)
