"""A procedure as a flow: the symbols and links of the regulation's flow chart. Pure.

Each step is one activity. A diamond stands for each question (``ask``) of the step's phases, and
for no other decision; edge/sop/procedures/questions.py finds where the answers lead. Ways that hold
anywhere (a guest who leaves) are not drawn.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from edge.paper.flowchart.reading import Reading, read_step
from edge.paper.words import row_number
from edge.sop.procedures.model import Procedure, Step, Text
from edge.sop.procedures.questions import Answer, Question
from edge.sop.procedures.ways import ACTIVITY, Target

SymbolKind = Literal["start", "end", "activity", "decision", "pentagon"]

START = Text(id="Mulai", en="Start")
END = Text(id="Selesai", en="End")
ANY_STEP = Text(id="Dari langkah lain", en="From any step")
_OUTCOMES = {
    "completed": Text(id="selesai", en="completed"),
    "declined": Text(id="belum dapat diterima", en="declined"),
    "rescheduled": Text(id="dijadwal ulang", en="another day"),
    "refused": Text(id="tidak diizinkan", en="refused"),
    "abandoned": Text(id="tamu pergi sebelum selesai", en="abandoned"),
}


class Node(NamedTuple):
    """A symbol of the chart.

    :ivar row: its row of the table, from 0
    :ivar end_of: for the end of a visit that an answer decides: the symbol that it belongs to
    """

    key: str
    kind: SymbolKind
    row: int
    role: str
    words: Text
    end_of: str | None = None


class FlowLink(NamedTuple):
    """A connector from symbol to symbol; the usual way or a branch."""

    start: str
    end: str
    label: Text | None = None
    usual: bool = False


class Flow(NamedTuple):
    """A whole chart: symbols from top to bottom, and the links between them."""

    nodes: list[Node]
    links: list[FlowLink]


def flow(procedure: Procedure) -> Flow:
    """Return the symbols and links of the flow chart of *procedure*."""
    readings = {step.id: read_step(procedure, step) for step in procedure.steps}
    first = procedure.steps[0]
    nodes = [Node("start", "start", 0, first.role, START)]
    links = [FlowLink("start", _entry(first.id, readings))]
    for row, step in enumerate(procedure.steps):
        for node, answers in _symbols(procedure, step, row, readings[step.id]):
            ends, more = _branches(node, answers, step, readings)
            nodes += [node, *ends]
            links += more
    nodes, links = _with_ends(procedure, nodes, links)
    nodes += [
        Node(f"{duty.number}/{role}", "activity", row, role, _number(str(duty.number)))
        for row, duty in enumerate(procedure.duties, len(procedure.steps))
        for role in dict.fromkeys(duty.roles)
    ]
    return Flow(nodes, _usual(nodes, links))


def _number(words: str) -> Text:
    return Text(id=words, en=words)


def _symbols(
    procedure: Procedure, step: Step, row: int, reading: Reading
) -> Iterator[tuple[Node, tuple[Answer, ...]]]:
    """Yield the activity and the decisions of *step* from top to bottom, each with its answers."""
    for question in reading.before:
        yield _decision(procedure, step, row, question), question.answers
    words = _number(row_number(procedure, step))
    yield Node(step.id, "activity", row, step.role, words), reading.ways
    for question in reading.after:
        yield _decision(procedure, step, row, question), question.answers


def _decision(procedure: Procedure, step: Step, row: int, question: Question) -> Node:
    role = _answering(procedure, step) if question.by_aide else step.role
    return Node(_key(step, question), "decision", row, role, question.words)


def _answering(procedure: Procedure, step: Step) -> str:
    """Return the role that answers the aiphone in *step*; that of the step if none is named."""
    if step.aiphone is None:
        return procedure.aide or step.role
    lanes = (lane.role for lane in procedure.lanes if lane.aiphone == step.aiphone)
    return next(lanes, step.role)


def _key(step: Step, question: Question) -> str:
    return f"{step.id}?{question.phases[0].id}"


def _branches(
    node: Node, answers: tuple[Answer, ...], step: Step, readings: Mapping[str, Reading]
) -> tuple[list[Node], list[FlowLink]]:
    """Return the ends that the *answers* of *node* lead to, and its links."""
    ends: list[Node] = []
    links: list[FlowLink] = []
    for answer in answers:
        over = [t for t in answer.targets if t.kind == "end" and t.outcome != "completed"]
        if over:
            ends.append(_end(node, step, [t.outcome for t in over], ends))
            links.append(FlowLink(node.key, ends[-1].key, answer.words))
        keys = [_target(t, node, step, readings) for t in answer.targets if t not in over]
        links += [FlowLink(node.key, key, answer.words) for key in dict.fromkeys(keys)]
    return ends, list(dict.fromkeys(links))


def _end(node: Node, step: Step, outcomes: list[str], others: list[Node]) -> Node:
    """Return the end of a visit in the lane of the person who acts in *step*."""
    words = Text(
        id=f"{END.id}: {'/ '.join(_OUTCOMES[o].id for o in outcomes)}",
        en=f"{END.en}: {'/ '.join(_OUTCOMES[o].en for o in outcomes)}",
    )
    key = f"{node.key}!{'+'.join(outcomes)}"
    same = sum(other.words == words for other in others)
    return Node(key + "'" * same, "end", node.row, step.role, words, node.key)


def _target(target: Target, node: Node, step: Step, readings: Mapping[str, Reading]) -> str:
    """Return the key of the symbol that *target*, seen from *node* of *step*, stands for."""
    reading = readings[step.id]
    if target.kind == "end":
        return "end"
    if target.kind == "step":
        return _entry(target.id, readings)
    if target == ACTIVITY:
        return step.id
    found = next(q for q in (*reading.before, *reading.after) if q.target == target)
    again = _key(step, found) == node.key and found in reading.after
    return step.id if again else _key(step, found)


def _entry(step_id: str, readings: Mapping[str, Reading]) -> str:
    """Return the first symbol of the step *step_id*."""
    before = readings[step_id].before
    return f"{step_id}?{before[0].phases[0].id}" if before else step_id


def _with_ends(
    procedure: Procedure, nodes: list[Node], links: list[FlowLink]
) -> tuple[list[Node], list[FlowLink]]:
    """Return all with the usual end, and with a capsule at each step that ways anywhere lead to."""
    led = {link.end for link in links}
    if "end" in led:
        last = procedure.steps[-1]
        nodes = [*nodes, Node("end", "end", len(procedure.steps) - 1, last.role, END)]
    found: list[Node] = []
    entered: set[int] = set()
    for node in nodes:
        if node.row not in entered and node.key not in led and node.kind != "start":
            found.append(Node(f">{node.key}", "start", node.row, node.role, ANY_STEP))
            links = [*links, FlowLink(found[-1].key, node.key)]
        entered |= {node.row} if node.kind != "start" else set()
        found.append(node)
    return found, links


def _usual(nodes: list[Node], links: list[FlowLink]) -> list[FlowLink]:
    """Return *links* with the usual way of each symbol: down to the nearest that is no end."""
    place = {node.key: number for number, node in enumerate(nodes)}
    ends = {node.key for node in nodes if node.end_of is not None}

    def rank(number: int) -> tuple[bool, bool, int]:
        link = links[number]
        down = place[link.end] - place[link.start]
        return link.end in ends, down <= 0, abs(down)

    usual = {
        min((n for n, link in enumerate(links) if link.start == start), key=rank)
        for start in dict.fromkeys(link.start for link in links)
    }
    return [link._replace(usual=number in usual) for number, link in enumerate(links)]
