"""The settings of a simulation at one checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from sim.people.guests import Arrival
from sim.people.procedure_text import Text
from sim.scenario import Scenario
from sim.stage.desk import Request

Speed = float | Literal["max"]
"""How many times faster than real time; ``max``: the simulation's own time."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One simulation.

    :ivar broker: address of a broker that runs already; None: an embedded one
    :ivar clears: the retained topics to clear at the broker in the end: ``all`` of the checkpoint;
        or those that the run ``changed``, because a real checkpoint publishes under the same name
    :ivar folder: the run directory
    :ivar arrivals: each guest's arrival; empty: *guests* of *procedures*, as the scenario defines
    :ivar texts: the procedures as the people read them, by id; None: they are still to be read
    :ivar requests: messages of the office's desk to the checkpoint, with their times
    :ivar opens_ms: when the doors open at the earliest, milliseconds since 1970 UTC
    :ivar first_guest_opens: no officer opens the day: the first guest does
    :ivar played: a person plays at the page: guests come when they are asked, the day has no end
    :ivar outputs_persist: outputs of a killed daemon stay driven until they are claimed again
    """

    config: Path
    procedures: list[str]
    guests: int
    seed: int
    speed: Speed
    scenario: Scenario
    scenario_name: str
    broker: str | None
    folder: Path
    clears: Literal["all", "changed"] | None = None
    arrivals: tuple[Arrival, ...] = ()
    texts: Mapping[str, Text] | None = None
    opens_ms: int = 0
    requests: tuple[Request, ...] = ()
    first_guest_opens: bool = False
    outputs_persist: bool = False
    played: bool = False
