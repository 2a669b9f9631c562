"""Enters values with a visit: stores and compares them, and makes their evidence.

1. Of a personal value the visit has only the words of the comparisons that hold: the value itself
   is in the guest book. Another value is stored with the visit, and is in the record of the step
   in which it was entered.
2. The evidence has a word for each comparison that the procedure makes of the value:
   ``temperature-above-37.5`` or ``temperature-not-above-37.5``; without comparisons
   ``temperature-entered``.
3. A value can be entered again at any time: the last one counts.
4. A value that comes before its phase is stored all the same: the phase is passed by its need
   (``value:ID``), and a later transition can compare it (``value = "ID"``).
"""

from edge.sop.entered import Entered
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.values import EVENT, Value, words_in_order
from edge.sop.state import KnownValue, Visit
from edge.sop.turn import Turn
from edge.sop.visit import inactivity
from edge.sop.visit.course import deliver
from edge.sop.visit.steps import add_word


def enter(turn: Turn, visit: Visit, value: Value, entered: Entered) -> None:
    """Enter *entered* as *value* of *visit*, and deliver that; it must be allowed."""
    procedure = turn.procedure(visit)
    known = KnownValue(
        holds=_holding(procedure, value, entered), value=None if value.personal else entered
    )
    *words, last = _evidence(procedure, value, known)
    for word in words:
        visit = add_word(turn, visit, word)
    visit = turn.change(
        visit,
        values={**visit.values, value.id: known},
        stated=tuple(dict.fromkeys((*visit.stated, value.id))),
    )
    if not deliver(turn, visit, EVENT + value.id, last):
        inactivity.seen(turn, add_word(turn, visit, last))


def awaited(turn: Turn, visit: Visit) -> Value | None:
    """Return the value with choices that the present phase of *visit* waits for; None if none."""
    for way in turn.phase(visit).on:
        value = turn.procedure(visit).value(way.event.removeprefix(EVENT))
        if way.event.startswith(EVENT) and value is not None and value.choices:
            return value
    return None


def _holding(procedure: Procedure, value: Value, entered: Entered) -> tuple[str, ...]:
    ways = procedure.comparisons(value.id)
    return tuple(dict.fromkeys(word for way in ways for word in way.holding(entered)))


def _evidence(procedure: Procedure, value: Value, known: KnownValue) -> list[str]:
    words = words_in_order(procedure.comparisons(value.id))
    sides = [word if word in known.holds else f"not-{word}" for word in words]
    return [f"{value.id}-{side}" for side in sides] or [f"{value.id}-entered"]
