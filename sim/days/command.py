"""`gardu sim day`: simulate a whole day at several checkpoints and report on it."""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from edge.errors import ConfigError
from edge.terminal import Terminal
from sim.days import branches, programme
from sim.days.branches import Branch
from sim.days.parts import DayParts
from sim.days.programme import CATALOGUE, DAYS, Programme
from sim.days.report import PlayedDay, print_report, report
from sim.days.stage import DaySettings, DayStage, day_keeper
from sim.stage.progress import progress, say
from sim.stage.settings import Speed

_WIB = timezone(timedelta(hours=7), "WIB")
_FAILED = 1

Note = Callable[[str], None]


def expected(day: Programme) -> dict[str, Branch]:
    """Return the branches that the central office must see on *day*.

    :raises ConfigError: if one is not in the catalogue
    """
    known = branches.load(DAYS / f"{CATALOGUE}.toml")
    unknown = [f"expects: no branch {name}" for name in day.expects if name not in known]
    if unknown:
        raise ConfigError(unknown)
    return {name: known[name] for name in day.expects or known}


async def play(settings: DaySettings, told: "asyncio.Future[int]", *, as_json: bool) -> int:
    """Run the day, show its progress, print its report; return the exit code.

    :param told: a signal sets it to the exit code: stop then
    """
    began = time.monotonic()
    wanted = expected(settings.programme)
    with (settings.folder / "day.log").open("a", encoding="utf-8") as lines:
        note = partial(print, file=lines, flush=True)
        day = await (_side_by_side if settings.speed == "max" else _together)(
            settings, note, told, began
        )
    if told.done():
        return told.result()
    result = report(day, wanted, time.monotonic() - began)
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        print_report(result, wanted, Terminal())
        say(f"everything of this run is in {settings.folder}")
    return 0 if result["ok"] else _FAILED


async def _side_by_side(
    settings: DaySettings, note: Note, told: "asyncio.Future[int]", began: float
) -> PlayedDay:
    """Play each checkpoint in a time of its own; return the day."""
    day = DayParts(settings, note)

    def words() -> str:
        wall_ms = min(part.wall_ms for part in day.progress)
        gone, visits, records = (
            sum(getattr(part, name) for part in day.progress)
            for name in ("gone", "visits", "records")
        )
        return _words(settings, wall_ms, gone, visits, records, began)

    await _until_told(day.play(), told, words)
    return day


async def _together(
    settings: DaySettings, note: Note, told: "asyncio.Future[int]", began: float
) -> PlayedDay:
    """Play all checkpoints in one scaled time; return the day."""
    with day_keeper(settings) as keeper:
        async with await DayStage(settings, note, keeper).open() as day:

            def words() -> str:
                gone = sum(stage.snapshot["gone"] for stage in day.stages)
                visits = sum(stage.received.open_visits for stage in day.stages)
                records = sum(stage.received.delivered for stage in day.stages)
                return _words(settings, day.clock.wall_ms(), gone, visits, records, began)

            await _until_told(day.play(), told, words)
            if told.done():
                await day.stop()
            return day


async def _until_told(
    playing: Coroutine[Any, Any, None], told: "asyncio.Future[int]", words: Callable[[], str]
) -> None:
    """Play to the end or until a signal comes, and show the progress."""
    task = asyncio.create_task(playing)
    try:
        with progress(words):
            await asyncio.wait((task, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        if told.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if not told.done():
        task.result()


def _words(
    settings: DaySettings, wall_ms: int, gone: int, visits: int, records: int, began: float
) -> str:
    """Return the progress of the day as one line; *began* is its start (``time.monotonic``)."""
    wall = datetime.fromtimestamp(wall_ms / 1000, _WIB)
    return (
        f"{wall:%H:%M} WIB  {gone}/{settings.guests} guests done  {visits} visits open  "
        f"{records} records  {time.monotonic() - began:.0f} s"
    )


def settings_for(
    name: str, guests: int | None, seed: int, speed: Speed, folder: Path
) -> DaySettings:
    """Return the settings of the day *name*.

    :raises ConfigError: with every problem found in its file
    """
    path = programme.find(name)
    day = programme.load(path)
    return DaySettings(
        programme=day, path=path, guests=guests or day.guests, seed=seed, speed=speed, folder=folder
    )
