"""A procedure as a flow: the symbols and links of the regulation's flow chart. Pure.

Each step is one activity. Its decisions are not in the procedure file: they are found from the
transitions that leave the step by another way than its usual one, grouped by the question that the
phase asks. Transitions inside a step (a locker that jams, a second call) are not drawn, except the
second walk through the metal detector.
"""

from itertools import pairwise
from typing import Literal, NamedTuple

from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition

SymbolKind = Literal["start", "end", "activity", "decision"]

YES = Text(id="ya", en="yes")
NO = Text(id="tidak", en="no")
REFUSED = Text(id="ditolak", en="refused")
START = Text(id="Mulai", en="Start")
END = Text(id="Selesai", en="End")
_OUTCOMES = {
    "declined": Text(id="ditolak", en="declined"),
    "rescheduled": Text(id="dijadwal ulang", en="another day"),
    "refused": Text(id="tidak diizinkan", en="refused"),
    "abandoned": Text(id="ditinggalkan", en="abandoned"),
}


class Question(NamedTuple):
    """The question of a decision.

    :ivar answers: the usual answer, and the other one
    :ivar aide: the host's aide decides, not the role of the step
    :ivar first: it is asked before the activity, not after it
    """

    words: Text
    answers: tuple[Text, Text] = (YES, NO)
    aide: bool = False
    first: bool = False


_QUESTIONS = {
    "belongings": Question(Text(id="Ada barang titipan?", en="Anything to store?"), first=True),
    "identity": Question(Text(id="Identitas sah?", en="Valid ID?")),
    "door": Question(Text(id="Pintu dibuka?", en="Door released?"), aide=True),
    "host": Question(
        Text(id="Menerima?", en="Accepts?"),
        (Text(id="menerima", en="yes"), Text(id="menolak", en="no")),
        aide=True,
    ),
    "screening": Question(Text(id="Alarm?", en="Alarm?"), (NO, YES)),
    "conditions": Question(Text(id="Memenuhi syarat?", en="Rules met?")),
    "reschedule": Question(Text(id="Jadwal ulang?", en="Another day?")),
    "other": Question(Text(id="Dapat dilanjutkan?", en="Goes on?")),
}


class Node(NamedTuple):
    """A symbol of the chart.

    :ivar row: its row of the table, from 0
    :ivar beside: the decision that it stands beside; None for a symbol on a line of its own
    """

    key: str
    kind: SymbolKind
    row: int
    role: str
    words: Text
    beside: str | None = None


class FlowLink(NamedTuple):
    """A connector from symbol to symbol; the usual way or a branch."""

    start: str
    end: str
    label: Text | None = None
    usual: bool = True


class Flow(NamedTuple):
    """A whole chart: symbols from top to bottom, and the links between them."""

    nodes: list[Node]
    links: list[FlowLink]


def flow(procedure: Procedure) -> Flow:
    """Return the symbols and links of the flow chart of *procedure*."""
    first = procedure.steps[0]
    nodes = [Node("start", "start", 0, first.role, START)]
    links = [FlowLink("start", _entry(procedure, first))]
    for row, step in enumerate(procedure.steps):
        more, further = _step(procedure, step, row)
        nodes += more
        links += further
    last = procedure.steps[-1]
    nodes.append(Node("end", "end", len(procedure.steps) - 1, last.role, END))
    nodes += [
        Node(f"{duty.number}/{role}", "activity", row, role, _number(str(duty.number)))
        for row, duty in enumerate(procedure.duties, len(procedure.steps))
        for role in duty.roles
    ]
    return Flow(nodes, links)


def shown_number(procedure: Procedure, step: Step) -> str:
    """Return the number of *step*; alternatives that share one get a letter: ``5a``, ``5b``."""
    alike = [other.id for other in procedure.steps if other.number == step.number]
    letter = "abcdefghijklmnopqrstuvwxyz"[alike.index(step.id)] if len(alike) > 1 else ""
    return f"{step.number}{letter}"


def _number(words: str) -> Text:
    return Text(id=words, en=words)


def _step(procedure: Procedure, step: Step, row: int) -> tuple[list[Node], list[FlowLink]]:
    """Return the symbols of *step* and the links that begin in them."""
    chain = [Node(step.id, "activity", row, step.role, _number(shown_number(procedure, step)))]
    before: list[Node] = []
    links: list[FlowLink] = []
    ends: list[Node] = []
    for name, ways in _asked(procedure, step).items():
        question = _QUESTIONS[name]
        role = procedure.aide if question.aide and procedure.aide else step.role
        here = Node(f"{step.id}?{name}", "decision", row, role, question.words)
        (before if _first(step, question) else chain).append(here)
        more, branches = _branches(procedure, step, here, name, ways)
        ends += more
        links += branches
    line = [*before, *chain]
    for one, other in pairwise(line):
        links.append(FlowLink(one.key, other.key, _usual(one)))
    usual = _usual_target(procedure, step)
    if usual is not None:
        links.append(FlowLink(line[-1].key, usual, _usual(line[-1])))
    return [*line, *ends], links


