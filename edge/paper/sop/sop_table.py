"""An SOP as a table (*bentuk tabel*): a row for each step and duty. Pure."""

from typing import NamedTuple

from edge.paper.words import (
    ROLE,
    Language,
    acting,
    headings,
    in_language,
    listed,
    row_number,
    standard_time,
    wording,
)
from edge.sop.procedures.model import Duty, Procedure, Step


class SopTable(NamedTuple):
    """A table: headers, and rows of cells, each a list of lines."""

    headers: list[str]
    rows: list[list[list[str]]]


def table(procedure: Procedure, lang: Language) -> SopTable:
    """Return the table of *procedure*; equipment, output and remarks are the law's own words."""
    notes = any(row.note for row in procedure.rows)
    heads = headings(procedure)
    columns = [heads["number"], heads["activity"], ROLE]
    columns += [heads["equipment"], heads["time"], heads["output"]]
    columns += [heads["note"]] if notes else []
    rows = [_cells(procedure, row, lang)[: len(columns)] for row in procedure.rows]
    return SopTable([in_language(header, lang) for header in columns], rows)


def _cells(procedure: Procedure, row: Step | Duty, lang: Language) -> list[list[str]]:
    number = row_number(procedure, row)
    return [
        [number],
        [wording(procedure, row, lang)],
        acting(procedure, row, lang),
        listed(row.equipment),
        [standard_time(row, lang)],
        listed(row.output),
        row.note.splitlines(),
    ]
