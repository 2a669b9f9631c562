"""The option --folder of the commands of `gardu sop`, and procedures by id or by file."""

from pathlib import Path
from typing import Annotated

import typer

from edge.config.places import procedures_folder
from edge.config.spelling import did_you_mean
from edge.errors import GarduError
from edge.sop.procedures.loading import known_procedures, procedure_file

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="Folder of the procedure files. Default: /etc/gardu/sop if it exists, else the "
        "procedures that are part of Gardu.",
    ),
]

ID_OR_FILE = "an id such as pimpinan (see --folder), or a file"
"""The words for a procedure on the command line."""


def find_procedure(name: str, folder: Path | None) -> Path:
    """Return the file of the procedure *name*: an id of *folder*, or a file (with / or .toml).

    :raises GarduError: if there is no such procedure
    """
    path = Path(name)
    if "/" in name or path.suffix:
        return path
    where = folder or procedures_folder()
    known = known_procedures(where)
    if name not in known:
        meant, allowed = did_you_mean(name, known), ", ".join(known) or "none"
        raise GarduError(f"{where}: no procedure {name!r}{meant}; known: {allowed}")
    return procedure_file(where, name)
