"""The branches of a day, and the records that show each to the central office. Pure.

A branch counts as taken only if a message received by the central office shows it: a guest's
intention is no proof. The catalogue is a data file; each branch defines the records that show it::

    [[branch]]
    id = "host-declines"
    title = { id = "Pejabat tidak berkenan", en = "The host declines" }
    seen = { type = "gardu.visit.closed.v1", data = { reason = "host-declined" } }

A record fits if every key of ``data`` does: text by shell pattern (``locker-forced-*``), a list if
the record's list has its words in that order, ``{ least = 2 }`` from that number on, any other
value if it is the same; ``{ has = {…} }`` if an item of the list is like that. ``seen`` is one such
description, or a list of which one is enough.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from edge.config.validation import convert, read_file
from sim.scenario import Part, Title
from sim.stage.received import Fact, Received


class Before(Part, frozen=True, kw_only=True):
    """An earlier record of the same checkpoint.

    :ivar same: the key of the data in which both must be the same
    """

    type: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    same: str | None = None


class Sight(Part, frozen=True, kw_only=True):
    """A description of the record that shows a branch; all that is given must hold.

    :ivar type: the record's type (a shell pattern)
    :ivar data: values that its data must hold
    :ivar late_s: it came at least so long after it was recorded, seconds of the clock
    :ivar refused: instead of a record: refusals of this kind (a shell pattern), as ``health``
        counts them
    :ivar after: such a record came before it
    :ivar open_visits: at least so many visits were open then at that checkpoint
    :ivar open_procedures: the open visits had at least so many different procedures
    """

    type: str = "*"
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    late_s: float | None = None
    refused: str | None = None
    after: Before | None = None
    open_visits: int = 0
    open_procedures: int = 0


class Branch(Part, frozen=True, kw_only=True):
    """One branch that a day can take; each of *seen* is enough by itself.

    :ivar part: its subject; the report groups branches by it
    """

    id: str
    part: str
    title: Title
    seen: tuple[Sight, ...]


class _Catalogue(Part, frozen=True, kw_only=True):
    branch: tuple[Branch, ...]


def load(path: Path) -> dict[str, Branch]:
    """Return the branches of the catalogue *path*, by id.

    :raises ConfigError: with every problem found
    """
    raw, problems = read_file(path)
    for branch in raw.get("branch", []):
        if isinstance(branch.get("seen"), dict):
            branch["seen"] = [branch["seen"]]
    catalogue: Any = convert(_Catalogue, raw, "", problems)
    problems.raise_any()
    return {branch.id: branch for branch in catalogue.branch}


def count(branch: Branch, received: Iterable[Received]) -> int:
    """Return how often *branch* was seen in *received*."""
    return sum(_count(sight, one) for one in received for sight in branch.seen)


def _count(sight: Sight, received: Received) -> int:
    if sight.refused is not None:
        refusals = received.live.get("health", {}).get("refusals", {})
        return sum(times for what, times in refusals.items() if fnmatchcase(what, sight.refused))
    times = 0
    opened: dict[str, str] = {}
    for place, fact in enumerate(received.facts):
        follow(opened, fact)
        times += (
            _shows(sight, fact)
            and len(opened) >= sight.open_visits
            and len(set(opened.values())) >= sight.open_procedures
            and _came_after(sight.after, fact, received.facts[:place])
        )
    return times


def follow(opened: dict[str, str], fact: Fact) -> None:
    """Update *opened*, the open visits with the procedure of each, by *fact*."""
    if fact.type == "gardu.visit.opened.v1":
        opened[fact.data["visit"]] = fact.data["procedure"]
    elif fact.type == "gardu.visit.closed.v1":
        opened.pop(fact.data["visit"], None)


def _came_after(before: Before | None, fact: Fact, earlier: Sequence[Fact]) -> bool:
    """Return True if one of the *earlier* facts matches *before*, for *fact*."""
    if before is None:
        return True
    wanted = {} if before.same is None else {before.same: fact.data.get(before.same)}
    sight = Sight(type=before.type, data={**before.data, **wanted})
    return any(_shows(sight, one) for one in earlier)


def _shows(sight: Sight, fact: Fact) -> bool:
    return (
        fnmatchcase(fact.type, sight.type)
        and (sight.late_s is None or fact.late_s >= sight.late_s)
        and _all_fit(sight.data, fact.data)
    )


def _all_fit(wanted: dict[str, Any], data: dict[str, Any]) -> bool:
    return all(_fits(value, data.get(key)) for key, value in wanted.items())


def _fits(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str):
        return isinstance(value, str) and fnmatchcase(value, wanted)
    if isinstance(wanted, list):
        words = iter(value or ())
        return all(word in words for word in wanted)
    if isinstance(wanted, dict) and "has" in wanted:
        return any(_all_fit(wanted["has"], item) for item in value or ())
    if isinstance(wanted, dict):
        return isinstance(value, int | float) and value >= wanted["least"]
    return bool(value == wanted)
