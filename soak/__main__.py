"""``make soak ROUNDS=1000``: every fault again and again, and one table of the losses.

``make soak DAYS=20``: so many office days in simulated time instead, with faults drawn from the
seed, and one table of guests, records and losses.

The table goes to stdout, progress to stderr. Ctrl-C ends it after the present round and prints the
table so far. Exit code 1 if a record was lost or a lock was energised without cause.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from soak.checker import Findings
from soak.days import play_days
from soak.faults import FAULTS, kill_daemon, outage, suffer
from soak.lobby import kill_in_lobby
from soak.progress import Progress
from soak.table import Row, table
from tests.faults.powercut import workload

# Records that wait in the outage for each round asked for: 100,000 for 1,000.
_WAITING = 100


class Checked(NamedTuple):
    """A fault that the checker judges by its histories.

    :ivar share: rounds of it (or records that wait) for each round asked for
    """

    name: str
    share: float
    run: Callable[[Path, int, int, Progress], Awaitable[Findings]]


class Counted(NamedTuple):
    """A fault that judges itself: ``run(rounds)`` returns the rounds run and the losses."""

    name: str
    share: float
    run: Callable[[int], tuple[int, int]]


# The faults of a soak. A further fault is a further line here.
SOAK: tuple[Checked | Counted, ...] = (
    Checked("SIGKILL at any moment", 1.0, kill_daemon),
    Checked("SIGKILL in the lobby", 0.05, kill_in_lobby),
    Checked(
        "SIGKILL in the lobby, outputs persist", 0.05, partial(kill_in_lobby, outputs_persist=True)
    ),
    *(Checked(name, 0.03, partial(suffer, name)) for name in FAULTS),
    Checked("outage, records waiting", _WAITING, outage),
    Counted("power cut", 0.05, workload.run),
)


async def soak(
    faults: tuple[Checked | Counted, ...], rounds: int, seed: int, progress: Progress
) -> list[Row]:
    """Run *faults* one after the other; return their rows, also if it was stopped in between."""
    folder = Path(tempfile.mkdtemp(prefix="gardu-soak-"))
    rows: list[Row] = []
    for number, fault in enumerate(faults):
        if progress.stopped:
            break
        progress.say(fault.name)
        count = max(1, round(fault.share * rounds))
        rows.append(await _row(fault, folder / str(number), count, seed + number, progress))
    if all(row.clean for row in rows):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        progress.say(f"databases and journals are kept in {folder}")
    return rows


async def _row(
    fault: Checked | Counted, folder: Path, rounds: int, seed: int, progress: Progress
) -> Row:
    if isinstance(fault, Counted):
        done, losses = await asyncio.to_thread(fault.run, rounds)
        return Row(fault.name, done, losses=losses)
    progress.done = rounds  # if it does not count them itself
    findings = await fault.run(folder, rounds, seed, progress)
    return Row(fault.name, progress.done, findings)


def _stop_on_ctrl_c(progress: Progress) -> None:
    def stop() -> None:
        progress.stopped = True
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)  # a second one kills
        progress.say("ending after the present round; Ctrl-C again ends at once")

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)


async def _days(count: int, seed: int) -> int:
    progress = Progress(_say)
    _stop_on_ctrl_c(progress)
    sums = await play_days(count, seed, _say, lambda: progress.stopped)
    sys.stdout.write(sums.table() + "\n")
    return 1 if sums.problems or sums.lost else 0


async def _main(rounds: int, seed: int, only: str) -> int:
    progress = Progress(_say)
    chosen = tuple(fault for fault in SOAK if only in fault.name)
    _stop_on_ctrl_c(progress)
    rows = await soak(chosen, rounds, seed, progress)
    sys.stdout.write(table(rows) + "\n")
    return 0 if rows and all(row.clean for row in rows) else 1


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def main() -> None:
    """Read the command line and soak."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="kills; other faults get a share")
    parser.add_argument("--seed", type=int, default=2017)
    parser.add_argument(
        "--days", type=int, default=0, help="instead: so many office days with drawn faults"
    )
    parser.add_argument("--only", default="", help="only faults with this in their name")
    asked = parser.parse_args()
    if asked.days:
        sys.exit(asyncio.run(_days(asked.days, asked.seed)))
    sys.exit(asyncio.run(_main(asked.rounds, asked.seed, asked.only)))


if __name__ == "__main__":
    main()
