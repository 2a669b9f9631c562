"""Every scenario of the simulator, with every procedure and every config that Gardu comes with."""

import tomllib
from itertools import product
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.places import default_config_folder
from edge.errors import ConfigError
from sim.possible import fit
from sim.scenario import BRANCHES, FOLDER, Guests, Scenario, Title, find, load
from sim.stage.summary import as_json, succeeded
from sim.world.world import Plan, World
from tests.longer import either, longer
from tests.sim.playing import play, settings

CONFIGS = [
    *sorted(default_config_folder().glob("gardu*.toml")),
    *sorted((default_config_folder() / "sop" / "examples" / "config").glob("*.toml")),
]
SCENARIOS = sorted(file.stem for file in FOLDER.glob("*.toml"))


def procedures(config: Path) -> list[str]:
    """Return the procedures of the checkpoint of *config*."""
    found: list[str] = tomllib.loads(config.read_text("utf-8"))["checkpoint"]["procedures"]
    return found


# All procedures of a checkpoint together, and each alone where a checkpoint is the first with it.
_FIRST = {one: config for config in reversed(CONFIGS) for one in procedures(config)}
_ALL = [
    *product(CONFIGS, [None], SCENARIOS),
    *((config, one, scenario) for (one, config), scenario in product(_FIRST.items(), SCENARIOS)),
]
_SHORT = [(CONFIGS[-1], "ruang-rawat", "refused")]  # without modules, whose polls cost time


def guests_of(scenario: Scenario) -> int:
    """Return how many guests see each branch of *scenario* once, if it gives an order."""
    return min(len(BRANCHES), max(4, len(scenario.guests.order)))


def test_no_group_comes_that_is_larger_than_a_place_has_room(tmp_path: Path) -> None:
    """It is one visit, and would wait for the room for ever."""
    config = next(one for one in CONFIGS if one.stem == "ruang-rawat")
    groups = Scenario(
        title=Title(id="uji", en="test"), guests=Guests(order=("normal",), groups=1.0)
    )
    plan = Plan(
        config=str(config),
        folder=str(tmp_path),
        scenario=groups,
        procedures=["ruang-rawat"],
        guests=6,
        seed=5,
    )
    guests = World(plan, Clock(), lambda _told: None).guests
    assert {guest.persons for guest in guests} == {2}


@longer
@pytest.mark.timeout(either(120, 900))
@pytest.mark.parametrize(
    ("config", "procedure", "name"),
    either(_SHORT, _ALL),
    ids=lambda one: one.stem if isinstance(one, Path) else one or "all",
)
def test_a_scenario_goes_as_intended_or_has_no_way(
    tmp_path: Path, config: Path, procedure: str | None, name: str
) -> None:
    """What an office runs can be rehearsed: each guest fares as intended, or none comes."""
    scenario = load(find(name))
    if procedure is not None:
        try:
            scenario, _left_out = fit(scenario, procedure, config)
        except ConfigError as refusal:
            *reasons, offer = refusal.problems
        else:
            reasons, offer = [], ""
        if offer:
            expected = f"{procedure}: no way for guests of "
            assert all(line.startswith(expected) for line in reasons)
            return
    asked = [procedure] if procedure else procedures(config)
    stage = play(
        settings(
            tmp_path,
            scenario,
            config=config,
            procedures=asked,
            guests=guests_of(scenario),
        )
    )
    told = as_json(stage, 0.0)
    wrong = [one["difference"] for one in (*told["verdict"], *told["alarms"]) if not one["ok"]]
    assert (wrong, stage.trouble, succeeded(stage)) == ([], "", True)
