"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="GARDU_CONFIG",
        help="The checkpoint's config file. config/gardu.toml shows every key.",
    ),
]
