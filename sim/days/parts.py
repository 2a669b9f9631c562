"""A day whose checkpoints are simulated side by side, each with a time of its own.

Time stands still at one checkpoint without holding up the others, and each has a core: the lobbies
of a day do not meet, so their records are the same as if they shared one time. Each part is a
process (``python -m sim.days.parts PART RESULT``) with a broker and a central office of its own.
"""

import asyncio
import os
import pickle
import signal
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import GarduError
from sim.days.account import End
from sim.days.arrivals import share
from sim.days.stage import DaySettings, DayStage, day_keeper
from sim.stage.keeper import Keeper, run
from sim.stage.process import spawn, stop

_PROGRESS_S = 0.5
_STOP_S = 15.0


class Progress(msgspec.Struct):
    """How far one part is: the moment there, guests gone, visits open, records delivered."""

    wall_ms: int = 0
    gone: int = 0
    visits: int = 0
    records: int = 0


class DayParts:
    """One day in parts.

    :param report: called with messages for people
    :ivar progress: of each part, in the programme's order
    """

    def __init__(self, settings: DaySettings, report: Callable[[str], None]) -> None:
        self.settings = settings
        self._report = report
        self._parts = parts(settings)
        self.progress = [Progress() for _ in self._parts]
        self._processes: list[Process] = []
        self._ends: list[End] = []

    async def play(self) -> None:
        """Run until all guests of all checkpoints are gone and everything is delivered.

        :raises GarduError: if a part fails
        """
        try:
            ends = [self._play_part(place) for place in range(len(self._parts))]
            self._ends = list(await asyncio.gather(*ends))
        finally:
            await asyncio.gather(*(stop(one, _STOP_S) for one in self._processes))

    def ends(self) -> list[End]:
        """Return the end of each checkpoint's day."""
        return self._ends

    async def _play_part(self, place: int) -> End:
        part = self._parts[place]
        part.folder.mkdir(exist_ok=True)
        given, result = part.folder / "part.pickle", part.folder / "end.pickle"
        given.write_bytes(pickle.dumps((part, place)))
        with (part.folder / "part.log").open("ab") as log:
            process = await spawn(
                sys.executable, "-m", "sim.days.parts", str(given), str(result),
                stdout=PIPE, stderr=log,
            )  # fmt: skip
        self._processes.append(process)
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = msgspec.json.decode(line)
            if isinstance(said, str):
                self._report(said)
            else:
                self.progress[place] = msgspec.convert(said, Progress)
        if await process.wait():
            raise GarduError(f"a part of the day failed; see {part.folder / 'part.log'}")
        end: End = pickle.loads(result.read_bytes())  # noqa: S301 - of our own process
        return end


def parts(settings: DaySettings) -> list[DaySettings]:
    """Return the day of each checkpoint alone, with its share of the guests."""
    programme = settings.programme
    counts = share(programme, settings.guests)
    return [
        msgspec.structs.replace(
            settings,
            programme=msgspec.structs.replace(programme, checkpoint=(place,)),
            guests=guests,
            folder=settings.folder / f"{number}-{Path(place.config).stem}",
        )
        for number, (place, guests) in enumerate(zip(programme.checkpoint, counts, strict=True), 1)
    ]


def _tell(what: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


async def _play(settings: DaySettings, keeper: Keeper) -> End:
    """Play one part; a SIGTERM stops its daemon as systemd would, and ends the process."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with await DayStage(settings, _tell, keeper).open() as day:
        playing = asyncio.create_task(day.play())
        told = asyncio.create_task(stopping.wait())
        over = threading.Event()
        threading.Thread(target=_progress, args=(day, over), daemon=True).start()
        await asyncio.wait((playing, told), return_when=asyncio.FIRST_COMPLETED)
        over.set()
        if not playing.done():
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
            await day.stop()
            raise SystemExit(1)
        told.cancel()
        playing.result()
        (end,) = day.ends()
        return end


def _progress(day: DayStage, over: threading.Event) -> None:
    (stage,) = day.stages
    while not over.wait(_PROGRESS_S):
        received = stage.received
        _tell(
            Progress(
                day.clock.wall_ms(),
                stage.snapshot["gone"],
                received.open_visits,
                received.delivered,
            )
        )


def main() -> None:
    """Play the part in the file that the command line names; write its end to the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C in the terminal
    settings, place = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - our parent's
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[min(place, len(cores) - 1)]})
    with day_keeper(settings) as keeper:
        end = run(keeper, _play(settings, keeper))
    Path(sys.argv[2]).write_bytes(pickle.dumps(end))


if __name__ == "__main__":
    main()
