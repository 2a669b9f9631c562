"""A whole day at several checkpoints, as a data file: arrivals, faults, and branches to be seen.

A day's file has one ``[[checkpoint]]`` for each of them and lists the branches that the central
office must have seen in the end; ``branches.toml`` beside it defines the records that show each
branch (sim/days/branches.py). Times are of the day, Western Indonesian Time: ``09:15``,
``09:15:30``.
"""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from edge.config.validation import Problems, convert, read_file
from edge.errors import ConfigError
from sim.scenario import (
    FOLDER,
    Branch,
    Fault,
    Guests,
    Kill,
    NetworkEvent,
    Part,
    Scenario,
    Title,
    Weight,
    check_faults,
)
from sim.stage.desk import Request

DAYS = FOLDER / "days"
CATALOGUE = "branches"

T = TypeVar("T")

Time = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z", description="HH:MM")
]
Count = Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 to 1000")]
Share = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]


class Burst(Part, frozen=True, kw_only=True):
    """A span in which guests arrive, *since* to *until*; *weight* is its share among the bursts."""

    since: Time
    until: Time
    weight: Weight = 1.0


class CheckpointDay(Part, frozen=True, kw_only=True):
    """The day of one checkpoint.

    :ivar config: its config file: one of Gardu's own, or a path relative to the day's file
    :ivar guests: how many of the day's guests come here, as a weight among the checkpoints
    :ivar procedures: the procedures that they come for, in these proportions
    :ivar branches: branches that must happen, each to so many guests, spread over the day
    :ivar weights: branches of all other guests, in these proportions
    :ivar groups: the share of arrivals that are groups, of two to six
    :ivar first_guest_opens: no officer presses *open-day*: the first guest opens the day
    :ivar bursts: the spans in which guests arrive
    :ivar act: an act at its ``at`` (a time, or a list of times): ``do`` is ``cut``, ``half-open``
        or ``restore`` (the line), ``kill`` (the daemon), ``availability`` or ``register`` (the
        desk: sim/stage/desk.py), or else a fault of sim/scenario.py; the other keys are those of
        that act
    :ivar more: additions to the config on this day, under its own sections
    """

    config: str
    guests: Weight
    procedures: dict[str, Weight]
    weights: dict[Branch, Weight]
    branches: dict[Branch, Count] = msgspec.field(default_factory=dict)
    groups: Share = 0.0
    first_guest_opens: bool = False
    bursts: tuple[Burst, ...]
    act: tuple[dict[str, Any], ...] = ()
    more: dict[str, Any] = msgspec.field(default_factory=dict)


class Programme(Part, frozen=True, kw_only=True):
    """A day.

    :ivar opens: when the doors open; the daemons are started shortly before
    :ivar guests: number of guests, unless the command line gives another
    :ivar expects: branches that the central office must have seen; empty: all of the catalogue
    """

    title: Title
    opens: Time
    guests: Count
    expects: tuple[str, ...] = ()
    checkpoint: tuple[CheckpointDay, ...]


def find(name: str) -> Path:
    """Return the file of the day *name*: one of Gardu's own, or a path.

    :raises ConfigError: if there is no such day
    """
    for path in (DAYS / f"{name}.toml", Path(name)):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in DAYS.glob("*.toml") if path.stem != CATALOGUE))
    raise ConfigError([f"{name}: no such day; known: {known}, or the path of a TOML file"])


def load(path: Path) -> Programme:
    """Read the day's file *path*.

    :raises ConfigError: with every problem found
    """
    raw, problems = read_file(path)
    programme: Any = convert(Programme, raw, "", problems)
    if programme is not None:
        for number, place in enumerate(programme.checkpoint):
            _check(place, f"checkpoint[{number}]", problems)
    problems.raise_any()
    assert isinstance(programme, Programme)
    return programme


def _check(place: CheckpointDay, where: str, problems: Problems) -> None:
    for number, burst in enumerate(place.bursts):
        if seconds(burst.until) <= seconds(burst.since):
            problems.add(f"{where}.bursts[{number}].until", "must be later than since")
    acts = [
        convert(_kind(act), at, f"{where}.act[{number}]", problems)
        for number, act in enumerate(place.act)
        if _has_times(act, f"{where}.act[{number}].at", problems)
        for at in _at(act, 0.0)
    ]
    check_faults(tuple(act for act in acts if isinstance(act, Fault)), problems)


def _has_times(act: dict[str, Any], where: str, problems: Problems) -> bool:
    return None not in [convert(Time, time, where, problems) for time in _times(act)]


def _times(act: dict[str, Any]) -> list[Any]:
    at = act.get("at")
    return at if isinstance(at, list) else [at]


_KINDS: dict[str, type[Any]] = {
    **dict.fromkeys(("cut", "half-open", "restore"), NetworkEvent),
    "kill": Kill,
    **dict.fromkeys(("availability", "register"), Request),
}


def _kind(act: dict[str, Any]) -> type[Any]:
    return _KINDS.get(act.get("do", ""), Fault)


def _at(act: dict[str, Any], opens_s: float) -> list[dict[str, Any]]:
    """Return *act* at each of its times, as seconds since opening (*opens_s* after midnight)."""
    named = {name: value for name, value in act.items() if name != "at"}
    if _kind(act) is Kill:
        del named["do"]
    return [{**named, "at_s": max(0.0, seconds(time) - opens_s)} for time in _times(act)]


def acts(programme: Programme, place: CheckpointDay, kind: type[T]) -> tuple[T, ...]:
    """Return the acts at *place* that are of *kind*."""
    opens_s = seconds(programme.opens)
    return tuple(
        msgspec.convert(one, kind)
        for act in place.act
        if _kind(act) is kind
        for one in _at(act, opens_s)
    )


def seconds(time: str) -> float:
    """Return the seconds from midnight to *time* (``HH:MM`` or ``HH:MM:SS``)."""
    hours, minutes, *rest = (int(part) for part in time.split(":"))
    return 3600.0 * hours + 60.0 * minutes + sum(rest)


def scenario(programme: Programme, place: CheckpointDay) -> Scenario:
    """Return the faults, cuts and kills at *place* on that day, as a scenario."""
    return Scenario(
        title=programme.title,
        guests=Guests(order=("normal",)),
        network=acts(programme, place, NetworkEvent),
        kill=acts(programme, place, Kill),
        fault=acts(programme, place, Fault),
    )
