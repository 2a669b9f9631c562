"""One turn of the core: a working copy of the state, and the effects and records decided so far.

The engine writes only here, so a half-made turn is never visible outside. The given state is never
changed: its values are frozen, and its tables are copied before the first write.
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
    """The result of one event."""

    state: State
    effects: tuple[Effect, ...] = ()
    records: tuple[Record, ...] = ()


_FIELDS = State.__struct_fields__
# The fields of the state that are tables.
_TABLES = [name for name in _FIELDS if isinstance(getattr(State(), name), dict)]
# The fields of a visit that hold a moment.
_MOMENTS = ("opened", "arrived", "started", "entered", "seen", "walked")


class Turn:
    """A turn: ``state`` is its working copy, with copied tables that can be written."""

    def __init__(self, rules: Rules, state: State, at: Stamp) -> None:
        self.rules = rules
        self.at = at
        tables = {name: dict(getattr(state, name)) for name in _TABLES}
        tables["visits"] = {key: _dated(visit, at) for key, visit in state.visits.items()}
        self.state = replace(state, **tables)
        self.effects: list[Effect] = []
        self.records: list[Record] = []
        self._before = state

    def result(self) -> Result:
        """Return the decision of this turn.

        Fields that did not change are those of the given state, so that ``is`` shows a change; the
        state is the given one itself if none changed.
        """
        before, now = self._before, self.state
        same = {
            name: old for name in _FIELDS if (old := getattr(before, name)) == getattr(now, name)
        }
        state = before if len(same) == len(_FIELDS) else replace(now, **same)
        return Result(state, tuple(self.effects), tuple(self.records))

    def update(self, **values: object) -> None:
        """Replace whole fields of the state."""
        self.state = replace(self.state, **values)

    def change(self, visit: Visit, **values: object) -> Visit:
        """Replace *visit* by one with other *values* and return that."""
        changed = replace(visit, **values)
        self.state.visits[visit.id] = changed
        return changed

    def locker(self, number: int, **values: object) -> LockerState:
        """Replace *values* in the state of locker *number*, and return the new state."""
        changed = replace(self.state.lockers.get(number, LockerState()), **values)
        self.state.lockers[number] = changed
        return changed

    def door(self, name: str, **values: object) -> DoorState:
        """Replace *values* in the state of the access door *name*, and return the new state."""
        changed = replace(self.state.doors.get(name, DoorState()), **values)
        self.state.doors[name] = changed
        return changed

    def valid_releases(self, name: str) -> list[Release]:
        """Return the releases of door *name* that no opening has used and that are still valid.

        Two releases that were ordered at once are carried out one after the other. So each is valid
        for the release time and for the time that the door may stand open.
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
        """Return a new place at the end of the line."""
        self.update(places=self.state.places + 1)
        return self.state.places

    def mint(self, what: str, number: int) -> str:
        """Return the id of object *number* of the kind *what* at this checkpoint."""
        return uuid7(self.at.wall_ms, f"{self.rules.stream}/{what}/{number}")

    def do(self, effect: Effect) -> None:
        """Add *effect* to those that the checkpoint carries out."""
        self.effects.append(effect)

    def record(self, kind: str, subject: str, visit: str | None, data: Data) -> None:
        """Add a record for the central office; *kind* is a key of records.KINDS."""
        self.records.append(Record(kind, subject, self.at, visit, data))

    def facts(self, visit: Visit, step: Step | None = None) -> dict[str, Any]:
        """Return the fields that every record of *visit* has, and those of its *step*."""
        common = {
            "visit": visit.id,
            "procedure": visit.procedure,
            "procedure_version": visit.version,
            "host": visit.host,
            "clock_synced": self.at.synced,
        }
        return common if step is None else {**common, "step": step.id, "number": step.number}

    def record_visit(self, kind: str, visit: Visit, data: Data, step: Step | None = None) -> None:
        """Record *data* about *visit*, at *step* if it is about that."""
        subject = f"visit/{visit.id}" if step is None else f"visit/{visit.id}/step/{step.id}"
        self.record(kind, subject, visit.id, data)

    def refuse(self, why: str, count: int = 1) -> None:
        """Count *count* refusals under *why*."""
        self.state.refusals[why] = self.state.refusals.get(why, 0) + count


def _dated(visit: Visit, at: Stamp) -> Visit:
    """Return *visit*, with the moments of an untrusted clock corrected if *at* is trusted.

    After a reboot it would be too late: only the time since boot can show how long ago they were.
    """
    changes: dict[str, Stamp] = {}
    for name in _MOMENTS if at.synced else ():
        moment: Stamp | None = getattr(visit, name)
        if moment is not None and not moment.synced and moment.boot == at.boot:
            changes[name] = replace(
                moment, wall_ms=at.dating(moment), synced=True, error_ms=at.error_ms
            )
    return replace(visit, **changes) if changes else visit
