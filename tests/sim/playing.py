"""Plays simulations for tests, in their own time: the same on a busy machine as on a quiet one."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Clock
from edge.config.places import default_config_folder
from sim.days.command import expected
from sim.days.parts import DayParts
from sim.days.report import report
from sim.days.stage import DaySettings
from sim.scenario import Scenario
from sim.stage.keeper import Keeper, run
from sim.stage.own_time import own_time
from sim.stage.settings import Settings
from sim.stage.stage import Stage
from sim.zone import today_ms

OPENS_S = 8 * 3600

CONFIG = default_config_folder() / "gardu.toml"


def settings(folder: Path, scenario: Scenario, **changes: object) -> Settings:
    """Return the settings of *scenario* in *folder*: two guests of one procedure, in own time."""
    usual = Settings(
        config=CONFIG,
        procedures=["pimpinan"],
        guests=2,
        seed=5,
        speed="max",
        scenario=scenario,
        scenario_name="uji",
        broker=None,
        folder=folder,
    )
    return msgspec.structs.replace(usual, **changes)


def play(
    settings: Settings,
    say: Callable[[str], None] = lambda _words: None,
    beside: Callable[[Stage], None] = lambda _stage: None,
) -> Stage:
    """Play *settings* to its end, in its own time if its speed is ``max``; return its stage.

    :param beside: called once the daemon has been started
    """

    async def main(keeper: Keeper) -> Stage:
        async with await Stage(settings, say, keeper).open() as stage:
            beside(stage)
            await stage.play()
        return stage

    if settings.speed != "max":
        scaled = Keeper(Clock.scaled(settings.speed))
        return run(scaled, main(scaled))
    with own_time(today_ms(OPENS_S)) as keeper:
        return run(keeper, main(keeper))


def play_day(settings: DaySettings) -> tuple[DayParts, dict[str, Any]]:
    """Play a day to its end, as `gardu sim day` does; return it and its report."""
    day = DayParts(settings, lambda _words: None)
    asyncio.run(day.play())
    return day, report(day, expected(settings.programme), 0.0)
