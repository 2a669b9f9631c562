"""`make soak-office`: 1,000 checkpoints at ten times their peak, for ten minutes, measured.

``python -m bench.office_load [--checkpoints N] [--times N] [--seconds N] [--processes N]
[--kills N] [--records-only] [--day FOLDER]``. Real mosquitto, real PostgreSQL, real ingest
processes. The table goes to stdout, progress to stderr. Exits 1 if a figure falls short, or a
record is lost or twice.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec

from bench.bed import bed, say
from bench.broker import MOSQUITTO
from bench.office_load.day import Day, read_day
from bench.office_load.outcome import Load, rows_of
from bench.office_load.run import run
from bench.postgresql import programs
from bench.table import render
from edge.errors import GarduError
from sim.stage.process import gardu, spawn

_SEED = "42"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.office_load", description=__doc__)
    add = parser.add_argument
    add("--checkpoints", type=int, default=1000, help="default: 1000")
    add("--times", type=float, default=10.0, help="multiple of their peak; default: 10")
    add("--seconds", type=float, default=600.0, help="default: 600")
    add("--processes", type=int, default=1, help="ingest processes; default: 1")
    add("--kills", type=int, default=0, help="kill the ingest and PostgreSQL so often, in turns")
    add("--guests", type=int, default=200, help="of a checkpoint's day; default: 200")
    add("--records-only", action="store_true", help="no live topics beside the records")
    add("--json", type=Path, help="write all that was measured into this file")
    add("--day", type=Path, help="a folder of `gardu sim day`; without it a day is simulated")
    asked = parser.parse_args()
    for name in ("checkpoints", "times", "seconds", "processes", "guests"):
        if getattr(asked, name) <= 0:
            parser.error(f"--{name}: must be more than 0")
    return asked


async def _day(asked: argparse.Namespace, folder: Path) -> tuple[Path, Day]:
    """Return the day asked for and its folder; without one, simulate it in *folder*."""
    where: Path = asked.day or folder / "day"
    if asked.day is None:
        say("office load: a day is simulated, for its records (about 2 minutes)")
        process = await spawn(*gardu(), "sim", "day", "--seed", _SEED, "--data", str(where))
        if await process.wait():
            raise GarduError(f"the simulated day failed: gardu sim day --seed {_SEED}")
    return where, read_day(where)


async def _main(asked: argparse.Namespace) -> int:
    async with bed(quick=False) as made:
        folder, day = await _day(asked, made.folder)
        one = day.peak_rate(asked.guests)
        load = Load(
            day=str(folder),
            checkpoints=asked.checkpoints,
            rate=one * asked.checkpoints * asked.times,
            seconds=asked.seconds,
            processes=asked.processes,
            kills=asked.kills,
            live=not asked.records_only,
        )
        say(
            f"office load: a day of {asked.guests} guests has "
            f"{len(day.records) * asked.guests / day.guests:,.0f} records, the busiest hour "
            f"{one * 3600:,.0f}: {one:.3f} a second at one checkpoint. {asked.checkpoints:,} "
            f"checkpoints, {asked.times:g} times that: {load.rate:,.0f} records a second, for "
            f"{asked.seconds:,.0f} s"
        )
        measured = await run(made, load)
        if asked.json:
            asked.json.write_bytes(msgspec.json.encode(measured))
        rows = rows_of(load, measured)
    sys.stdout.write(render(rows) + "\n")
    return int(any(row.reached is False for row in rows))


def main() -> int:
    """Run what the command line asks for."""
    asked = _options()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if MOSQUITTO is None or programs() is None:
        say("office load: needs mosquitto and PostgreSQL (sudo apt install mosquitto postgresql)")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # all that was started ends with it
    try:
        return asyncio.run(_main(asked))
    except KeyboardInterrupt:
        say("office load: ended")
        return 130
    except GarduError as error:
        say(f"office load: {error}")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