def _usual(node: Node) -> Text | None:
    name = node.key.partition("?")[2]
    return _QUESTIONS[name].answers[0] if name else None


def _first(step: Step, question: Question) -> bool:
    """Return True if *question* comes before the activity; the aide's if the time starts later."""
    return question.first or (question.aide and step.timed_from is not None)


def _branches(
    procedure: Procedure, step: Step, here: Node, name: str, ways: list[Transition]
) -> tuple[list[Node], list[FlowLink]]:
    """Return the ends of the decision *here*, and its links except the usual one to a step."""
    ends: list[Node] = []
    links: list[FlowLink] = []
    answer = _QUESTIONS[name].answers[1]
    if name == "screening":
        links.append(FlowLink(here.key, step.id, answer, usual=False))
        answer = REFUSED
    targets = {t for way in ways if (t := _target(procedure, step, way)) is not None}
    links += [FlowLink(here.key, target, answer, usual=False) for target in sorted(targets)]
    outcomes = list(dict.fromkeys(w.to[1:] for w in ways if _target(procedure, step, w) is None))
    if outcomes and _usual_target(procedure, step) is None:
        end = _end(
            here, outcomes[:1], beside=False
        )  # every answer ends the visit: the first end stands below
        ends.append(end)
        links.append(FlowLink(here.key, end.key, _QUESTIONS[name].answers[0]))
        outcomes = outcomes[1:]
    if outcomes:
        end = _end(here, outcomes, beside=True)
        ends.append(end)
        links.append(FlowLink(here.key, end.key, answer, usual=False))
    return ends, links


def _end(here: Node, outcomes: list[str], *, beside: bool) -> Node:
    words = Text(
        id=f"{END.id}: {'/ '.join(_OUTCOMES[o].id for o in outcomes)}",
        en=f"{END.en}: {'/ '.join(_OUTCOMES[o].en for o in outcomes)}",
    )
    key = f"{here.key}!{'+'.join(outcomes)}"
    return Node(key, "end", here.row, here.role, words, here.key if beside else None)


def _asked(procedure: Procedure, step: Step) -> dict[str, list[Transition]]:
    """Return the unusual ways out of *step*, by the question that they answer."""
    usual = _usual_target(procedure, step)
    found: dict[str, list[Transition]] = {}
    for phase in step.phases:
        for way in phase.on:
            leaves = way.to.startswith(("@", "#"))
            # With ``via`` perhaps to the same step, but with the visit's outcome decided.
            unusual = way.to == "@skip" or way.via or _target(procedure, step, way) != usual
            if leaves and (unusual or usual is None):
                found.setdefault(_question(step, phase, way), []).append(way)
            elif way.event == "detector.alarm":
                found.setdefault("screening", [])
    return found


def _question(step: Step, phase: Phase, way: Transition) -> str:
    """Return the question that *way* out of *phase* answers, a key of ``_QUESTIONS``."""
    events = {other.event for other in phase.on}
    screens = any(other.event.startswith("detector.") for p in step.phases for other in p.on)
    answers = [
        ("screening", screens),
        ("conditions", way.event == "button.refuse"),
        ("belongings", way.to == "@skip" or "button.locker" in events),
        ("identity", "card.issued" in events),
        ("door", bool(events & {"aiphone.release", "door.opened"})),
        ("host", bool(events & {"aiphone.accept", "aiphone.decline", "button.accept"})),
        ("reschedule", "button.reschedule" in events),
    ]
    return next((name for name, holds in answers if holds), "other")


def _usual_target(procedure: Procedure, step: Step) -> str | None:
    """Return where the usual way out of *step* leads; None if every way ends the visit."""
    ways = [way for phase in step.phases for way in phase.on]
    for way in sorted(ways, key=lambda way: way.to != "@next"):
        if way.to == "@next" or way.to.startswith("#"):
            return _target(procedure, step, way)
    return None


def _target(procedure: Procedure, step: Step, way: Transition) -> str | None:
    """Return the symbol that *way* leads to; None for an end that belongs to the decision."""
    if way.to in ("@next", "@skip"):
        after = procedure.after(step)
        return _entry(procedure, after) if after else "end"
    there = way.to[1:] if way.to.startswith("#") else way.via
    return _entry(procedure, procedure.step(there)) if there else None


def _entry(procedure: Procedure, step: Step) -> str:
    """Return the first symbol of *step*."""
    for name in _asked(procedure, step) if _may_ask_first(step) else ():
        if _first(step, _QUESTIONS[name]):
            return f"{step.id}?{name}"
    return step.id


def _may_ask_first(step: Step) -> bool:
    """Return True if a question can come first; the recursion of ``_entry`` ends at other steps."""
    events = {way.event for phase in step.phases for way in phase.on}
    return step.timed_from is not None or "button.locker" in events or "button.nothing" in events
