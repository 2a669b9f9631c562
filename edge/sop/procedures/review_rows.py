"""Compares the rows of an SOP with the law's: number, actor, station and order. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from edge.sop.procedures.legal_text import LegalRow, LegalText
from edge.sop.procedures.model import Duty, Procedure, Step
from edge.sop.procedures.remarks import Remark, key_of, note, problem
from edge.sop.procedures.step_paths import follows


def paired(procedure: Procedure, legal: LegalText) -> dict[str, LegalRow]:
    """Return the legal row of each step and duty: by its words, else by its number."""
    left = list(legal.rows)
    found: dict[str, LegalRow] = {}

    def pair(step: Step | Duty, *, by_words: bool) -> None:
        for row in left:
            same = row.activity.split() == step.activity.split()
            if same if by_words else row.number == step.number:
                found[key_of(step)] = row
                left.remove(row)
                return

    for step in procedure.rows:
        pair(step, by_words=True)
    for step in procedure.rows:
        if key_of(step) not in found:
            pair(step, by_words=False)
    return found


def review_rows(
    procedure: Procedure, legal: LegalText, rows: dict[str, LegalRow]
) -> Iterator[Remark]:
    """Yield the rows that are missing, in another place, or carried out by another person."""
    for step in procedure.rows:
        row = rows.get(key_of(step))
        if row is None:
            yield problem(step, "row", "the law has no such row")
            continue
        yield from _actor(step, row)
        if isinstance(step, Step):
            yield from _station(procedure, legal, step, row)
        if step.number != row.number:
            words = f"its number is {step.number}; the law's is {row.number}"
            yield problem(step, "order", words, law=row.name)
    for number, row in enumerate(legal.rows):
        if row not in rows.values():
            words = f'row {row.name} of the law is missing: "{row.activity}" (row {number + 1})'
            yield Remark(kind="problem", step=None, about="row", words=words, row=row.name)
    yield from _order(procedure, legal, rows)
    yield from _left_out(procedure, rows)


def _actor(step: Step | Duty, row: LegalRow) -> Iterator[Remark]:
    """Yield a problem if another person than the law's carries the row out.

    Of several persons in the law one has the step; a duty has all of them.
    """
    if isinstance(step, Step):
        here: tuple[str, ...] = (step.role,)
        agrees = step.role in row.actors
    else:
        here = step.roles
        agrees = set(here) == set(row.actors)
    if not agrees:
        words = f"{_listed(here)} carries it out; the law says {_listed(row.actors)}"
        yield problem(step, "actor", words, law=row.name)


def _station(procedure: Procedure, legal: LegalText, step: Step, row: LegalRow) -> Iterator[Remark]:
    """Yield a problem if *step* is at another station than its actor."""
    here = [step.role] if step.role in row.actors else row.actors
    stations = {legal.stations[actor] for actor in here if actor in legal.stations}
    file = f"legal/{procedure.id}.toml"
    if not stations:
        words = (
            f"the station was not compared: [stations] of {file} does not say where "
            f"{_listed(here)} acts"
        )
        yield note(step, "actor", words, law=row.name)
    elif step.station not in stations:
        words = (
            f"it is at station {step.station}; {_listed(here)} acts at "
            f"{_listed(sorted(stations))} ([stations] of {file})"
        )
        yield problem(step, "actor", words, law=row.name)


def _order(procedure: Procedure, legal: LegalText, rows: dict[str, LegalRow]) -> Iterator[Remark]:
    """Yield each row that stands in the file before one that the law has first."""
    with_row = [(step, rows[key_of(step)]) for step in procedure.rows if key_of(step) in rows]
    for (_, before), (step, row) in pairwise(with_row):
        if legal.rows.index(row) < legal.rows.index(before):
            words = f"it stands after row {before.name}; the law has it before that row"
            yield problem(step, "order", words, law=row.name)


def _left_out(procedure: Procedure, rows: dict[str, LegalRow]) -> Iterator[Remark]:
    """Yield each row that a visit can go past, on its way to a later row or to its end.

    Alternatives share a number: a visit has passed it if it was in one of them.
    """
    numbers = {step.id: rows[step.id].number for step in procedure.steps if step.id in rows}
    for number in sorted(set(numbers.values())):
        passed: set[str] = set()
        ahead: list[Step] = [procedure.steps[0]]
        found = False
        while ahead and not found:
            step = ahead.pop(0)
            if step.id in passed or numbers.get(step.id) == number:
                continue
            passed.add(step.id)
            for there, place in follows(procedure, step):
                late = there is None or numbers.get(there.id, 0) > number
                if late and not found:
                    found = True
                    yield _past(procedure, rows, number, step, there, place)
                elif there is not None:
                    ahead.append(there)


def _past(
    procedure: Procedure, rows: dict[str, LegalRow], number: int,
    step: Step, there: Step | None, place: str,
) -> Remark:  # fmt: skip
    missed = next(s for s in procedure.steps if s.id in rows and rows[s.id].number == number)
    to = f"step {there.id}" if there is not None else "the end of the visit"
    words = f"a visit can go past it: step {step.id}, {place}, leads to {to}"
    return problem(missed, "order", words, law=rows[missed.id].name)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) or "no person"
