"""The law's table of a procedure, as the verdict compares records with it.

It is the file ``legal/ID.toml`` beside the procedure: rows in order, actors with their stations,
standard times, and the deeds that each row demands. Compared are the order of the rows, the actor,
the station and the standard time of each step, and the deeds for which an officer's word is not
enough.
"""

import tomllib
from collections.abc import Container, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import msgspec

# The evidence of a deed, in the words of the step's record; one of them is enough. Deeds that an
# officer's press shows are in no record but as a press.
_SHOWN_BY = {
    "door-released-by-host": ("door-release",),
    "host-accepted": ("aiphone", "button"),
    "host-answered": ("aiphone", "button"),
    "card-given": ("card", "button"),
    "card-back": ("card", "button"),
    "belongings-locked": ("locker-closed", "button"),
    "belongings-back": ("locker-closed", "button"),
}
_COUNTED = ("each-person-screened", "each-person-screened-out")

SCREENING = frozenset({"each-person-screened", "belongings-checked"})
"""The deeds of a row that demands the screening of the guest on the way in."""

MEETING = frozenset({"guest-admitted", "guest-escorted"})
"""The deeds of a row in which the guest comes to the host."""


class LawRow(msgspec.Struct, frozen=True):
    """A row of the table.

    :ivar standard_s: seconds, or a word for a time that is not fixed; None: the law has none
    """

    number: int
    actor: str | list[str]
    letter: str = ""
    standard_s: float | str | None = None
    demands: tuple[str, ...] = ()

    @property
    def actors(self) -> list[str]:
        """The persons who may carry it out."""
        return [self.actor] if isinstance(self.actor, str) else self.actor


class Law(msgspec.Struct, frozen=True):
    """The table of one procedure."""

    stations: dict[str, str]
    rows: tuple[LawRow, ...]

    @classmethod
    def parse(cls, toml: str) -> Self:
        """Return the table of a legal text.

        :raises ValueError: if it is none
        """
        return msgspec.convert(tomllib.loads(toml), cls)

    def demands(self, numbers: Container[int], deeds: frozenset[str]) -> bool:
        """Return True if a row with one of *numbers* demands one of *deeds*."""
        return any(row.number in numbers and not deeds.isdisjoint(row.demands) for row in self.rows)

    def differences(
        self, steps: list[dict[str, Any]], outcome: str | None, own: tuple[str, str] | None = None
    ) -> Iterator[str]:
        """Yield each difference of a visit's *steps* (the data of their records) from the table.

        :param own: the station that the host has in place of another: that one, and the host's
        """
        known = {row.number for row in self.rows}
        yield from (
            f"step {step['step']} has number {step['number']}, which is no row of the law"
            for step in steps
            if step["number"] not in known
        )
        first = list(dict.fromkeys(step["number"] for step in steps))
        for before, after in pairwise(first):
            if after < before:
                yield f"row {after} of the law came after row {before}"
        if outcome == "completed":
            for row in self.rows:
                if self._is_step(row) and row.number not in first:
                    yield f"row {row.number} of the law has no step"
        for step in steps:
            yield from self._of_actor(step, own)
            if step["outcome"] == "completed":
                yield from self._of_step(step)

    def _is_step(self, row: LawRow) -> bool:
        return bool(row.demands) and any(actor in self.stations for actor in row.actors)

    def _of_actor(self, step: dict[str, Any], own: tuple[str, str] | None) -> Iterator[str]:
        """Compare the actor of *step*, the actor's station and the standard time with its row."""
        rows = [row for row in self.rows if row.number == step["number"]]
        role, where = step["role"], f"step {step['step']} (row {step['number']} of the law)"
        fitting = [row for row in rows if role in row.actors]
        if rows and not fitting:
            actors = " or ".join(dict.fromkeys(actor for row in rows for actor in row.actors))
            yield f"{where} was carried out by {role}, the law says {actors}"
            return
        station = self.stations.get(role)
        if own is not None and station == own[0]:
            station = own[1]
        if station is not None and step["station"] != station:
            yield f"{where} was at station {step['station']}, {role} acts at {station}"
        fixed = [row.standard_s for row in fitting if isinstance(row.standard_s, int | float)]
        if fixed and step["standard_s"] not in fixed:
            yield f"{where} has the standard time {step['standard_s']} s, the law {fixed[0]} s"

    def _of_step(self, step: dict[str, Any]) -> Iterator[str]:
        rows = [row for row in self.rows if row.number == step["number"] and self._is_step(row)]
        lacking = [_lacking(row, step) for row in rows]
        if lacking and all(lacking):
            yield f"step {step['step']} shows no {lacking[0]} (row {step['number']} of the law)"


def _lacking(row: LawRow, step: dict[str, Any]) -> str:
    """Return the first deed of *row* that the record *step* does not show; "" if there is none."""
    for deed in row.demands:
        if deed in _COUNTED and step["passed"] is not None and step["passed"] < step["persons"]:
            return deed
        words = _SHOWN_BY.get(deed)
        if words is not None and not set(words) & set(step["evidence"]):
            return deed
    return ""


def read(procedures: list[str], *folders: Path) -> dict[str, Law]:
    """Return the law of each of *procedures* that has one in ``legal`` of one of *folders*."""
    files = {name: find(name, *folders) for name in procedures}
    return {name: Law.parse(file.read_text("utf-8")) for name, file in files.items() if file}


def find(procedure: str, *folders: Path) -> Path | None:
    """Return the file of the law of *procedure* in the first of *folders* that has one."""
    files = (folder / "legal" / f"{procedure}.toml" for folder in folders)
    return next((file for file in files if file.is_file()), None)
