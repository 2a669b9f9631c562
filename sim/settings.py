"""The settings of a simulation at one checkpoint."""

from pathlib import Path

import msgspec

from sim.desk import Request
from sim.guests import Arrival
from sim.scenario import Scenario


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One simulation.

    :ivar broker: address of a broker that runs already; None: an embedded one
    :ivar folder: the run directory
    :ivar arrivals: each guest's arrival; empty: *guests* of *procedures*, as the scenario defines
    :ivar requests: messages of the office's desk to the checkpoint, with their times
    :ivar opens_ms: when the doors open at the earliest, milliseconds since 1970 UTC
    :ivar first_guest_opens: no officer opens the day: the first guest does
    :ivar outputs_persist: outputs of a killed daemon stay driven until they are claimed again
    """

    config: Path
    procedures: list[str]
    guests: int
    seed: int
    speed: float
    scenario: Scenario
    scenario_name: str
    broker: str | None
    folder: Path
    arrivals: tuple[Arrival, ...] = ()
    opens_ms: int = 0
    requests: tuple[Request, ...] = ()
    first_guest_opens: bool = False
    outputs_persist: bool = False
