"""*Verifikasi SOP* for a reviewer: is the SOP complete, and does it agree with the law? Pure.

Problems that stop the checkpoint are found in ``verify.py`` and ``equipment.py``; this module finds
those that an office must know before it signs: completeness here, wording and times in
``review_wording.py``, actors and order in ``review_rows.py``, deeds in ``review_deeds.py``.
"""

from collections.abc import Iterator

from edge.sop.procedures.legal_text import ADJUSTS, LegalRow, LegalText
from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.remarks import Remark, note, problem
from edge.sop.procedures.review_deeds import review_deeds
from edge.sop.procedures.review_rows import paired, review_rows
from edge.sop.procedures.review_wording import review_wording
from edge.sop.procedures.step_paths import completions


def review(procedure: Procedure, legal: LegalText | None) -> list[Remark]:
    """Return the remarks on *procedure*, compared with the *legal* text if there is one."""
    rows = paired(procedure, legal) if legal else {}
    found = [*_complete(procedure, rows), *_sums(procedure)]
    if legal is None:
        words = (
            f"there is no legal text of {procedure.id}: wording, actors, order, times and deeds "
            "were not compared with the law; write the rows of the law into "
            f"legal/{procedure.id}.toml in the folder of the procedure (docs/procedures.md, "
            "The law of a procedure)"
        )
        return [*found, Remark(kind="note", step=None, about="wording", words=words)]
    return [
        *found,
        *review_rows(procedure, legal, rows),
        *review_wording(procedure, legal, rows),
        *review_deeds(procedure, rows),
    ]


def path_times(procedure: Procedure) -> list[tuple[list[str], float]]:
    """Return each path from the first step to the end that enters no step twice.

    :return: the ids of its steps, and the sum of their standard times, seconds
    """
    found: dict[tuple[str, ...], float] = {}

    def walk(step: Step, before: tuple[str, ...], seconds: float) -> None:
        path, total = (*before, step.id), seconds + (step.standard_s or 0.0)
        for there in completions(procedure, step) or [None]:
            if there is None:
                found[path] = total
            elif there.id not in path:
                walk(there, path, total)

    walk(procedure.steps[0], (), 0.0)
    return [(list(path), total) for path, total in found.items()]


def _complete(procedure: Procedure, rows: dict[str, LegalRow]) -> Iterator[Remark]:
    lanes = {lane.role for lane in procedure.lanes}
    for step in procedure.steps:
        row = rows.get(step.id)
        law = row.name if row else None
        if not step.role.strip():
            words = "nobody is named who carries it out; fill in role"
            yield problem(step, "role", words, law=law)
        elif lanes and step.role not in lanes:
            yield problem(step, "role", f"{step.role} has no column in lanes; add one", law=law)
        if not any(item.strip() for item in step.output):
            words = "nothing is said to come of it"
            yield (
                note(step, "output", f"{words}; the law leaves that blank, too", law=law)
                if row is not None and not row.output
                else problem(step, "output", f"{words}; fill in output", law=law)
            )
        if step.standard_s is None:
            yield _untimed(procedure, step, row)


def _untimed(procedure: Procedure, step: Step, row: LegalRow | None) -> Remark:
    """Return the remark on a step without a standard time."""
    if row is None:
        words = (
            "no standard time; fill in standard_s; or, if the law says so, give its row "
            f'standard_s = "{ADJUSTS}" in legal/{procedure.id}.toml'
        )
        return problem(step, "standard-time", words)
    if row.standard_s is None:
        return note(step, "standard-time", "no standard time: the law has none", law=row.name)
    if row.standard_s == ADJUSTS:
        words = f'no standard time: the law says "{ADJUSTS}"'
        return note(step, "standard-time", words, law=row.name)
    words = "no standard time; fill in standard_s"
    return problem(step, "standard-time", words, law=row.name)


def _sums(procedure: Procedure) -> Iterator[Remark]:
    for path, seconds in path_times(procedure):
        words = f"the standard times add up to {seconds / 60:g} minutes by {' > '.join(path)}"
        yield Remark(kind="note", step=None, about="standard-time", words=words)
