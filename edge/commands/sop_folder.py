"""The option --folder of the commands of `gardu sop`, and the procedures in that folder."""

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import refuse
from edge.config.places import procedures_folder
from edge.sop.procedures.loading import known_procedures, load_procedure, procedure_file
from edge.sop.procedures.model import Procedure

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="Folder of the procedure files. Default: /etc/gardu/sop if it exists, else the "
        "procedures that are part of Gardu.",
    ),
]


def find_procedure(procedure_id: str, folder: Path | None) -> Procedure:
    """Return the procedure *procedure_id* of *folder*; end the command with 2 if there is none.

    :raises ConfigError: if its file has problems
    """
    where = folder or procedures_folder()
    known = known_procedures(where)
    if procedure_id not in known:
        refuse(f"{where}: no procedure {procedure_id!r}; known: {', '.join(known) or 'none'}")
    return load_procedure(procedure_file(where, procedure_id))
