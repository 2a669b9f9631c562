"""*Verifikasi SOP* for a reviewer: is the SOP complete, and does it agree with the law? Pure.

Problems that stop the checkpoint are found in ``verify.py`` and ``equipment.py``; this module finds
those that an office must know before it signs. A *problem* must be corrected; a *note* is for
information.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from edge.sop.procedures.difference import marked
from edge.sop.procedures.legal_text import LegalRow, LegalText
from edge.sop.procedures.model import Duty, Procedure, Step

RemarkKind = Literal["problem", "note"]


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One remark of the review.

    :ivar step: the id of the step; None if it is about the whole SOP
    :ivar about: its subject, one word: ``role``, ``output``, ``standard-time``, ``wording``, …
    """

    kind: RemarkKind
    step: str | None
    about: str
    words: str


def review(procedure: Procedure, legal: LegalText | None) -> list[Remark]:
    """Return the remarks on *procedure*, compared with the *legal* text if that is known."""
    found = [*_complete(procedure, legal), *_sums(procedure)]
    if legal is None:
        words = f"the legal text of {procedure.id} is not known here: its wording was not compared"
        return [*found, Remark(kind="note", step=None, about="wording", words=words)]
    return [*found, *_rows(procedure, legal), *_prose(procedure, legal), *_sheet(procedure, legal)]


def path_times(procedure: Procedure) -> list[tuple[list[str], float]]:
    """Return each path from the first step to the end that enters no step twice.

    :return: the ids of its steps, and the sum of their standard times, seconds
    """
    found: dict[tuple[str, ...], float] = {}

    def walk(step: Step, before: tuple[str, ...], seconds: float) -> None:
        path, total = (*before, step.id), seconds + (step.standard_s or 0.0)
        for there in _ways_on(procedure, step):
            if there is None:
                found[path] = total
            elif there.id not in path:
                walk(there, path, total)

    walk(procedure.steps[0], (), 0.0)
    return [(list(path), total) for path, total in found.items()]


def _ways_on(procedure: Procedure, step: Step) -> list[Step | None]:
    """Return the steps to which a completed *step* leads; None for the end of the visit."""
    found: dict[str, Step | None] = {}
    for way in (way for phase in step.phases for way in phase.on):
        if way.to == "@next":
            after = procedure.after(step)
            found[after.id if after else ""] = after
        elif way.to.startswith("#"):
            found[way.to[1:]] = procedure.step(way.to[1:])
    return list(found.values()) or [None]


def _complete(procedure: Procedure, legal: LegalText | None) -> Iterator[Remark]:
    rows = _paired(procedure, legal) if legal else {}
    lanes = {lane.role for lane in procedure.lanes}
    for step in procedure.steps:
        row = rows.get(step.id)
        if not step.role.strip():
            yield _problem(step, "role", "nobody is named who carries it out; fill in role")
        elif lanes and step.role not in lanes:
            yield _problem(step, "role", f"{step.role} has no column in lanes; add one")
        if not any(item.strip() for item in step.output):
            blank = row is not None and not row.output
            words = "nothing is said to come of it"
            yield (
                _note(step, "output", f"{words}; the law leaves that blank, too")
                if blank
                else _problem(step, "output", f"{words}; fill in output")
            )
        if step.standard_s is None:
            adjusts = row is not None and row.standard_s is None
            yield (
                _note(step, "standard-time", 'no standard time: the law says "menyesuaikan"')
                if adjusts
                else _problem(step, "standard-time", "no standard time; fill in standard_s")
            )


def _sums(procedure: Procedure) -> Iterator[Remark]:
    for path, seconds in path_times(procedure):
        words = f"the standard times add up to {seconds / 60:g} minutes by {' > '.join(path)}"
        yield Remark(kind="note", step=None, about="standard-time", words=words)


def _rows(procedure: Procedure, legal: LegalText) -> Iterator[Remark]:
    rows = _paired(procedure, legal)
    for step in procedure.rows:
        row = rows.get(_key(step))
        if row is None:
            yield _problem(step, "row", "the law has no such row")
            continue
        texts = [
            ("activity", row.activity, step.activity),
            ("equipment", row.equipment, " ".join(step.equipment)),
            ("output", row.output, " ".join(step.output)),
            ("note", row.note, step.note),
        ]
        for about, law, here in texts:
            if law.split() != here.split():
                yield _problem(step, "wording", f"{about} is not the law's: {marked(law, here)}")
        if step.standard_s is not None and step.standard_s != row.standard_s:
            law_s = "menyesuaikan" if row.standard_s is None else f"{row.standard_s / 60:g} minutes"
            words = f"the standard time is {step.standard_s / 60:g} minutes; the law says {law_s}"
            yield _problem(step, "standard-time", words)
    for number, row in enumerate(legal.rows):
        if row not in rows.values():
            words = f'row {row.number} of the law is missing: "{row.activity}" (row {number + 1})'
            yield Remark(kind="problem", step=None, about="row", words=words)


def _paired(procedure: Procedure, legal: LegalText) -> dict[str, LegalRow]:
    """Return the legal row of each step and duty: by number, then in order of alternatives."""
    left = list(legal.rows)
    found: dict[str, LegalRow] = {}
    for step in procedure.rows:
        alike = [row for row in left if row.number == step.number]
        if alike:
            found[_key(step)] = alike[0]
            left.remove(alike[0])
    return found


def _prose(procedure: Procedure, legal: LegalText) -> Iterator[Remark]:
    law, here = legal.prose, procedure.prose
    for place in range(max(len(law), len(here))):
        one = law[place] if place < len(law) else ""
        other = here[place] if place < len(here) else ""
        if one.split() != other.split():
            words = f"sentence {place + 1} of the prose is not the law's: {marked(one, other)}"
            yield Remark(kind="problem", step=None, about="wording", words=words)


def _sheet(procedure: Procedure, legal: LegalText) -> Iterator[Remark]:
    """Compare the approval sheet with the law's; the office fills in the blanks of the law.

    The approver changes with the office's people: another name is a note, not a problem.
    """
    if legal.approval is None:
        words = "the source prints no approval sheet: it was not compared"
        yield Remark(kind="note", step=None, about="approval", words=words)
        return
    blank: list[str] = []
    for name in legal.approval.__struct_fields__:
        law, here = getattr(legal.approval, name), _one_text(getattr(procedure.approval, name))
        if not law and not here:
            blank.append(name)
        elif law and law.split() != here.split():
            kind: RemarkKind = "note" if name == "approved_by" else "problem"
            words = f"{name} of the approval sheet is not the law's: {marked(law, here)}"
            yield Remark(kind=kind, step=None, about="approval", words=words)
    if blank:
        words = f"blank on the approval sheet, as in the law: {', '.join(blank)}; fill them in"
        yield Remark(kind="note", step=None, about="approval", words=words)


def _one_text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _key(step: Step | Duty) -> str:
    return step.id if isinstance(step, Step) else f"row {step.number}"


def _problem(step: Step | Duty, about: str, words: str) -> Remark:
    return Remark(kind="problem", step=_key(step), about=about, words=words)


def _note(step: Step | Duty, about: str, words: str) -> Remark:
    return Remark(kind="note", step=_key(step), about=about, words=words)
