"""Office days one after the other, in the simulation's own time, with faults drawn from the seed.

Each day is new: guests, branches and faults at two checkpoints. What is counted comes from the
central office's records alone (sim/days/account.py), and is compared with what the checkpoints and
the lobbies show in the end.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sim.days.account import totals
from sim.days.parts import DayParts
from sim.days.programme import Burst, CheckpointDay, Programme
from sim.days.report import report
from sim.days.stage import DaySettings
from sim.scenario import Title

GUESTS = (20, 60)
"""Guests of a day, both checkpoints together: at least, at most."""

_OPENS, _LAST_ARRIVAL = "07:30", "12:00"
_FIRST_FAULT_MIN, _LAST_FAULT_MIN = 7 * 60 + 35, 13 * 60

# Each fault as the acts of a day (docs/simulator.md): the first at a drawn time, the others so many
# minutes later. Equipment that a checkpoint does not have is left out.
FAULTS: tuple[tuple[tuple[float, dict[str, Any]], ...], ...] = (
    ((0, {"do": "cut"}), (12, {"do": "restore"})),
    ((0, {"do": "half-open"}), (9, {"do": "restore"})),
    ((0, {"do": "kill"}),),
    ((0, {"do": "cut"}), (3, {"do": "kill"}), (15, {"do": "restore"})),
    ((0, {"do": "flap-broker", "times": 6, "every_s": 20}),),
    *(
        ((0, {"do": "poison-packet", "packet": packet}),)
        for packet in ("topic", "property", "oversized", "hostile", "length")
    ),
    ((0, {"do": "camera-off", "camera": "desk"}), (20, {"do": "camera-on", "camera": "desk"})),
    ((0, {"do": "noise", "reader": "desk"}),),
    ((0, {"do": "renumber", "adapter": "reader/desk", "for_s": 30}),),
    ((0, {"do": "chatter", "contact": "locker/4", "hz": 5, "for_s": 40}),),
    ((0, {"do": "chatter", "contact": "detector/passage", "hz": 20, "for_s": 15}),),
    ((0, {"do": "slow-disk", "sync_s": 0.8, "for_s": 300}),),
    ((0, {"do": "stalled-disk", "for_s": 40}),),
    ((0, {"do": "stalled-disk", "for_s": 60}), (0.5, {"do": "kill"})),
)
MOST_FAULTS = 6
"""Faults of a checkpoint on one day, at most."""

# Branches of the guests, in these proportions.
_WEIGHTS = {
    "normal": 10.0, "nothing-to-store": 4.0, "host-declines": 1.0, "host-absent": 1.0,
    "no-answer": 1.0, "rescheduled": 1.0, "no-identity": 1.0, "sent-back": 1.0,
}  # fmt: skip
_PLACES: tuple[tuple[str, dict[str, float]], ...] = (
    ("gardu.toml", {"pimpinan": 4.0, "eselon-2-3": 5.0, "eselon-4-asn": 3.0}),
    ("gardu-jatim.toml", {"jatim": 1.0}),
)


@dataclass
class Days:
    """The sums of the days so far.

    :ivar problems: of each day that does not add up, by its seed
    """

    days: int = 0
    guests: int = 0
    written: int = 0
    lost: int = 0
    restarts: int = 0
    problems: dict[int, list[str]] = field(default_factory=dict)

    def table(self) -> str:
        """Return the sums as a table, and the days that do not add up with their commands."""
        head = ("days", "guests", "records", "lost", "restarts", "days that do not add up")
        sums = (
            self.days, self.guests, self.written, self.lost, self.restarts, len(self.problems)
        )  # fmt: skip
        rows = [
            "  ".join(head),
            "  ".join(f"{n:>{len(h)}}" for h, n in zip(head, sums, strict=True)),
        ]
        for seed, found in self.problems.items():
            rows += [f"seed {seed}: {line}" for line in found]
            rows.append(f"  again: python -m soak --days 1 --seed {seed}")
        return "\n".join(rows)


def draw(seed: int) -> tuple[Programme, int]:
    """Return the day of *seed*, and the number of its guests."""
    chance = Random(f"{seed}/day")  # noqa: S311 - play, not secrets
    places = tuple(
        CheckpointDay(
            config=config,
            guests=1.0,
            procedures=procedures,
            weights=_WEIGHTS,
            groups=0.15,
            bursts=(Burst(since=_OPENS, until=_LAST_ARRIVAL),),
            act=tuple(_acts(chance)),
        )
        for config, procedures in _PLACES
    )
    title = Title(id=f"Hari {seed}", en=f"Day {seed}")
    programme = Programme(
        title=title, opens=_OPENS, guests=1, expects=("received",), checkpoint=places
    )
    return programme, chance.randint(*GUESTS)


def _acts(chance: Random) -> list[dict[str, Any]]:
    """Return the acts of a few faults; no two of them are at the same time."""
    chosen = chance.sample(FAULTS, chance.randint(1, MOST_FAULTS))
    span = (_LAST_FAULT_MIN - _FIRST_FAULT_MIN) / len(chosen)
    acts = []
    for place, fault in enumerate(chosen):
        begins = _FIRST_FAULT_MIN + span * (place + chance.random() / 2)
        acts += [{**act, "at": _time(begins + later)} for later, act in fault]
    return acts


def _time(minutes: float) -> str:
    seconds = round(minutes * 60)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


async def play_days(
    count: int, seed: int, say: Callable[[str], None], stopped: Callable[[], bool]
) -> Days:
    """Play *count* days with the seeds from *seed* on; return their sums.

    :param stopped: returns True once no further day shall begin
    """
    sums = Days()
    for number in range(seed, seed + count):
        if stopped():
            break
        say(f"day {number - seed + 1} of {count}, seed {number}")
        await _play(number, sums)
    return sums


async def _play(seed: int, sums: Days) -> None:
    programme, guests = draw(seed)
    folder = Path(tempfile.mkdtemp(prefix="gardu-soak-"))
    settings = DaySettings(
        programme=programme, path=folder / "day.toml", guests=guests, seed=seed, speed="max",
        folder=folder,
    )  # fmt: skip
    with (folder / "day.log").open("a", encoding="utf-8") as lines:
        day = DayParts(settings, lambda words: print(words, file=lines))
        await day.play()
    told = report(day, {}, 0.0)
    sums.days += 1
    sums.guests += guests
    for end in day.ends():
        records = totals(end)["records"]
        sums.written += records["written"]
        sums.lost += records["written"] - records["delivered"]
        sums.restarts += end.restarts
    if told["problems"]:
        sums.problems[seed] = [*told["problems"], f"its files are in {folder}"]
    else:
        shutil.rmtree(folder, ignore_errors=True)
