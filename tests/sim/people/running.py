"""Days of the simulator's people on a fake lobby, with the real SOP core behind it."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from edge.sop.records import StepCompleted
from sim.people.crew import People
from sim.people.day import Day
from sim.people.guests import Guest, invite
from sim.scenario import Branch, Guests, Scenario, Title
from sim.stage.keeper import run as run_simulated
from sim.stage.own_time import own_time
from sim.world.lobby import Lobby
from tests.sim.fake_lobby import FakeLobby, make_config
from tests.sim.people.texts import text


def scenario(*order: Branch, groups: float = 0.0) -> Scenario:
    """Return a scenario with guests of these branches in turn."""
    return Scenario(title=Title(id="uji", en="test"), guests=Guests(order=order, groups=groups))


class Run:
    """One day on a fake lobby."""

    def __init__(
        self,
        procedures: list[str],
        *order: Branch,
        guests: int | None = None,
        days: bool = False,
        gap_s: float = 200,
        groups: float = 0.0,
        seed: int = 7,
    ) -> None:
        self._time = own_time(0)
        self._keeper = self._time.__enter__()
        clock = self._keeper.clock
        self.lobby = FakeLobby(make_config(procedures, days=days), clock)
        plan = scenario(*order, groups=groups)
        self.guests: list[Guest] = invite(plan, procedures, guests or len(order), seed=seed)
        texts = {name: text(name) for name in procedures}
        self.people = People(cast("Lobby", self.lobby), clock, self.guests, texts)
        self.people.decide(lambda _told: None)
        self.told: list[dict[str, Any]] = []
        self.day = Day(self.people, gap_s, self.told.append)

    def live(self) -> "Run":
        """Run the whole day, in simulated time."""
        self.play(self.day.live)
        return self

    def play(self, what: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run *what*, in simulated time."""

        async def main() -> None:
            self._keeper.begin()
            await what()

        try:
            run_simulated(self._keeper, main())
        finally:
            self._time.__exit__(None, None, None)

    def steps(self) -> list[tuple[str, str]]:
        """Return step and outcome of every step record, in order."""
        return [
            (record.data.step, record.data.outcome)
            for record in self.lobby.records
            if isinstance(record.data, StepCompleted)
        ]


EXPECTED: dict[Branch, str] = {
    "normal": "completed",
    "host-declines": "declined",
    "host-absent": "declined",
    "no-answer": "declined",
    "rescheduled": "rescheduled",
    "alarm-then-clear": "completed",
    "alarm-twice": "completed",
    "refused": "refused",
    "nothing-to-store": "completed",
    "leaves": "abandoned",
    "answers-late": "completed",
    "too-fast": "completed",
    "unknown-card": "completed",
    "shared-card": "completed",
    "loses-card": "completed",
    "forgets-belongings": "abandoned",
    "overnight": "abandoned",
    "card-in-the-tray": "abandoned",
    "corrects-card": "completed",
    "no-identity": "declined",
    "no-door-release": "completed",  # where there is a door: declined
    "invited": "completed",
    "invited-twice": "completed",
    "on-the-phone": "completed",
    "sent-back": "completed",
    "long-meeting": "completed",
    "stays": "completed",
    "vanishes": "abandoned",
    "reason-1": "declined",
    "reason-2": "declined",
    "reason-3": "declined",
    "reason-4": "rescheduled",
}
AT_A_DOOR: dict[Branch, str] = {**EXPECTED, "no-door-release": "declined"}
