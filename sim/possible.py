"""Fits a scenario to a procedure: the branches for which there is no way are left out, or named."""

from pathlib import Path

from msgspec.structs import replace

from edge.errors import ConfigError
from sim.people.prospect import Prospects
from sim.scenario import BRANCHES, Scenario


def fit(scenario: Scenario, procedure: str, config: Path) -> tuple[Scenario, list[str]]:
    """Return *scenario* for guests of *procedure* alone, and in words what it leaves out.

    Branches that are drawn by weights are left out if there is no way for them.

    :param config: the checkpoint's config file
    :raises ConfigError: if the scenario gives an order with a branch that has no way, or none of
        its branches has one; it names these branches, and those that have a way
    """
    guests = scenario.guests
    if guests.no_way == "normal":
        return scenario, []
    prospects = Prospects(config)
    why = {
        branch: found.why
        for branch in dict.fromkeys((*guests.order, *guests.weights))
        if (found := prospects.of(procedure, branch)).intention is None
    }
    weights = {branch: one for branch, one in guests.weights.items() if branch not in why}
    if not why:
        return scenario, []
    words = [f"{procedure}: no way for guests of {branch}: {one}" for branch, one in why.items()]
    if not weights:
        raise ConfigError([*words, _has(prospects, procedure)])
    fitting = replace(scenario, guests=replace(guests, weights=weights))
    return fitting, [f"{one}; none of them comes" for one in words]


def _has(prospects: Prospects, procedure: str) -> str:
    ways = [one for one in BRANCHES if prospects.of(procedure, one).intention is not None]
    return f"{procedure} has a way for: {', '.join(ways) or 'none of the branches by name'}"
