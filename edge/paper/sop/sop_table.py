"""An SOP as a table (*bentuk tabel*): a row for each step and duty. Pure."""

from typing import NamedTuple

from edge.paper.flowchart.flow import shown_number
from edge.paper.words import (
    ACTIVITY,
    EQUIPMENT,
    NOTE,
    NUMBER,
    OUTPUT,
    ROLE,
    TIME,
    Language,
    acting,
    in_language,
    listed,
    standard_time,
    wording,
)
from edge.sop.procedures.model import Duty, Procedure, Step

_COLUMNS = (NUMBER, ACTIVITY, ROLE, EQUIPMENT, TIME, OUTPUT)


class SopTable(NamedTuple):
    """A table: headers, and rows of cells, each a list of lines."""

    headers: list[str]
    rows: list[list[list[str]]]


def table(procedure: Procedure, lang: Language) -> SopTable:
    """Return the table of *procedure*; equipment, output and remarks are the law's own words."""
    notes = any(row.note for row in procedure.rows)
    columns = (*_COLUMNS, NOTE) if notes else _COLUMNS
    rows = [_cells(procedure, row, lang)[: len(columns)] for row in procedure.rows]
    return SopTable([in_language(header, lang) for header in columns], rows)


def _cells(procedure: Procedure, row: Step | Duty, lang: Language) -> list[list[str]]:
    number = shown_number(procedure, row) if isinstance(row, Step) else str(row.number)
    return [
        [number],
        [wording(row, lang)],
        acting(procedure, row, lang),
        listed(row.equipment),
        [standard_time(row, lang)],
        listed(row.output),
        [row.note],
    ]
