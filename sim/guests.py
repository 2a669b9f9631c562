"""A guest: who comes, with which plan, and where in the lobby the guest is now."""

import random
from dataclasses import dataclass
from typing import Any, Literal

from sim.habits import PLANS, PROCEDURES, Plan
from sim.scenario import Branch, Scenario


@dataclass
class Guest:
    """One guest (or group) of this run.

    :ivar number: running number in this run, from 1; people here have no names
    :ivar chance: the guest's own dice: what one guest does never changes another's day
    :ivar step: the step the guest is at, "" before the first and after the last
    :ivar station: where the officer of that step sits, "" if it has none
    :ivar since_ns: when that began, nanoseconds of the clock
    :ivar served: whether an officer is busy with the guest (else the guest waits)
    """

    number: int
    procedure: str
    branch: Branch
    plan: Plan
    chance: random.Random
    card: str | None = None
    locker: int | None = None
    step: str = ""
    station: str = ""
    since_ns: int = 0
    served: bool = False
    state: Literal["expected", "here", "gone"] = "expected"

    def shown(self, now_ns: int) -> dict[str, Any]:
        """Return what the live view shows of the guest."""
        return {
            "number": self.number,
            "procedure": self.procedure,
            "branch": self.branch,
            "step": self.step,
            "served": self.served,
            "elapsed_s": round((now_ns - self.since_ns) / 1e9, 1),
            "locker": self.locker,
        }


def invite(scenario: Scenario, procedures: list[str], count: int, seed: int) -> list[Guest]:
    """Return the *count* guests of the day, spread over *procedures*.

    :raises KeyError: if nobody here knows one of the procedures
    """
    return [
        Guest(
            number=number,
            procedure=_known(procedures[(number - 1) % len(procedures)]),
            branch=branch,
            plan=PLANS[branch],
            chance=random.Random(f"{seed}/guest/{number}"),  # noqa: S311 - play, not secrets
        )
        for number, branch in enumerate(scenario.branches(count, seed), start=1)
    ]


def _known(procedure: str) -> str:
    if procedure not in PROCEDURES:
        raise KeyError(procedure)
    return procedure
