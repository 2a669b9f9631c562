"""Plays a day on the fake lobby: its guests, and its records as the office receives them."""

from typing import Any

import msgspec
import pytest

from edge.config.model import Config
from sim.people.guests import Guest
from sim.scenario import Branch
from sim.stage.law import Law, read
from sim.stage.received import Received
from sim.stage.verdict import Finding, verdict
from sim.world.incidents import Incidents
from tests.sim.people import running
from tests.sim.people.texts import SOP

Event = dict[str, Any]


class Played:
    """A day of *procedures* with guests of these branches, on the fake lobby.

    :param config: of the checkpoint; None: one with all equipment that the procedures need
    :param jammed: a locker that is jammed all day
    :ivar events: its records, as CloudEvents without the attributes that no verdict reads
    """

    def __init__(
        self,
        procedures: list[str],
        *order: Branch,
        groups: float = 0.0,
        gap_s: float = 900,
        jammed: int | None = None,
        config: Config | None = None,
    ) -> None:
        with pytest.MonkeyPatch.context() as patch:
            if config is not None:
                patch.setattr(running, "make_config", lambda *_args, **_more: config)
            run = running.Run(procedures, *order, groups=groups, gap_s=gap_s)
        if jammed is not None:
            run.lobby.lockers[jammed].jammed = True
        run.live()
        self.guests: list[Guest] = run.guests
        self.incidents: Incidents = run.lobby.incidents
        self.laws: dict[str, Law] = read(procedures, SOP)
        self.events: list[Event] = [
            {"type": record.type, "time": record.at.iso(), "data": msgspec.to_builtins(record.data)}
            for record in run.lobby.records
        ]

    def received(self, events: list[Event]) -> Received:
        """Return what the office has received once *events* have come."""
        received = Received()
        for number, event in enumerate(events, start=1):
            received.take({**event, "sequence": number, "streamid": "s"})
        return received

    def judge(self, events: list[Event]) -> list[Finding]:
        """Return the findings on the guests, by *events*."""
        return verdict(self.guests, self.received(events), self.laws)

    def guest_of(self, visit: str) -> int:
        """Return the number of the guest whose visit is *visit*."""
        opened = [one for one in self.events if one["type"] == "gardu.visit.opened.v1"]
        place = 1 + [one["data"]["visit"] for one in opened].index(visit)
        return next(guest.number for guest in self.guests if guest.account.opened == place)
