"""Ways through a step: which words of the procedure a visit can avoid on its way to an end. Pure.

A step is a graph of phases. Each edge carries the words that its transition and the phase that it
enters add (edge/sop/procedures/deeds.py lists them). A word that some way avoids is not certain.
"""

from collections.abc import Callable, Collection, Iterator

import msgspec

from edge.sop.procedures.deeds import COMPLETED, SKIPPED
from edge.sop.procedures.model import Phase, Procedure, Step, Transition

START = ""
"""The node from which each visit comes into the step."""

RETURNED = "returned"
"""The node of a visit that goes back to an earlier row, and comes to this row again."""

AtHand = Callable[[Step, str], bool]
"""Returns True if the event, action or need can happen at the step with the equipment there is."""


def anything(_step: Step, _word: str) -> bool:
    """Return True: all equipment is at hand."""
    return True


class Edge(msgspec.Struct, frozen=True):
    """One way on: from a phase by an event, into a phase or to an end of the step.

    :ivar source: the id of the phase, or :data:`START`
    :ivar event: the kind of its event; empty for the way into the step
    :ivar target: the id of the phase, ``completed``, ``returned``, ``@skip`` or another outcome
    :ivar words: the words that it carries
    :ivar place: its place in the file, for a person; empty for the arrival
    """

    source: str
    event: str
    target: str
    words: frozenset[str]
    place: str


def edges(procedure: Procedure, step: Step, at_hand: AtHand = anything) -> list[Edge]:
    """Return the edges of *step* that a visit can take with the equipment *at_hand*."""
    found = [
        Edge(START, "", target, words | entered, place)
        for words, place in _ways_in(procedure, step, at_hand).items()
        for target, entered in _entries(procedure, step, step.phases[0].id, at_hand)
    ]
    for phase in step.phases:
        for way in _ways(procedure, phase):
            if not at_hand(step, way.event):
                continue
            words = _of_transition(way) | _beside(procedure, phase, way)
            for to in dict.fromkeys(filter(None, (way.to, way.otherwise))):
                found += [
                    Edge(phase.id, kind_of(way.event), target, words | entered, _place(phase, way))
                    for target, entered in _entries(procedure, step, to, at_hand)
                ]
    return found


def kind_of(event: str) -> str:
    """Return the kind of *event*: that of an entered value is ``value``, of a named device its own.

    As ``detector.alarm`` for ``detector.alarm:lobby``, ``value`` for ``value.plate``.
    """
    return "value" if event.startswith("value.") else event.partition(":")[0]


def path(graph: Collection[Edge], avoided: frozenset[str], ends: Collection[str],
         after: str = "") -> list[Edge] | None:  # fmt: skip
    """Return the shortest way to one of *ends* that carries none of the *avoided* words.

    :param after: an event: the way begins with an edge of that event
    :return: its edges; None if each way carries one of the words
    """
    reached: dict[str, list[Edge]] = {}
    ahead: list[str] = []

    def go(edge: Edge, before: list[Edge]) -> list[Edge] | None:
        if edge.words & avoided:
            return None
        if edge.target in ends:
            return [*before, edge]
        if edge.target not in reached:
            reached[edge.target] = [*before, edge]
            ahead.append(edge.target)
        return None

    for edge in _begin(graph, after):
        if found := go(edge, []):
            return found
    while ahead:
        here = ahead.pop(0)
        for edge in graph:
            if edge.source == here and (found := go(edge, reached[here])):
                return found
    return None


def by_time(graph: Collection[Edge], phase_id: str) -> list[Edge]:
    """Return the edges that a visit in *phase_id* can take while nothing but time goes by."""
    timeouts = [edge for edge in graph if edge.event == "timeout"]
    nodes = _closed(timeouts, {phase_id})
    return [edge for edge in timeouts if edge.source in nodes]


def within_reach(graph: Collection[Edge], after: str = "") -> list[Edge]:
    """Return the edges that a visit can come to, from the begin or from the event *after* on."""
    begin = _begin(graph, after)
    nodes = _closed(graph, {edge.target for edge in begin})
    return [*begin, *(edge for edge in graph if edge.source in nodes)]


def leads_on(graph: Collection[Edge], edge: Edge, ends: Collection[str]) -> bool:
    """Return True if a visit that takes *edge* can come to one of *ends*."""
    return not _closed(graph, {edge.target}).isdisjoint(ends)


def _begin(graph: Collection[Edge], after: str) -> list[Edge]:
    return [e for e in graph if (e.event == after if after else e.source == START)]


def _closed(graph: Collection[Edge], nodes: set[str]) -> set[str]:
    """Return *nodes* and all others to which they lead."""
    ahead = nodes
    while ahead := {edge.target for edge in graph if edge.source in ahead} - nodes:
        nodes = nodes | ahead
    return nodes


def waited_words(procedure: Procedure, phase: Phase) -> set[str]:
    """Return the words of all transitions of *phase*."""
    return {word for way in _ways(procedure, phase) for word in _of_transition(way)}


def leads_to(procedure: Procedure, step: Step, way: Transition) -> Step | None:
    """Return the step that follows when *way* completes or skips *step*; None if none does."""
    if way.to in ("@next", SKIPPED):
        return procedure.after(step)
    if way.to.startswith("#"):
        return next((other for other in procedure.steps if other.id == way.to[1:]), None)
    return None


