"""A data centre for tests: its procedure, its rules, and a guest on the way through it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.sop import events
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.state import Host, Rules, Visit
from tests.sop.stand import Stand, rules

PROCEDURE = load_procedure(Path(__file__).parent / "pusat-data.toml")
HOSTS = {
    "pengelola": Host(procedures=("pusat-data",), aiphone="pengelola"),
    "kepala": Host(procedures=("pusat-data",), aiphone="kepala"),
}


def data_centre(procedure: Procedure = PROCEDURE, **changes: Any) -> Rules:
    """Return the rules of a data centre with two hosts; its security answers at ``keamanan``."""
    return rules({procedure.id: procedure}, hosts=HOSTS, **changes)


class DataCentre(Stand):
    """The core of a data centre under test."""

    def __init__(self, with_rules: Rules | None = None) -> None:
        super().__init__(with_rules or data_centre())

    def guest(self, *, after: str = "", host: str = "pengelola") -> str:
        """A guest of *host* arrives and passes the steps up to *after*; return the visit's id."""
        self.press("reception", "arrive", "pusat-data", host)
        visit = max(self.state.visits.values(), key=lambda visit: visit.number).id
        ways: dict[str, Callable[[], object]] = {
            "penerimaan": lambda: self.answer("accept", host),
            "persetujuan": lambda: self.answer("accept", "keamanan"),
            "pendataan": lambda: self.noted(visit),
        }
        for step in list(ways)[: list(ways).index(after) + 1] if after else ():
            ways[step]()
        return visit

    def noted(self, visit: str) -> None:
        """Reception notes an auditor with one device."""
        self.enter(visit, "category", "auditor")
        self.enter(visit, "items", 1.0)
        self.press("reception", "done")

    def enter(self, visit: str, value: str, entered: str | float) -> None:
        """A desk application enters a value."""
        self.send(events.ValueEntered(self.now, visit, value, entered))

    def visit(self, visit: str) -> Visit:
        """The open visit of that id."""
        return self.state.visits[visit]
