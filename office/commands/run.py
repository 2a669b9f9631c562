"""`gardu office run`: starts every process of the central office."""

import asyncio
from pathlib import Path

import typer

from edge.commands.options import problems_printed, say
from office.commands.options import OfficeOption, stop_on_signals
from office.commands.processes import GARDU, end, first_ended, keep, start
from office.config import DEFAULT_CONFIG, OfficeConfig, load_office_config


def run(config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Run every process of the central office.

    It runs until SIGTERM or Ctrl-C: all processes that the config says. If an ingest ends, the
    others are stopped and this ends with its exit code; systemd then starts all of them again.
    Page, metrics and Home Assistant cannot stop an ingest: one that ends is started again.
    """
    with problems_printed():
        loaded = load_office_config(config)
    code = asyncio.run(_run(config, loaded))
    if code:
        raise typer.Exit(code)


def ingests(file: Path, config: OfficeConfig) -> list[list[str]]:
    """Return the arguments of `gardu` for each ingest process."""
    first = ["office", "ingest", "--config", str(file)]
    further = range(2, config.ingest.processes + 1)
    return [first, *([*first, "--name", str(number)] for number in further)]


def neighbours(file: Path, config: OfficeConfig) -> list[list[str]]:
    """Return the arguments of `gardu` for each other process."""
    sections = {
        "page": config.page,
        "metrics": config.metrics,
        "home-assistant": config.home_assistant,
    }
    return [
        ["office", word, "--config", str(file)]
        for word, section in sections.items()
        if section is not None
    ]


async def _run(file: Path, config: OfficeConfig) -> int:
    stop = stop_on_signals()
    started = [await start(*GARDU, *arguments) for arguments in ingests(file, config)]
    beside = neighbours(file, config)
    kept = [asyncio.create_task(keep(arguments, stop)) for arguments in beside]
    count = len(started) + len(kept)
    say(f"the central office runs: {count} process(es); Ctrl-C ends it", err=True)
    ended = await first_ended(started, stop)
    code = 0 if ended is None else ended.returncode or 0
    stop.set()
    await asyncio.gather(*map(end, started), *kept)
    return abs(code)
