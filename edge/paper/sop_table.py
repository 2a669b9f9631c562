"""An SOP as a table (*bentuk tabel*): a row for each step and duty. Pure."""

from typing import NamedTuple

from edge.paper.flow import shown_number
from edge.paper.words import (
    ACTIVITY,
    EQUIPMENT,
    NUMBER,
    OUTPUT,
    ROLE,
    SOURCE,
    TIME,
    Language,
    listed,
    say,
    standard_time,
    wording,
)
from edge.sop.procedure import Procedure, Step

_COLUMNS = (NUMBER, ACTIVITY, ROLE, EQUIPMENT, TIME, OUTPUT, SOURCE)


class Sheet(NamedTuple):
    """A table: headers, and rows of cells, each a list of lines."""

    headers: list[str]
    rows: list[list[list[str]]]


def table(procedure: Procedure, lang: Language) -> Sheet:
    """Return the table of *procedure*; equipment and output are the law's own words."""
    rows: list[list[list[str]]] = []
    for step in procedure.rows:
        if isinstance(step, Step):
            number, role = shown_number(procedure, step), [step.role]
        else:
            number, role = str(step.number), list(step.roles)
        words = [wording(step, lang), *([f"({step.note})"] if step.note else [])]
        time = standard_time(step, lang)
        rows.append(
            [
                [number],
                words,
                role,
                listed(step.equipment),
                [time],
                listed(step.output),
                [step.source],
            ]
        )
    return Sheet([say(header, lang) for header in _COLUMNS], rows)
