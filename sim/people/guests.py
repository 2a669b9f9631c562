"""The guests of a run: their intentions, and where in the lobby each of them is now."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sim.people.course import Trace
from sim.people.intention import Intention, of
from sim.scenario import Branch, Scenario

if TYPE_CHECKING:
    from sim.people.visit import Visit

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
class Account:
    """What became of a guest, as the people see it: the verdict compares it with the records.

    :ivar opened: the visit's place among the visits opened on this day, from 1; 0: none was
    :ivar trail: the steps behind the guest
    :ivar took: the time of each of these steps, seconds; None where it is not known
    :ivar over: outcome and reason; None while the visit is open
    :ivar host_station: the station that the host has in place of another: that one, and the host's
    :ivar cards_out: cards that the guest still held when the visit ended
    :ivar cards_lost: cards that were declared lost until then
    :ivar lockers: all lockers that have opened for the guest's belongings
    :ivar lockers_out: lockers that still held the belongings then
    :ivar corrections: mistakes that officers have reversed: ``card``, ``back`` or ``next``
    :ivar unanswered: acts for the guest had no answer in time, and were done again
    :ivar late_s: how late the machine was while the guest was here, at most, seconds of the day
    :ivar notes: what kept the guest from the intention, in words
    :ivar gave_up: where the guest gave up: step, phase, and the event that did not come
    """

    opened: int = 0
    trail: tuple[Trace, ...] = ()
    took: tuple[float | None, ...] = ()
    over: tuple[str, str | None] | None = None
    host_station: tuple[str, str] | None = None
    cards_out: int = 0
    cards_lost: int = 0
    lockers: list[int] = field(default_factory=list)
    lockers_out: tuple[int, ...] = ()
    corrections: list[str] = field(default_factory=list)
    unanswered: bool = False
    late_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    gave_up: tuple[str, str, str] | None = None


@dataclass
class Guest:
    """One guest (or group) of this run.

    :ivar number: running number in this run, from 1; people here have no names
    :ivar intention: what is to become of the guest
    :ivar chance: the guest's own random numbers: one guest's choices never change another's day
    :ivar at_s: when the guest comes, seconds since opening; None: a while after the one before
    :ivar host: the host whom the guest visits, "" before the people of the lobby know
    :ivar persons: how many the guest is: a group has a card each, and shares lockers
    :ivar cards: the visitor cards in their hands
    :ivar lockers: the lockers with their belongings
    :ivar step: the step the guest is at, "" before the first and after the last
    :ivar station: where the officer of that step sits
    :ivar since_ns: when that began, nanoseconds of the clock
    :ivar served: an officer is busy with the guest (else the guest waits)
    :ivar account: what became of the guest, as the people see it
    :ivar visit: the guest's visit, once it has begun
    """

    number: int
    procedure: str
    branch: Branch
    intention: Intention
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
    account: Account = field(default_factory=Account)
    visit: "Visit | None" = None
    state: Literal["expected", "here", "gone"] = "expected"

    @property
    def card(self) -> str | None:
        """The card that the guest shows for the whole group; None without one."""
        return self.cards[0] if self.cards else None

    @property
    def wants_lockers(self) -> int:
        """How many lockers the belongings of the group need."""
        return (self.persons + 1) // 2 if self.intention.stores else 0

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
    """Return the *count* guests of the day, spread over *procedures*."""
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
    """Return the guests of a day that is planned guest by guest, in order of their coming."""
    guests = []
    for number, arrival in enumerate(sorted(arrivals, key=lambda one: one.at_s), start=1):
        guest = _guest(number, arrival.procedure, arrival.branch, seed)
        guest.at_s, guest.persons = arrival.at_s, arrival.persons
        guests.append(guest)
    return guests


def newcomer(number: int, procedure: str, branch: Branch, seed: int, persons: int = 1) -> Guest:
    """Return a guest who comes unplanned."""
    guest = _guest(number, procedure, branch, seed)
    guest.persons = persons
    return guest


def _guest(number: int, procedure: str, branch: Branch, seed: int) -> Guest:
    return Guest(
        number=number,
        procedure=procedure,
        branch=branch,
        intention=of(branch)[0],
        chance=random.Random(f"{seed}/guest/{number}"),  # noqa: S311 - play, not secrets
    )
