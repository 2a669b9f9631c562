"""Plans the arrivals of a day, guest by guest, from its programme and a seed. Pure."""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sim.days.programme import CheckpointDay, Programme, acts, seconds
from sim.people.guests import Arrival
from sim.people.intention import of
from sim.scenario import Branch
from sim.stage.desk import Request

_DAY_S = 86400.0
# A guest may stand in line this long before reception calls the host, seconds.
_QUEUE_S = 1800.0
# A guest who stays with the host until the panel asks must arrive by then, seconds after opening.
_EARLY_S = 9000.0

HasWay = Callable[[str, Branch], bool]
Spans = dict[str, list[tuple[float, float]]]


def share(programme: Programme, guests: int) -> list[int]:
    """Return how many of *guests* come to each checkpoint; together all of them."""
    return _quotas([place.guests for place in programme.checkpoint], guests)


def arrivals(
    programme: Programme, place: CheckpointDay, guests: int, seed: int, has_way: HasWay
) -> tuple[Arrival, ...]:
    """Return the arrivals of *guests* at *place*: the same for the same *seed*.

    :param has_way: returns True if a procedure has a way for a branch
    """
    chance = random.Random(f"{seed}/{place.config}/arrivals")  # noqa: S311 - play, not secrets
    times = sorted(_times(programme, place, guests, chance))
    procedures = list(_spread(place.procedures, guests))
    named = (branch for branch, times in place.branches.items() for _ in range(times))
    branches: list[Branch] = [*islice(named, guests)]
    branches += _spread(place.weights, guests - len(branches))
    for order in (procedures, branches):
        chance.shuffle(order)
    away = _away(programme, place)
    _meet(away, times, procedures)
    _fit(place, away, times, procedures, branches, has_way)
    return tuple(
        Arrival(
            at_s=at_s,
            procedure=procedure,
            branch=branch,
            persons=chance.randint(2, 6) if chance.random() < place.groups else 1,
        )
        for at_s, procedure, branch in zip(times, procedures, branches, strict=True)
    )


def _meet(away: Spans, times: list[float], procedures: list[str]) -> None:
    """See to it that a guest asks for each absent host: exchange two procedures if need be."""
    for host, spans in away.items():
        for since, until in spans:
            half = [n for n, at_s in enumerate(times) if since <= at_s < (since + until) / 2]
            if half and all(procedures[number] != host for number in half):
                other = next((n for n, one in enumerate(procedures) if one == host), half[0])
                procedures[half[0]], procedures[other] = procedures[other], procedures[half[0]]


def _fit(
    place: CheckpointDay,
    away: Spans,
    times: list[float],
    procedures: list[str],
    branches: list[Branch],
    has_way: HasWay,
) -> None:
    """Give each branch that must happen to a guest who can have it: exchange two if need be."""

    def can(branch: Branch, number: int) -> bool:
        at_s, procedure = times[number], procedures[number]
        if not has_way(procedure, branch):
            return False
        if of(branch)[0].unseen and at_s > _EARLY_S:
            return False
        return not any(s - _QUEUE_S <= at_s < until for s, until in away.get(procedure, ()))

    for number, branch in enumerate(branches):
        if branch in place.weights or can(branch, number):
            continue
        for other, usual in enumerate(branches):
            if usual in place.weights and can(branch, other):
                branches[number], branches[other] = usual, branch
                break


def _away(programme: Programme, place: CheckpointDay) -> Spans:
    """Return the spans in which each host is away by the desk's messages, seconds since opening."""
    spans: Spans = {}
    for request in sorted(acts(programme, place, Request), key=lambda one: one.at_s):
        if request.do == "availability" and request.host is not None:
            said = spans.setdefault(request.host, [])
            if not request.receiving:
                said.append((request.at_s, request.at_s + (request.for_s or _DAY_S)))
            elif said:
                said[-1] = (said[-1][0], min(said[-1][1], request.at_s))
    return spans


def _times(
    programme: Programme, place: CheckpointDay, guests: int, chance: random.Random
) -> Iterator[float]:
    opens = seconds(programme.opens)
    counts = _quotas([burst.weight for burst in place.bursts], guests)
    for burst, count in zip(place.bursts, counts, strict=True):
        for _ in range(count):
            yield chance.uniform(seconds(burst.since), seconds(burst.until)) - opens


def _spread(weights: dict[Any, float], count: int) -> list[Any]:
    quotas = _quotas(list(weights.values()), count)
    return [name for name, quota in zip(weights, quotas, strict=True) for _ in range(quota)]


def _quotas(weights: list[float], count: int) -> list[int]:
    """Divide *count* by *weights* into whole numbers: largest remainders first."""
    exact = [weight * count / sum(weights) for weight in weights]
    quotas = [int(one) for one in exact]
    behind = sorted(range(len(exact)), key=lambda place: quotas[place] - exact[place])
    for place in behind[: count - sum(quotas)]:
        quotas[place] += 1
    return quotas