def follows(procedure: Procedure, step: Step) -> Iterator[tuple[Step | None, str]]:
    """Yield each step that can follow *step*, None for the end of a completed visit, and the place.

    Steps that are skipped count; an outcome on the way ends the visit and does not.
    """
    for phase in step.phases:
        for way in _ways(procedure, phase):
            if way.to in ("@next", SKIPPED) or way.to.startswith("#"):
                yield leads_to(procedure, step, way), f"phase {phase.id}, {way.event}"
        if phase.otherwise == "@next":
            yield procedure.after(step), f"phase {phase.id}, needs {phase.needs}"


def completions(procedure: Procedure, step: Step) -> list[Step | None]:
    """Return the steps to which a completed *step* leads; None for the end of the visit."""
    found: dict[str, Step | None] = {}
    for way in (way for phase in step.phases for way in phase.on):
        if way.to == "@next" or way.to.startswith("#"):
            there = leads_to(procedure, step, way)
            found[there.id if there else ""] = there
    return list(found.values())


def _ways(procedure: Procedure, phase: Phase) -> list[Transition]:
    """Return the transitions that apply in *phase*: its own before those of ``anywhere``."""
    own = {way.event for way in phase.on}
    return [*phase.on, *(way for way in procedure.anywhere if way.event not in own)]


def _ways_in(procedure: Procedure, step: Step, at_hand: AtHand) -> dict[frozenset[str], str]:
    """Return the words of each transition that leads into *step*, with the place of one of them."""
    found: dict[frozenset[str], str] = {}
    if step is procedure.steps[0]:
        found[frozenset()] = ""
    for other in procedure.steps:
        for phase in other.phases:
            for way in _ways(procedure, phase):
                if at_hand(other, way.event) and leads_to(procedure, other, way) is step:
                    words = frozenset(f"before:{word}" for word in _of_transition(way))
                    found.setdefault(words, f"step {other.id}, {_place(phase, way)}")
            if phase.otherwise == "@next" and procedure.after(other) is step:
                found.setdefault(frozenset(), f"step {other.id}, phase {phase.id}")
    return found or {frozenset(): ""}


def _place(phase: Phase, way: Transition) -> str:
    return f"phase {phase.id}, {way.event}"


def _entries(
    procedure: Procedure, step: Step, to: str, at_hand: AtHand, before: tuple[str, ...] = ()
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield (target, words) of each place to which a transition to *to* can lead."""
    phase = next((one for one in step.phases if one.id == to), None)
    if phase is None:
        yield _end_of(procedure, step, to), frozenset()
        return
    need = (phase.needs or "").partition(":")[0]
    if not need or at_hand(step, need):
        yield phase.id, _of_phase(procedure, step, phase, at_hand)
    if need and phase.otherwise is not None and phase.id not in before:
        seen = (*before, phase.id)
        for target, words in _entries(procedure, step, phase.otherwise, at_hand, seen):
            yield target, words | {f"without:{need}"}


def _end_of(procedure: Procedure, step: Step, to: str) -> str:
    """Return the node of the end *to* of *step*."""
    there = next((other for other in procedure.steps if to == f"#{other.id}"), None)
    if there is not None and _leads_back(procedure, step, there):
        return RETURNED
    return COMPLETED if to == "@next" or to.startswith("#") else to


def _leads_back(procedure: Procedure, step: Step, there: Step) -> bool:
    """Return True if a visit that goes from *step* back to *there* comes to its row again.

    No way on may lead to a later row, or complete the visit, without that. An alternative with the
    number of *step* is its row; a way from one alternative straight to another is no way back.
    """
    if there is not step and there.number >= step.number:
        return False
    passed: set[str] = set()
    ahead = [there]
    while ahead:
        here = ahead.pop()
        if here.number == step.number or here.id in passed:
            continue
        passed.add(here.id)
        following = [after for after, _ in follows(procedure, here)]
        if here.number > step.number or None in following:
            return False
        ahead += [after for after in following if after is not None]
    return True


def _of_phase(procedure: Procedure, step: Step, phase: Phase, at_hand: AtHand) -> frozenset[str]:
    found = {f"needs:{phase.needs.partition(':')[0]}"} if phase.needs else set()
    for action in phase.do:
        if at_hand(step, action):
            verb, _, argument = action.partition(":")
            shown = step.shown_by(argument) if verb == "still" else ()
            found |= {action, verb, *(f"shows:{paper}" for paper in shown)}
    for way in _ways(procedure, phase):
        offered = way.to.startswith("@") and (way.reason or way.to != "@refused")
        if offered and at_hand(step, way.event):
            found.add(f"offers:{way.to}")
    return frozenset(found)


def _of_transition(way: Transition) -> frozenset[str]:
    event = kind_of(way.event)
    found = {event, *(f"vouches:{deed}" for deed in way.vouches)}
    if way.clear is not None:
        found.add("counted:button" if event.startswith("button.") else f"counted:{event}")
    if way.returns_identity:
        found.add("returns-identity")
    if way.reason is not None:
        found.add("reason")
    return frozenset(found)


def _beside(procedure: Procedure, phase: Phase, way: Transition) -> frozenset[str]:
    """Return the words of a button for what else *phase* waits for."""
    if not way.event.startswith("button."):
        return frozenset()
    others = (kind_of(other.event) for other in _ways(procedure, phase))
    return frozenset(f"beside:{event}" for event in others if event != way.event)
