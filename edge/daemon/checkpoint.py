"""Checkpoint: consumes every event. Decides, commits, carries out effects, wakes the uplink.

Record, then act: effects run only after their decision is committed in one transaction. The
exceptions are the alarm's sound and the doors that a fire releases: they run first and are
recorded at once after. In a fire the doors do not even wait for the event's turn: a full disk must
not hold a door locked.
"""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from edge.clock import Stamp
from edge.daemon.bridge import Bridge
from edge.daemon.rules import renewed
from edge.daemon.timers import Timers
from edge.sop import alarms, day
from edge.sop.effects import Beep, CancelTimer, Effect, HoldDoor, LampMode, StartTimer
from edge.sop.engine import initial_state, step
from edge.sop.events import Event, InputAlarmed, Started, StillTaken
from edge.sop.inputs import outstanding
from edge.sop.lamps import lamps, occupancy
from edge.sop.procedures.model import Procedure
from edge.sop.state import Rules, State, Visit
from edge.sop.turn import Result
from edge.store.rows import Delivered
from edge.store.still_files import StillFiles
from edge.store.store import PARTS, OutboxRow, StatePart, Store
from edge.worker import Worker

log = logging.getLogger(__name__)


# Fields stored apart from the state's document, with the empty values that they have in it.
_APART = {name: getattr(State(), name) for name in ("visits", *PARTS)}


class Outputs(Protocol):
    """Carries effects out: its methods return at once, the work is done on other threads."""

    def carry_out(self, effect: Effect) -> None:
        """Carry out *effect*."""

    def show(self, panel: str, mode: LampMode) -> None:
        """Show lamp *mode* on *panel*."""


