"""`gardu sop reasons`: prints the words for guests who cannot be received."""

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import problems_printed
from edge.commands.tables import show_table
from edge.config.places import wording_file
from edge.sop.wording import Wording, load_wording


def reasons(
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="The wording file. Default: /etc/gardu/wording.toml if it exists, else the one "
            "that is part of Gardu.",
        ),
    ] = None,
) -> None:
    """Print the polite words for each reason, in Indonesian and English.

    Ends with 2 if the file is bad.
    """
    file = file or wording_file()
    with problems_printed():
        show_table(str(file), ["Reason", "Indonesia", "English"], _rows(load_wording(file)))


def _rows(wording: Wording) -> list[list[str]]:
    return [[reason, text.id, text.en] for reason, text in wording.reasons.items()]
