"""`gardu sim day`: simulate a whole day at several checkpoints and report on it."""

import asyncio
import json
import sys
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.status import Status

from edge.errors import ConfigError
from sim import branches, programme
from sim.branches import Branch
from sim.day_report import print_report, report
from sim.day_stage import DaySettings, DayStage
from sim.programme import CATALOGUE, DAYS, Programme

_WIB = timezone(timedelta(hours=7), "WIB")
_FAILED = 1
# Real seconds between two progress reports: on a terminal, in a file.
_TERMINAL_REAL_S = 0.5
_FILE_REAL_S = 15.0


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
    loop = asyncio.get_running_loop()
    began = loop.time()
    wanted = expected(settings.programme)
    log = settings.folder / "day.log"
    with log.open("a", encoding="utf-8") as lines:
        async with await DayStage(settings, partial(print, file=lines, flush=True)).open() as day:
            telling = asyncio.create_task(_tell(day, began))
            playing = asyncio.create_task(day.play())
            try:
                await asyncio.wait((playing, told), return_when=asyncio.FIRST_COMPLETED)
            finally:
                telling.cancel()
                if told.done():
                    playing.cancel()
                await asyncio.gather(playing, telling, return_exceptions=True)
            if told.done():
                await day.stop()
                return told.result()
            playing.result()
            result = report(day, wanted, loop.time() - began)
    if as_json:
        typer.echo(json.dumps(result))
    else:
        print_report(result, wanted, Console())
        typer.echo(f"everything of this run is in {settings.folder}")
    return 0 if result["ok"] else _FAILED


async def _tell(day: DayStage, began: float) -> None:
    """Show the day's progress: one changing line, or off a terminal a line every 15 s."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        while True:
            await asyncio.sleep(_FILE_REAL_S)
            console.print(progress(day, began), highlight=False)
    with Status(progress(day, began), console=console) as status, suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(_TERMINAL_REAL_S)
            status.update(progress(day, began))


def progress(day: DayStage, began: float) -> str:
    """Return the progress of the day as one line."""
    wall = datetime.fromtimestamp(day.clock.wall_ms() / 1000, _WIB)
    gone = sum(stage.snapshot.get("gone", 0) for stage in day.stages)
    visits = sum(stage.received.open_visits for stage in day.stages)
    records = sum(stage.received.delivered for stage in day.stages)
    seconds = asyncio.get_running_loop().time() - began
    return (
        f"{wall:%H:%M} WIB  {gone}/{day.settings.guests} guests done  {visits} visits open  "
        f"{records} records  {seconds:.0f} s"
    )


def settings_for(
    name: str, guests: int | None, seed: int, speed: float, folder: Path
) -> DaySettings:
    """Return the settings of the day *name*.

    :raises ConfigError: with every problem found in its file
    """
    path = programme.find(name)
    day = programme.load(path)
    return DaySettings(
        programme=day, path=path, guests=guests or day.guests, seed=seed, speed=speed, folder=folder
    )