class LivePublisher(Protocol):
    """Publishes live topics and the outbox."""

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Publish the present value of a live topic."""

    @property
    def delivered(self) -> Delivered:
        """Records and stills that the broker acknowledged and the store has not recorded yet."""

    def stored(self, delivered: Delivered) -> None:
        """Remove *delivered* from :attr:`delivered`: the store has recorded it."""

    def wake(self, rows: Sequence[OutboxRow]) -> None:
        """Send the new *rows* of the outbox."""


class Checkpoint:
    """Owns the state; every event goes through :meth:`run`."""

    def __init__(
        self,
        rules: Rules,
        *,
        bridge: Bridge,
        store: Store,
        worker: Worker,
        timers: Timers,
        outputs: Outputs,
        live: LivePublisher,
        stills: StillFiles,
    ) -> None:
        self.rules = rules
        self.state = initial_state(rules)
        self.handled = 0
        self._stored = self.state
        self._bridge = bridge
        self._store = store
        self._worker = worker
        self._timers = timers
        self._outputs = outputs
        self._live = live
        self._stills = stills
        self._lamps: dict[str, LampMode] = {}
        self._shown: dict[str, Any] = {}
        self._adopted: dict[str, Procedure] | None = None
        bridge.watch(self._release_doors_on_fire)

    async def start(self, at: Stamp) -> None:
        """Restore the stored state, and set timers, lamps and live topics from it."""
        document, visits = await self._worker.do(self._store.load)
        if document is not None:
            self.state = self._stored = restore(document, visits)
        await self.handle(Started(at))
        self._show_live()

    async def run(self) -> None:
        """Handle events for ever."""
        while True:
            await self.handle(await self._bridge.next())

    async def handle(self, event: Event) -> None:
        """Decide, commit, act.

        :raises StoreError: if the decision could not be stored; then only the effects that run
            before the commit were carried out
        """
        self._apply_reload()
        result = step(self.rules, self.state, event)
        self._act([effect for effect in result.effects if _before_commit(effect)])
        rows = await self._commit(result, event)
        before, self.state = self.state, result.state
        self.handled += 1
        self._act([effect for effect in result.effects if not _before_commit(effect)])
        if result.records:
            self._live.wake(rows)  # first, so that the central office has them soonest
        if self.state is not before:
            self._show_live()
        for record in result.records:
            log.info("%s %s", record.type, record.subject)

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Use *procedures* for new visits, from the next event on."""
        self._adopted = procedures

    def day_now(self) -> outstanding.DayNow:
        """Return the state of the office day, and the items that are out."""
        return outstanding.DayNow(day.summary(self.state), outstanding.out(self.rules, self.state))

    def _apply_reload(self) -> None:
        """Apply adopted procedures, between two events; visits under way continue on their own."""
        if self._adopted is not None:
            self.rules = renewed(self.rules, self._adopted, self.state)
            self._adopted = None

    def _release_doors_on_fire(self, event: Event) -> None:
        """Release the doors in a fire at once; the event's turn, which may wait, repeats it."""
        if isinstance(event, InputAlarmed):
            for effect in step(self.rules, self.state, event).effects:
                if isinstance(effect, HoldDoor):
                    self._outputs.carry_out(effect)

    async def _commit(self, result: Result, event: Event) -> Sequence[OutboxRow]:
        """Store the decision; return the rows of its records."""
        still = None
        if isinstance(event, StillTaken) and event.still in self.state.stills:
            still = self._stills.row(event, self.state.stills[event.still])
        # Counts of refused input are stored with the next decision: a noisy line must not wear
        # out the disk.
        counted = msgspec.structs.replace(result.state, refusals=self._stored.refusals)
        if counted == self._stored and not result.records and still is None:
            return ()
        delivered = self._live.delivered
        rows = await self._worker.do(
            self._store.commit,
            checkpoint=_document(result.state, self._stored),
            parts=_parts(result.state, self._stored),
            visits=_changed(result.state.visits, self._stored.visits),
            records=result.records,
            still=still,
            acknowledged=delivered,
        )
        self._live.stored(delivered)
        self._stored = result.state
        return rows

    def _act(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case StartTimer():
                    self._timers.start(effect.key, effect.since, effect.seconds)
                case CancelTimer():
                    self._timers.cancel(effect.key)
                case _:
                    self._outputs.carry_out(effect)

    def _show_live(self) -> None:
        """Update lamps and live topics from the state; only changes are sent."""
        for panel, mode in lamps(self.rules, self.state).items():
            if self._lamps.get(panel) != mode:
                self._lamps[panel] = mode
                self._outputs.show(panel, mode)
        topics: dict[str, Any] = {"state/occupancy": occupancy(self.state)}
        topics |= alarms.standing(self.state)
        office = day.summary(self.state)
        if office is not None:
            topics["state/day"] = office
        for suffix in self._shown.keys() - topics.keys():
            self._live.show(suffix, None)
        for suffix, payload in topics.items():
            if self._shown.get(suffix) != payload:
                self._live.show(suffix, payload)
        self._shown = topics


def _before_commit(effect: Effect) -> bool:
    """Return True if *effect* runs before the commit: an alarm's sound, doors in a fire."""
    match effect:
        case Beep(pattern="alarm") | HoldDoor(released=True):
            return True
    return False


def restore(document: dict[str, Any], visits: Sequence[dict[str, Any]]) -> State:
    """Return the state that was stored as *document* and *visits*."""
    opened = sorted((msgspec.convert(visit, Visit) for visit in visits), key=lambda v: v.number)
    state = msgspec.convert(document, State, strict=False)
    return msgspec.structs.replace(state, visits={visit.id: visit for visit in opened})


def _document(state: State, before: State) -> State | None:
    """Return the state less its visits and parts; None if only those changed."""
    bare = msgspec.structs.replace(state, **_APART)
    return None if bare == msgspec.structs.replace(before, **_APART) else bare


def _parts(state: State, before: State) -> dict[str, StatePart]:
    """Return the parts of the state that changed, by name."""
    found = ((name, getattr(state, name)) for name in PARTS)
    return {name: part for name, part in found if part != getattr(before, name)}


def _changed(
    visits: dict[str, Visit], before: dict[str, Visit]
) -> dict[int, dict[str, Any] | None]:
    """Return the documents of the visits that changed, by number; None for those that are gone."""
    changed: dict[int, dict[str, Any] | None] = {
        visit.number: None for key, visit in before.items() if key not in visits
    }
    for key, visit in visits.items():
        if before.get(key) is not visit:
            changed[visit.number] = msgspec.to_builtins(visit)
    return changed
