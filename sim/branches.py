"""The branches of a day, and what shows each to the central office. Pure.

A branch counts as taken only where what the central office received shows it: people who meant to
take it prove nothing. The catalogue is a data file; each branch says which records show it::

    [[branch]]
    id = "host-declines"
    title = { id = "Pejabat tidak berkenan", en = "The host declines" }
    seen = { type = "gardu.visit.closed.v1", data = { reason = "host-declined" } }

A record fits if every key of ``data`` does: text by shell pattern (``locker-forced-*``), a list if
the record's list has its words in that order, ``{ least = 2 }`` from that number on, any other
value if it is the same. ``seen`` is one such description, or a list of which one is enough.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from edge.validate import Problems, convert, read_toml
from sim.received import Fact, Received
from sim.scenario import Part, Title


class Sight(Part, frozen=True, kw_only=True):
    """What shows a branch; all that is given must hold.

    :ivar type: the record's type
    :ivar data: what its data must hold
    :ivar late_s: it came at least so long after it was recorded, seconds of the clock
    :ivar refused: instead of a record: refusals of this kind (a shell pattern), as ``health``
        counts them
    """

    type: str = "*"
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    late_s: float | None = None
    refused: str | None = None


class Branch(Part, frozen=True, kw_only=True):
    """One branch that a day can take; each of *seen* is enough by itself."""

    id: str
    title: Title
    seen: tuple[Sight, ...]


class _Catalogue(Part, frozen=True, kw_only=True):
    branch: tuple[Branch, ...]


def load(path: Path) -> dict[str, Branch]:
    """Return the branches of the catalogue *path*, by id.

    :raises ConfigError: with every problem found
    """
    problems = Problems(str(path))
    raw = read_toml(path)
    for branch in raw.get("branch", []):
        if isinstance(branch.get("seen"), dict):
            branch["seen"] = [branch["seen"]]
    catalogue: Any = convert(_Catalogue, raw, "", problems)
    problems.raise_any()
    return {branch.id: branch for branch in catalogue.branch}


def count(branch: Branch, received: Iterable[Received]) -> int:
    """Return how often *branch* was seen in what *received* have."""
    return sum(_count(sight, one) for one in received for sight in branch.seen)


def _count(sight: Sight, received: Received) -> int:
    if sight.refused is not None:
        refusals = received.live.get("health", {}).get("refusals", {})
        return sum(times for what, times in refusals.items() if fnmatchcase(what, sight.refused))
    return sum(_shows(sight, fact) for fact in received.facts)


def _shows(sight: Sight, fact: Fact) -> bool:
    return (
        fnmatchcase(fact.type, sight.type)
        and (sight.late_s is None or fact.late_s >= sight.late_s)
        and all(_fits(wanted, fact.data.get(key)) for key, wanted in sight.data.items())
    )


def _fits(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str):
        return isinstance(value, str) and fnmatchcase(value, wanted)
    if isinstance(wanted, list):
        words = iter(value or ())
        return all(word in words for word in wanted)
    if isinstance(wanted, dict):
        return isinstance(value, int | float) and value >= wanted["least"]
    return bool(value == wanted)
