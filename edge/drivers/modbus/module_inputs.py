"""The claimed inputs of one module: their filtered levels and the edges to hand over. Pure.

Rules
-----
1. The first sample that was asked for after the claim is the level found; edges follow from there.
2. While the module is lost, each contact counts as its ``when_lost`` says
   (edge/drivers/channels.py); the first sample afterwards is handed over as an edge in any case.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from edge.config.sections.pins import Contact
from edge.drivers.channels import OnEdge
from edge.drivers.modbus.samples import Samples


@dataclass
class ClaimedInput:
    """One claimed input: its contact, the receiver of its edges, its filtered level.

    :ivar since_ns: only samples that were asked for after this count (boot ns)
    :ivar samples: None: no sample yet, or the module is lost
    """

    contact: Contact
    on_edge: OnEdge
    since_ns: int
    samples: Samples | None = None


class Edge(NamedTuple):
    """An edge to hand over to *to*: its moment (seconds) and level; None: not known."""

    to: ClaimedInput
    moment: float
    level: bool | None


@dataclass
class ModuleInputs:
    """The claimed inputs by their numbers, and the last levels of all (the first is bit 0)."""

    claimed: dict[int, ClaimedInput] = field(default_factory=dict)
    levels: int = 0

    def level(self, number: int) -> bool:
        """Return the last level of input *number*."""
        return bool(self.levels >> (number - 1) & 1)

    @property
    def steady(self) -> bool:
        """True if the last samples of all claimed inputs had the levels that count."""
        return all(one.samples is not None and one.samples.steady for one in self.claimed.values())

    def lose(self, moment: float) -> list[Edge]:
        """Return the edges of the module's loss at *moment* (seconds)."""
        edges = []
        for one in self.claimed.values():
            one.samples = None
            if one.contact.when_lost != "held":
                alarm = one.contact.when_lost == "alarm"
                edges.append(Edge(one, moment, one.contact.active_level if alarm else None))
        return edges

    def sample(self, levels: int, sent_ns: int, moment: float) -> list[Edge]:
        """Take a sample of all inputs; return the edges that count by it.

        :param sent_ns: when it was asked for (boot ns)
        :param moment: when it was taken, seconds of the clock
        """
        self.levels = levels
        edges = []
        for number, one in self.claimed.items():
            level = self.level(number)
            if one.since_ns > sent_ns:
                continue
            if one.samples is None:
                one.samples = Samples(level, moment, one.contact.bounce_s)
                edges.append(Edge(one, moment, level))
            elif (since := one.samples.add(level, moment)) is not None:
                edges.append(Edge(one, since, level))
        return edges
