"""Derives from a procedure which deeds each step proves. Pure.

Rules
-----
1. A deed is done if each of its signs is on *every* way through the step on which it is demanded. A
   way without one of them is a gap: the step can be completed without the deed.
2. Equipment shows a sign, or a person vouches for it. A person's word where equipment could show
   it is weaker, and noted; where the law names the equipment, it is not enough.
3. A press that vouches for the deed by name (``vouches``) stands for all of its signs.
4. A step that no way completes does no deed.
5. A way back to an earlier row, from which every visit comes to this row again before a later one,
   does not complete the step: the deed is done then.
6. What holds with all equipment may not hold with that at hand: an event that cannot happen there
   leads nowhere (``at_hand``).
"""

from collections.abc import Collection, Iterator

import msgspec

from edge.sop.procedures.deeds import COMPLETED, DEEDS, Deed, Sign
from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.step_paths import (
    START,
    AtHand,
    Edge,
    anything,
    by_time,
    edges,
    leads_on,
    path,
    waited_words,
    within_reach,
)

NO_WAY = "no way leads through the step"
"""The gap of every deed of a step that nothing completes."""

_REMINDERS = frozenset({"ring:reminder", "ring:limit"})


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence that a step gives of one deed.

    :ivar deed: its word, a key of ``DEEDS``
    :ivar gap: how the step can be completed without it, in words; empty: it cannot
    :ivar shown: on some way equipment shows it; True too if no equipment can
    :ivar word: the places where a person's word stands for the equipment
    """

    deed: str
    gap: str = ""
    shown: bool = True
    word: tuple[str, ...] = ()


def deeds_of(
    procedure: Procedure, step: Step, at_hand: AtHand = anything, deeds: Collection[str] = DEEDS
) -> list[Evidence]:
    """Return the evidence that *step* of *procedure* gives of each of *deeds*, in their order.

    :param at_hand: the equipment there is; by default all of it
    """
    graph = edges(procedure, step, at_hand)
    return [_evidence(procedure, step, graph, name) for name in deeds]


def _evidence(procedure: Procedure, step: Step, graph: list[Edge], name: str) -> Evidence:
    deed = DEEDS[name]
    if deed.ends_visit:
        return Evidence(deed=name, gap=_way_on(graph, deed))
    ends = deed.ends & {edge.target for edge in within_reach(graph)}
    if not ends or (COMPLETED in deed.ends and COMPLETED not in ends):
        return Evidence(deed=name, gap=NO_WAY)
    signs = [_or_vouched_by_name(sign, name) for sign in deed.signs]
    gap = next(filter(None, (_gap(graph, sign, deed) for sign in signs)), "")
    gap = gap or _not_together(procedure, step, deed)
    if not gap and deed.reminds:
        gap = _unreminded(step, graph)
        if gap and path(graph, frozenset({vouched_by_name(name)}), deed.ends) is None:
            return Evidence(deed=name, shown=False)
    if gap:
        return Evidence(deed=name, gap=gap)
    word = {place for sign in signs for place in _word(graph, sign, ends)}
    order = [edge.place for edge in graph]
    return Evidence(
        deed=name,
        shown=all(_ever_shown(graph, sign) for sign in signs),
        word=tuple(sorted(word, key=order.index)),
    )


def vouched_by_name(deed: str) -> str:
    """Return the word of a press by which an officer vouches for *deed*."""
    return f"vouches:{deed}"


def _or_vouched_by_name(sign: Sign, deed: str) -> Sign:
    return msgspec.structs.replace(sign, vouched=sign.vouched | {vouched_by_name(deed)})


def _gap(graph: list[Edge], sign: Sign, deed: Deed) -> str:
    """Return the way on which *sign* is missing, in words; empty if there is none."""
    if sign.after and not any(edge.event == sign.after for edge in within_reach(graph)):
        return f"no phase waits for {sign.after}"
    found = path(graph, sign.shown | sign.vouched, deed.ends, sign.after)
    before = any(word.startswith("before:") for word in sign.shown | sign.vouched)
    return "" if found is None else _places_of(found, before=before)


def _places_of(way: list[Edge], *, before: bool = False) -> str:
    """Return the places of *way* in words; *before*: with that before the step."""
    places = [edge.place for edge in way if edge.place and (before or edge.source != START)]
    return " > ".join(places) or "at once, without an event"


def _way_on(graph: list[Edge], deed: Deed) -> str:
    """Return a way that completes the step, in words; empty if there is none."""
    found = path(graph, frozenset(), deed.ends)
    return "" if found is None else _places_of(found)


def _not_together(procedure: Procedure, step: Step, deed: Deed) -> str:
    if deed.together is None:
        return ""
    words, event = deed.together
    for phase in step.phases:
        waited = waited_words(procedure, phase)
        if waited & words and event not in waited:
            return f"phase {phase.id} does not wait for {event}"
    return ""


def _word(graph: list[Edge], sign: Sign, ends: Collection[str]) -> Iterator[str]:
    """Yield the presses by which a person stands for the equipment that would show *sign*."""
    if not sign.shown:
        return
    pressed = {word for word in sign.vouched if not word.startswith(("without:", "needs:"))}
    unshown = [edge for edge in graph if not edge.words & sign.shown]
    unsigned = [edge for edge in unshown if not edge.words & sign.vouched]
    nodes = {START, *(edge.target for edge in within_reach(unsigned, sign.after))}
    for edge in unshown:
        stands = edge.source in nodes and edge.words & pressed
        if stands and leads_on(unshown, edge, ends):
            yield edge.place


def _ever_shown(graph: list[Edge], sign: Sign) -> bool:
    reachable = within_reach(graph, sign.after)
    return not sign.shown or any(edge.words & sign.shown for edge in reachable)


def _unreminded(step: Step, graph: list[Edge]) -> str:
    """Return where the time of *step* goes by without a ring; empty if it rings everywhere."""
    silent = [edge for edge in graph if not edge.words & _REMINDERS]
    for phase_id in step.timed_phases or (step.phases[0].id,):
        waits = [phase_id, *(edge.target for edge in by_time(silent, phase_id))]
        for here in waits:
            if not any(edge.source == here for edge in by_time(graph, phase_id)):
                place = here if here in {phase.id for phase in step.phases} else phase_id
                return f"phase {place}: no reminder is rung when the time goes by"
        if not any(edge.source in waits for edge in by_time(graph, phase_id) if edge not in silent):
            return f"phase {phase_id}: its time-outs ring no reminder"
    return ""
