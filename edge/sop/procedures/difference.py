"""Differences between two versions of a procedure, for the approver. Pure."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

import msgspec

from edge.sop.procedures.model import Procedure, Step, Transition
from edge.sop.procedures.values import EVENT
from edge.sop.procedures.vocabulary import EVIDENCE, kind_of_event

ChangeKind = Literal["added", "removed", "moved", "changed"]


class Piece(NamedTuple):
    """Successive words that are in both wordings, only in the old one, or only in the new one."""

    kind: Literal["same", "gone", "new"]
    words: str


class Change(NamedTuple):
    """One change.

    :ivar step: the id of the step; empty if it is about the whole SOP
    :ivar about: the part that changed: ``step``, ``activity``, ``role``, ``standard time``, …
    :ivar text: the old and the new wording as one text
    """

    kind: ChangeKind
    step: str
    about: str
    text: list[Piece]


# Fields of a step that are compared, each as one text; ``about`` has these names.
_FIELDS = (
    "number", "role", "station", "activity", "title", "equipment", "output", "note", "source",
)  # fmt: skip
_WHOLE = ("title", "source", "office", "aide")


def difference(old: Procedure, new: Procedure) -> list[Change]:
    """Return the changes from *old* to *new*; an empty list if only the version differs."""
    return [*_heads(old, new), *_membership(old, new), *_order(old, new), *_steps(old, new)]


def _heads(old: Procedure, new: Procedure) -> Iterator[Change]:
    for name in _WHOLE:
        yield from _texts("", name, _plain(getattr(old, name)), _plain(getattr(new, name)))
    for number in range(max(len(old.prose), len(new.prose))):
        one, other = ("".join(p.prose[number : number + 1]) for p in (old, new))
        yield from _texts("", f"prose {number + 1}", one, other)
    for name in old.approval.__struct_fields__:
        one, other = (_plain(getattr(p.approval, name)) for p in (old, new))
        yield from _texts("", f"approval: {name.replace('_', ' ')}", one, other)
    for name in ("lanes", "headings", "duties", "reasons", "refusals", "values"):
        one, other = (_plain(getattr(p, name)) for p in (old, new))
        yield from _texts("", name, one, other)
    for name in ("cards", "card_pool", "escort_visits", "waiting_order", "hours"):
        one, other = (_plain(getattr(p, name) or "") for p in (old, new))
        yield from _texts("", name.replace("_", " "), one, other)
    yield from _texts("", "silence", _silence(old), _silence(new))
    if old.anywhere != new.anywhere:
        ways = ([_way("anywhere", way) for way in p.anywhere] for p in (old, new))
        yield from _lines("", "anywhere", *ways)


def _membership(old: Procedure, new: Procedure) -> Iterator[Change]:
    before, after = {s.id for s in old.steps}, {s.id for s in new.steps}
    for step in old.steps:
        if step.id not in after:
            yield Change("removed", step.id, "step", [Piece("gone", step.activity)])
    for step in new.steps:
        if step.id not in before:
            yield Change("added", step.id, "step", [Piece("new", step.activity)])


def _order(old: Procedure, new: Procedure) -> Iterator[Change]:
    """Yield the steps that both versions have, but at another place in the order."""
    before, after = [s.id for s in old.steps], [s.id for s in new.steps]
    before = [step for step in before if step in after]
    after = [step for step in after if step in before]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    kept = {step for block in blocks for step in after[block.b : block.b + block.size]}
    for step in after:
        if step not in kept:
            place = after.index(step)
            where = f"after {after[place - 1]}" if place else "first"
            yield Change("moved", step, "step", [Piece("new", where)])


def _steps(old: Procedure, new: Procedure) -> Iterator[Change]:
    before = {step.id: step for step in old.steps}
    for step in new.steps:
        if step.id in before:
            yield from _step(before[step.id], step)


def _step(old: Step, new: Step) -> Iterator[Change]:
    for name in _FIELDS:
        yield from _texts(new.id, name, _plain(getattr(old, name)), _plain(getattr(new, name)))
    yield from _texts(new.id, "standard time", _time(old), _time(new))
    yield from _texts(new.id, "extension", _extension(old), _extension(new))
    yield from _texts(new.id, "evidence", _evidence(old), _evidence(new))
    if not _inner(old, new) and _ways(old) != _ways(new):
        yield from _lines(new.id, "course", _ways(old), _ways(new))


def _inner(old: Step, new: Step) -> bool:
    names = (
        "phases", "timed_from", "admitted_from", "page_shows_signature", "aiphone", "count_again",
    )  # fmt: skip
    return all(getattr(old, name) == getattr(new, name) for name in names)


def _texts(step: str, about: str, old: str, new: str) -> Iterator[Change]:
    if old != new:
        yield Change("changed", step, about, pieces(old, new))


def _lines(step: str, about: str, old: list[str], new: list[str]) -> Iterator[Change]:
    """Yield a change with the lines that only one of the two has, if there are any."""
    text = [Piece("gone", line) for line in old if line not in new]
    text += [Piece("new", line) for line in new if line not in old]
    if text:
        yield Change("changed", step, about, text)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(_plain(item) for item in value)
    if isinstance(value, msgspec.Struct):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return ", ".join(_plain(item) for _, item in fields if item not in (None, (), "", False))
    return str(value)


def _time(step: Step) -> str:
    return "menyesuaikan" if step.standard_s is None else f"{step.standard_s / 60:g} menit"


def _extension(step: Step) -> str:
    return f"{step.extend_s:g} s, {step.extensions} x" if step.extend_s is not None else ""


def _silence(procedure: Procedure) -> str:
    after_s = procedure.abandoned_after_s
    return "" if after_s is None else f"{after_s:g} s"


def _evidence(step: Step) -> str:
    """Return the kinds of evidence that *step* accepts, as one text."""
    events = {way.event for phase in step.phases for way in phase.on}
    kinds = {kind_of_event(event) for event in events}
    found = {EVIDENCE[kind] for kind in kinds if kind in EVIDENCE}
    found |= {event for event in events if event.startswith(EVENT)}
    return " ".join(sorted(found))


def _ways(step: Step) -> list[str]:
    """Return the actions, needs, lamps and transitions of each phase, a line each."""
    found = [f"the time runs from {' or '.join(step.timed_phases)}"] if step.timed_from else []
    if step.admitted_from is not None:
        found.append(f"the guest is admitted from {step.admitted_from} on")
    found += ["the still guestbook shows the signature"] * step.page_shows_signature
    if step.aiphone is not None:
        found.append(f"calls {step.aiphone}, not the host's aide")
    found += ["the counts begin again with the step"] * step.count_again
    for phase in step.phases:
        head = f"in {phase.id}"
        if phase.ask is not None:
            found.append(f"{head}: asks {phase.ask.id} ({phase.ask.en})")
        found += [f"{head}: do {deed}" for deed in phase.do]
        if phase.needs:
            found.append(f"{head}: without {phase.needs} on to {phase.otherwise}")
        found.append(f"{head}: lamp {phase.lamp}")
        found += [_way(head, way) for way in phase.on]
    return found


def _way(head: str, way: Transition) -> str:
    """Return one transition with all its keys, as one line."""
    times = ((" after", way.after_s), (" at", way.at_s))
    when = "".join(f"{word} {seconds:g} s" for word, seconds in times if seconds is not None)
    why = f" ({way.reason})" if way.reason else ""
    via = f" via {way.via}" if way.via else ""
    more = f"{', another attempt' * way.again}{', passed on' * way.pass_on}"
    more += ", more time" * way.extend
    more += f", {way.clear} clear" if way.clear else ""
    more += "".join(f", the officer vouches for {what}" for what in way.vouches)
    more += ", the ID is given back" * way.returns_identity
    more += f", at most {way.at_most} x" if way.at_most is not None else ""
    more += f", of the value {way.value}" if way.value is not None else ""
    more += "".join(f", if {word}" for word in way.words)
    more += f", answer {way.answer.id} ({way.answer.en})" if way.answer is not None else ""
    until = f", until all are clear to {way.otherwise}" if way.otherwise else ""
    return f"{head}: {way.event}{when} leads to {way.to}{why}{via}{more}{until}"


def pieces(old: str, new: str) -> list[Piece]:
    """Return *old* and *new* as one text: words in both, words that are gone, new words."""
    before, after = old.split(), new.split()
    found: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", " ".join(before[i1:i2])))
            continue
        if i2 > i1:
            found.append(Piece("gone", " ".join(before[i1:i2])))
        if j2 > j1:
            found.append(Piece("new", " ".join(after[j1:j2])))
    return found


def marked(old: str, new: str) -> str:
    """Return the difference as plain text: ``a [-b-] {+c+} d``."""
    marks = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return " ".join(marks[piece.kind].format(piece.words) for piece in pieces(old, new))
