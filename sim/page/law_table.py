"""The table of a procedure as the page shows it: the law's rows, or the procedure's own steps."""

from pathlib import Path
from typing import Any

from edge.config.toml_text import read_toml
from sim.people.procedure_text import Text
from sim.stage.law import find


def law_table(text: Text, *folders: Path) -> list[dict[str, Any]]:
    """Return the rows of *text*'s procedure: number, actor, activity, standard time in seconds.

    :param folders: the folders of procedures, with the law's text in ``legal/ID.toml``
    """
    file = find(text.id, *folders)
    if file is not None:
        return [_row(row) for row in read_toml(file)["rows"]]
    return [
        {
            "number": step.number,
            "letter": "",
            "actor": step.role,
            "activity": step.id,
            "standard_s": step.standard_s,
        }
        for step in text.steps
    ]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    actor = row["actor"]
    return {
        "number": row["number"],
        "letter": row.get("letter", ""),
        "actor": actor if isinstance(actor, str) else ", ".join(actor),
        "activity": row["activity"],
        "standard_s": row.get("standard_s"),
    }
