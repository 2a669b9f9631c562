"""The guests of a run: their plans, and where in the lobby each of them is now."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from sim.habits import PLANS, PROCEDURES, Plan
from sim.scenario import Branch, Scenario

GROUP = (2, 4)
"""Persons of a group, where a scenario has groups: at least, at most."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One arrival, on a day that is planned guest by guest.

    :ivar at_s: seconds since opening
    :ivar persons: how many come together, each with a card
    """

    at_s: float
    procedure: str
    branch: Branch
    persons: int = 1


@dataclass
class Guest:
    """One guest (or group) of this run.

    :ivar number: running number in this run, from 1; people here have no names
    :ivar chance: the guest's own random numbers: one guest's choices never change another's day
    :ivar at_s: when the guest comes, seconds since opening; None: a while after the one before
    :ivar host: the host whom the guest visits, "" before the people of the lobby know
    :ivar persons: how many the guest is: a group has a card each, and shares lockers
    :ivar cards: the visitor cards in their hands
    :ivar lockers: the lockers with their belongings
    :ivar step: the step the guest is at, "" before the first and after the last
    :ivar station: where the officer of that step sits, "" if it has none
    :ivar since_ns: when that began, nanoseconds of the clock
    :ivar away: the lamp shows that the guest's host does not receive; no aiphone rang
    :ivar served: an officer is busy with the guest (else the guest waits)
    :ivar phoned: the guest has been on the telephone already, and let others go first
    """

    number: int
    procedure: str
    branch: Branch
    plan: Plan
    chance: random.Random
    at_s: float | None = None
    host: str = ""
    persons: int = 1
    cards: list[str] = field(default_factory=list)
    lockers: list[int] = field(default_factory=list)
    step: str = ""
    station: str = ""
    since_ns: int = 0
    served: bool = False
    phoned: bool = False
    away: bool = False
    state: Literal["expected", "here", "gone"] = "expected"

    @property
    def card(self) -> str | None:
        """The card that the guest shows for the whole group; None without one."""
        return self.cards[0] if self.cards else None

    @property
    def wants_lockers(self) -> int:
        """How many lockers the belongings of the group need."""
        return (self.persons + 1) // 2 if self.plan.stores else 0

    def shown(self, now_ns: int) -> dict[str, Any]:
        """Return the guest's fields for the live view."""
        return {
            "number": self.number,
            "procedure": self.procedure,
            "branch": self.branch,
            "step": self.step,
            "served": self.served,
            "elapsed_s": round((now_ns - self.since_ns) / 1e9, 1),
            "persons": self.persons,
            "lockers": list(self.lockers),
        }


def invite(scenario: Scenario, procedures: list[str], count: int, seed: int) -> list[Guest]:
    """Return the *count* guests of the day, spread over *procedures*.

    :raises KeyError: if the simulated people do not know one of the procedures
    """
    guests = [
        _guest(number, procedures[(number - 1) % len(procedures)], branch, seed)
        for number, branch in enumerate(scenario.branches(count, seed), start=1)
    ]
    for guest in guests:
        chance = random.Random(f"{seed}/guest/{guest.number}/group")  # noqa: S311 - play
        if chance.random() < scenario.guests.groups:
            guest.persons = chance.randint(*GROUP)
    return guests


def expect(arrivals: Iterable[Arrival], seed: int) -> list[Guest]:
    """Return the guests of a day that is planned guest by guest, in order of their coming.

    :raises KeyError: if the simulated people do not know one of the procedures
    """
    guests = []
    for number, arrival in enumerate(sorted(arrivals, key=lambda one: one.at_s), start=1):
        guest = _guest(number, arrival.procedure, arrival.branch, seed)
        guest.at_s, guest.persons = arrival.at_s, arrival.persons
        guests.append(guest)
    return guests


def _guest(number: int, procedure: str, branch: Branch, seed: int) -> Guest:
    return Guest(
        number=number,
        procedure=_known(procedure),
        branch=branch,
        plan=PLANS[branch],
        chance=random.Random(f"{seed}/guest/{number}"),  # noqa: S311 - play, not secrets
    )


def _known(procedure: str) -> str:
    if procedure not in PROCEDURES:
        raise KeyError(procedure)
    return procedure
