"""The prospect of an intention in a procedure: its way, or the event that is missing. Pure."""

from pathlib import Path

import msgspec

from edge.clock import Clock
from edge.config.hosts import hosts_of
from edge.config.loading import load_config
from sim.people.course import Standing, Surroundings, arrived, begin
from sim.people.equipment import Equipment
from sim.people.intention import Intention, of
from sim.people.procedure_text import read
from sim.people.way import Aim, Deed, find, missing
from sim.scenario import Branch


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of a branch in a procedure.

    :ivar intention: the first of the branch's intentions that has a way; None if none has
    :ivar way: the deeds after the arrival
    :ivar why: why there is no way, in words
    """

    intention: Intention | None = None
    way: tuple[Deed, ...] = ()
    why: str = ""


def prospect(equipment: Equipment, around: Surroundings, branch: Branch) -> Prospect:
    """Return the prospect of one guest of *branch* with *equipment*."""
    why = ""
    for intention in of(branch):
        lacking = missing(equipment.text, intention, equipment.can)
        if lacking is not None:
            words = " or ".join(lacking.events)
            where = f" ({', '.join(lacking.marks)})" if lacking.marks else ""
            why = why or f"no phase has the event {words}{where} that people could do here"
            continue
        aim = Aim(intention=intention, lockers=int(intention.stores))
        way = find(equipment.text, around, start(equipment, around, 1), aim, equipment.can)
        if way is not None:
            return Prospect(intention=intention, way=way)
        ends = " or ".join(intention.ends) or "any end"
        why = why or f"no way leads to {ends} with all the events of the intention"
    return Prospect(why=why)


class Prospects:
    """The prospects of the branches at the checkpoint of the config file *path*.

    :ivar texts: its procedures as the people read them, by id
    :raises ConfigError: if the config or one of its procedures cannot be read
    """

    def __init__(self, path: Path) -> None:
        self._config = load_config(path, elsewhere=True)
        checkpoint = self._config.checkpoint
        self.texts = texts = read(checkpoint.procedures, Path(checkpoint.sop))
        self._clock = Clock.scaled(1.0)
        self._equipment = {
            name: Equipment(self._config, self._clock, text, hosts_of(self._config, name)[0])
            for name, text in texts.items()
        }
        self._found: dict[tuple[str, Branch], Prospect] = {}

    def of(self, procedure: str, branch: Branch) -> Prospect:
        """Return the prospect of *branch* in *procedure*."""
        key = (procedure, branch)
        if key not in self._found:
            equipment = self._equipment[procedure]
            around = equipment.surroundings(free_lockers=1000, full=frozenset(), away=False)
            self._found[key] = prospect(equipment, around, branch)
        return self._found[key]


def start(equipment: Equipment, around: Surroundings, persons: int) -> Standing:
    """Return the standing right after the arrival."""
    found = equipment.arrival
    named = found is not None and found[1].host is not None
    text = equipment.text
    return arrived(text, around, begin(text, around, persons=persons, host=named))
