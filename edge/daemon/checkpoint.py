"""Checkpoint: consumes every event. Decides, commits, sends, carries out effects.

Record, then act: effects run only after their decision is committed in one transaction. The
exceptions are the alarm's sound and the doors that a fire releases: they run first and are
recorded at once after. For a fire and other calls for help they do not even wait for the event's
turn: a full disk must not hold a door locked.

All this is one call on the worker's thread, because each change of thread costs as much as a
decision. Events that wait are decided in order and committed together: a commit on a memory card
takes up to 200 ms, however much is in it.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from edge.clock import Stamp
from edge.daemon.bridge import Bridge
from edge.daemon.rules import renewed
from edge.daemon.sounded import Sounded
from edge.daemon.timers import Timers
from edge.mqtt.fast_path import Sent
from edge.sop import alarms, day
from edge.sop.effects import (
    Beep,
    CancelTimer,
    Effect,
    HoldDoor,
    LampMode,
    ReleaseDoor,
    StartTimer,
    UnlockLocker,
)
from edge.sop.engine import initial_state, step
from edge.sop.events import DetectorAlarmed, Event, InputAlarmed, Started, StillTaken
from edge.sop.inputs import outstanding
from edge.sop.lamps import lamps, occupancy
from edge.sop.procedures.model import Procedure
from edge.sop.records import Record
from edge.sop.state import Alarm, Rules, State, Visit
from edge.sop.visit import host_choice
from edge.store.patient_worker import WAIT_S
from edge.store.still_files import StillFiles
from edge.store.store import PARTS, OutboxRow, StatePart, StillRow, Store
from edge.worker import Worker

log = logging.getLogger(__name__)


# Fields stored apart from the state's document, with the empty values that they have in it.
_APART = {name: getattr(State(), name) for name in ("visits", *PARTS)}
# The fields that are stored together in the document.
_TOGETHER = [name for name in State.__struct_fields__ if name not in _APART]

# Events that act before their turn: equipment that calls for help.
_URGENT = (InputAlarmed, DetectorAlarmed)

# Events that are decided and committed together, at most: an effect waits for so many decisions.
MOST_TOGETHER = 50


class Outputs(Protocol):
    """Carries effects out: its methods return at once, the work is done on other threads."""

    def carry_out(self, effect: Effect) -> None:
        """Carry out *effect*."""

    def show(self, panel: str, mode: LampMode) -> None:
        """Show lamp *mode* on *panel*."""

    def light(self, lit: dict[str, bool]) -> None:
        """Light the lamps of the hosts that are true in *lit*."""


class Publisher(Protocol):
    """Publishes records from the worker's thread, and the rest on the loop."""

    def prepare(self, rows: Sequence[OutboxRow]) -> None:
        """Pack the first of *rows*, which are being committed; on the worker's thread."""

    def send(self) -> Sent:
        """Send what was prepared, once it is committed; on the worker's thread."""

    def cancel(self) -> Sent:
        """Drop what was prepared, if the commit failed; on the worker's thread."""

    def committed(self, rows: Sequence[OutboxRow], sent: Sent, *, stills: bool) -> None:
        """Send the rest of *rows*, and new *stills*; on the loop, after send or cancel."""

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Publish the present value of a live topic; on the loop."""


class Decision(msgspec.Struct, frozen=True):
    """The decision on *count* events: the state after them, and all that follows from them.

    :ivar effects: those that run after the commit
    """

    state: State
    count: int
    effects: list[Effect]
    records: list[Record]
    stills: list[StillRow]


class Checkpoint:
    """Owns the state; every event goes through :meth:`handle`, on the worker's thread.

    The other methods are the loop's. ``state`` may be read from any thread: it is frozen.

    :param on_visits_ended: called with the ids of the open visits after others have ended
    """

    def __init__(
        self,
        rules: Rules,
        *,
        bridge: Bridge,
        store: Store,
        worker: Worker,
        timers: Timers,
        outputs: Outputs,
        live: Publisher,
        stills: StillFiles,
        on_visits_ended: Callable[[Collection[str]], None] = lambda _open: None,
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
        self._on_visits_ended = on_visits_ended
        self._lamps: dict[str, LampMode] = {}
        self._lit: dict[str, bool] = {}
        self._shown: dict[str, Any] = {}
        self._adopted: dict[str, Procedure] | None = None
        self._waiting = False  # for the disk, or for the program that holds the database
        self._unrecorded: dict[str, Alarm] = {}
        self._for_loop: list[Callable[[], None]] = []
        self._ended: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._sounded = Sounded()
        bridge.watch(_URGENT, self._act_at_once)

    async def start(self, at: Stamp) -> None:
        """Restore the stored state, and set timers, lamps and live topics from it."""
        document, visits = await self._worker.do(self._store.load)
        if document is not None:
            self.state = self._stored = restore(document, visits)
        await self.decide(Started(at))
        await self._worker.do(self._show_live)
        self._hand_to_loop()

    async def decide(self, event: Event) -> None:
        """Handle *event* now, before all events that wait."""
        await self._worker.do(self.handle, [event])

    async def run(self) -> None:
        """Have the worker handle events, before all its other calls, until cancelled.

        :raises StoreError: if a decision could not be stored
        """
        self._ended = asyncio.get_running_loop().create_future()
        if self._error is not None:
            raise self._error
        self._worker.put_first(self._consume)
        try:
            await self._ended
        finally:
            self._worker.put_first(None)

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Use *procedures* for new visits, from the next event on."""
        self._adopted = procedures

    def day_now(self) -> outstanding.DayNow:
        """Return the state of the office day, and the items that are out."""
        return outstanding.DayNow(day.summary(self.state), outstanding.out(self.rules, self.state))

    # -- on the worker's thread

    def handle(self, events: Sequence[Event]) -> int:
        """Decide, commit, send, act; return how many of *events*, the first ones, were handled.

        :raises StoreError: if the decision could not be stored; then only the effects that run
            before the commit were carried out
        """
        self._apply_reload()
        decision = self._decide(events)
        try:
            rows = self._commit(decision)
        except BaseException:
            sent = self._live.cancel()
            self._bridge.on_loop(partial(self._live.committed, (), sent, stills=False))
            raise
        sent = self._live.send()  # before the effects: the office has the records soonest
        try:
            if rows or decision.stills:
                stills = bool(decision.stills)
                self._later(partial(self._live.committed, rows, sent, stills=stills))
            before, self.state = self.state, decision.state
            self.handled += decision.count
            self._act(decision.effects)
            if self.state is not before:
                self._show_live()
            if before.visits.keys() - self.state.visits.keys():
                self._on_visits_ended(self.state.visits.keys())
        finally:
            self._hand_to_loop()
        for record in decision.records:
            log.info("%s %s", record.type, record.subject)
        return decision.count

    def show_unrecorded(self, at: Stamp, kind: str, detail: str | None) -> None:
        """Show the alarm *kind*, which cannot be recorded yet; None: it can, so show it no more."""
        self._unrecorded.pop(kind, None)
        if detail is not None:
            self._unrecorded[kind] = Alarm(since=at, detail=detail)
        self._show_live()
        self._hand_to_loop()

    def _consume(self) -> None:
        """Handle the first events that wait, as one batch; an exception ends :meth:`run`.

        Between two batches the worker makes one of its other calls: a flood of events must not
        keep the uplink from the store.
        """
        events = self._bridge.first(MOST_TOGETHER)
        if not events or self._waiting or self._error is not None:
            return
        try:
            if not self._worker.attempt(lambda: self._bridge.done(self.handle(events))):
                self._waiting = True
                self._bridge.on_loop(self._try_later)
            elif self._bridge.waiting:
                self._worker.nudge()
            else:
                self._worker.review()
                self._store.shorten_log()
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self._error = error
            self._bridge.on_loop(self._end, error)

    def _later(self, call: Callable[[], None]) -> None:
        """Have the loop run *call* once the worker is done with these events."""
        self._for_loop.append(call)

    def _hand_to_loop(self) -> None:
        calls, self._for_loop = self._for_loop, []
        if calls:
            self._bridge.on_loop(self._run_all, calls)

    def _try_later(self) -> None:
        """Consume again after a while; until then events wait."""
        asyncio.get_running_loop().call_later(WAIT_S, self._try_again)

    def _try_again(self) -> None:
        self._waiting = False
        self._worker.nudge()

    def _apply_reload(self) -> None:
        """Apply adopted procedures, between two events; visits under way continue on their own."""
        adopted, self._adopted = self._adopted, None
        if adopted is not None:
            self.rules = renewed(self.rules, adopted, self.state)

    def _decide(self, events: Sequence[Event]) -> Decision:
        """Decide on *events* in order, up to the first that unlocks; alarms sound meanwhile.

        What unlocks ends the batch: the state that is stored with it shows the unlock, for which
        the next start looks. A later event of the same batch could undo that trace.
        """
        state, count = self.state, 0
        effects, records, stills = list[Effect](), list[Record](), list[StillRow]()
        for event in events:
            if isinstance(event, StillTaken) and event.still in state.stills:
                stills.append(self._stills.row(event, state.stills[event.still]))
            result = step(self.rules, state, event)
            for effect in result.effects:
                if not _before_commit(effect):
                    effects.append(effect)
                elif self._may_act(effect, event):
                    self._outputs.carry_out(effect)
            records += result.records
            state, count = result.state, count + 1
            if any(isinstance(effect, UnlockLocker | ReleaseDoor) for effect in result.effects):
                break
        return Decision(state, count, effects, records, stills)

    def _commit(self, decision: Decision) -> list[OutboxRow]:
        """Store the decision; return the rows of its records."""
        document = _document(decision.state, self._stored)
        parts = _parts(decision.state, self._stored)
        visits = _changed(decision.state.visits, self._stored.visits)
        # Counts of refused input are stored with the next decision: a noisy line must not wear
        # out the disk.
        changed = document is not None or visits or parts.keys() - {"refusals"}
        if not (changed or decision.records or decision.stills):
            return []
        rows = self._store.commit(
            checkpoint=document,
            parts=parts,
            visits=visits,
            records=decision.records,
            stills=decision.stills,
            prepare=self._live.prepare,
        )
        self._stored = decision.state
        return rows

    def _act(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case StartTimer(key=key, since=since, seconds=seconds):
                    self._later(partial(self._timers.start, key, since, seconds))
                case CancelTimer(key=key):
                    self._later(partial(self._timers.cancel, key))
                case _:
                    self._outputs.carry_out(effect)

    def _show_live(self) -> None:
        """Update lamps and live topics from the state; only changes are sent."""
        for panel, mode in lamps(self.rules, self.state).items():
            if self._lamps.get(panel) != mode:
                self._lamps[panel] = mode
                self._outputs.show(panel, mode)
        lit = host_choice.lit(self.rules, self.state)
        if self._lit != lit:
            self._lit = lit
            self._outputs.light(lit)
        topics: dict[str, Any] = {"state/occupancy": occupancy(self.rules, self.state)}
        topics |= alarms.standing(self.state, self._unrecorded)
        office = day.summary(self.state)
        if office is not None:
            topics["state/day"] = office
        for suffix in self._shown.keys() - topics.keys():
            self._later(partial(self._live.show, suffix, None))
        for suffix, payload in topics.items():
            if self._shown.get(suffix) != payload:
                self._later(partial(self._live.show, suffix, payload))
        self._shown = topics

    # -- on the loop

    def _run_all(self, calls: Sequence[Callable[[], None]]) -> None:
        try:
            for call in calls:
                call()
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self._end(error)

    def _end(self, error: BaseException) -> None:
        """End :meth:`run` with *error*."""
        self._error = self._error or error
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(self._error)

    def _act_at_once(self, event: Event) -> None:
        """Release the doors in a fire and sound alarms before the event's turn."""
        for effect in step(self.rules, self.state, event).effects:
            if _before_commit(effect) and self._may_act(effect, event):
                self._outputs.carry_out(effect)

    def _may_act(self, effect: Effect, event: Event) -> bool:
        """Return False if *effect* is the sound of an alarm that has sounded already."""
        repeatable = not isinstance(effect, Beep) or not isinstance(event, _URGENT)
        return repeatable or self._sounded.first(event)


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
    if all(getattr(state, name) is getattr(before, name) for name in _TOGETHER):
        return None
    return msgspec.structs.replace(state, **_APART)


def _parts(state: State, before: State) -> dict[str, StatePart]:
    """Return the parts of the state that changed, by name."""
    found = ((name, getattr(state, name)) for name in PARTS)
    return {name: part for name, part in found if part is not getattr(before, name)}


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
