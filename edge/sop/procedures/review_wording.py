"""Compares words, standard times, prose and approval sheet of an SOP with the law's. Pure."""

from collections.abc import Iterator

from edge.sop.procedures.difference import marked
from edge.sop.procedures.legal_text import ADJUSTS, LegalRow, LegalText
from edge.sop.procedures.model import Duty, Procedure, Step
from edge.sop.procedures.remarks import Remark, RemarkKind, key_of, problem


def review_wording(
    procedure: Procedure, legal: LegalText, rows: dict[str, LegalRow]
) -> Iterator[Remark]:
    """Yield a remark for each word that is not the law's; *rows*: the legal row of each step."""
    for step in procedure.rows:
        row = rows.get(key_of(step))
        if row is not None:
            yield from _words(step, row)
            yield from _time(step, row)
    yield from _prose(procedure, legal)
    yield from _sheet(procedure, legal)


def _words(step: Step | Duty, row: LegalRow) -> Iterator[Remark]:
    texts = [
        ("activity", row.activity, step.activity),
        ("equipment", row.equipment, " ".join(step.equipment)),
        ("output", row.output, " ".join(step.output)),
        ("note", row.note, step.note),
    ]
    for about, law, here in texts:
        if law.split() != here.split():
            words = f"{about} is not the law's: {marked(law, here)}"
            yield problem(step, "wording", words, law=row.name)


def _time(step: Step | Duty, row: LegalRow) -> Iterator[Remark]:
    if step.standard_s is None or step.standard_s == row.standard_s:
        return  # review.py reports a missing time
    law = row.standard_s
    said = f'says "{ADJUSTS}"' if law == ADJUSTS else "has none"
    if isinstance(law, float | int):
        said = f"says {law / 60:g} minutes"
    words = f"the standard time is {step.standard_s / 60:g} minutes; the law {said}"
    yield problem(step, "standard-time", words, law=row.name)


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
