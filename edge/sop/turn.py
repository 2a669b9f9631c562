"""One turn of the core: a working copy of the state, and what the turn decides.

The engine writes here; nobody outside ever sees a half-made turn. The state that went in is never
touched, because its values are frozen and its tables are copied before the first write.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from edge.clock import Stamp
from edge.sop.effects import Effect
from edge.sop.ids import uuid7
from edge.sop.procedures.model import Phase, Procedure, Step
from edge.sop.records import Data, Record
from edge.sop.state import (
    DoorState,
    LockerState,
    Release,
    Rules,
    State,
    Visit,
)


class Result(msgspec.Struct, frozen=True):
    """What one event led to."""

    state: State
    effects: tuple[Effect, ...] = ()
    records: tuple[Record, ...] = ()


# The moments of a visit.
_MOMENTS = ("opened", "arrived", "started", "entered", "seen")


class Turn:
    """The working copy. Its tables start as those of the state and are copied to be written."""

    def __init__(self, rules: Rules, state: State, at: Stamp) -> None:
        self.rules = rules
        self.at = at
        visits = {key: _dated(visit, at) for key, visit in state.visits.items()}
        self.state = replace(state, **{**_copied_tables(state), "visits": visits})
        self.effects: list[Effect] = []
        self.records: list[Record] = []
        self._before = state

    def result(self) -> Result:
        """Return what this turn decided; the very same state if nothing changed in it."""
        state = self._before if self.state == self._before else self.state
        return Result(state, tuple(self.effects), tuple(self.records))

    def update(self, **values: object) -> None:
        """Replace fields of the state as a whole."""
        self.state = replace(self.state, **values)

    def change(self, visit: Visit, **values: object) -> Visit:
        """Replace *visit* by one with other *values* and return that."""
        changed = replace(visit, **values)
        self.state.visits[visit.id] = changed
        return changed

    def locker(self, number: int, **values: object) -> LockerState:
        """Replace what is known of locker *number* and return it."""
        changed = replace(self.state.lockers.get(number, LockerState()), **values)
        self.state.lockers[number] = changed
        return changed

    def door(self, name: str, **values: object) -> DoorState:
        """Replace what is known of the access door *name* and return it."""
        changed = replace(self.state.doors.get(name, DoorState()), **values)
        self.state.doors[name] = changed
        return changed

    def valid_releases(self, name: str) -> list[Release]:
        """Return the releases of door *name* that no opening has used and that are still good.

        Two that were asked for at once are carried out one after the other: so each is good for
        as long as the door may stand open, too.
        """
        door = self.rules.doors[name]
        known = self.state.doors.get(name, DoorState()).releases
        return [
            release
            for release in known
            if self.at.seconds_since(release.at) <= door.release_s + door.held_s
        ]

    def procedure(self, visit: Visit) -> Procedure:
        """Return the procedure text that *visit* goes through."""
        return self.rules.procedures[visit.procedure_key]

    def step(self, visit: Visit) -> Step:
        """Return the step that *visit* is at."""
        return self.procedure(visit).step(visit.step)

    def phase(self, visit: Visit) -> Phase:
        """Return the phase that *visit* is in."""
        return self.step(visit).phase(visit.phase)

    def in_line(self) -> Iterator[Visit]:
        """Yield the open visits, first in line first."""
        yield from sorted(self.state.visits.values(), key=lambda visit: visit.place)

    def next_place(self) -> int:
        """Return the place behind everybody."""
        self.update(places=self.state.places + 1)
        return self.state.places

    def mint(self, what: str, number: int) -> str:
        """Return the id of the *number*-th *what* of this checkpoint."""
        return uuid7(self.at.wall_ms, f"{self.rules.stream}/{what}/{number}")

    def do(self, effect: Effect) -> None:
        """Have *effect* carried out after the commit."""
        self.effects.append(effect)

    def record(self, kind: str, subject: str, visit: str | None, data: Data) -> None:
        """Tell the central office; *kind* is a key of records.KINDS."""
        self.records.append(Record(kind, subject, self.at, visit, data))

    def facts(self, visit: Visit, step: Step | None = None) -> dict[str, Any]:
        """Return the fields that every record of *visit* has, and those of its *step*."""
        common = {
            "visit": visit.id,
            "procedure": visit.procedure,
            "procedure_version": visit.version,
            "clock_synced": self.at.synced,
        }
        return common if step is None else {**common, "step": step.id, "number": step.number}

    def record_visit(self, kind: str, visit: Visit, data: Data, step: Step | None = None) -> None:
        """Record *data* about *visit*, at *step* if it is about that."""
        subject = f"visit/{visit.id}" if step is None else f"visit/{visit.id}/step/{step.id}"
        self.record(kind, subject, visit.id, data)

    def refuse(self, why: str) -> None:
        """Count a refusal under *why*."""
        self.state.refusals[why] = self.state.refusals.get(why, 0) + 1


def _copied_tables(state: State) -> dict[str, Any]:
    """Return a copy of each table of *state*, by the field's name."""
    values = ((name, getattr(state, name)) for name in State.__struct_fields__)
    return {name: dict(value) for name, value in values if isinstance(value, dict)}


def _dated(visit: Visit, at: Stamp) -> Visit:
    """Return *visit*, its moments from before the clock was trusted dated by *at*, if that is.

    After a reboot it would be too late: only boot time can tell how long ago they were.
    """
    changes: dict[str, Stamp] = {}
    for name in _MOMENTS if at.synced else ():
        moment: Stamp | None = getattr(visit, name)
        if moment is not None and not moment.synced and moment.boot == at.boot:
            changes[name] = replace(moment, wall_ms=at.dating(moment), synced=True)
    return replace(visit, **changes) if changes else visit
