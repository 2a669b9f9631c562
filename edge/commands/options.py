"""Options that several commands share, and what they do with a config that is bad."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import ConfigError

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="GARDU_CONFIG",
        help="The checkpoint's config file. config/gardu.toml shows every key.",
    ),
]


@contextmanager
def problems_told() -> Iterator[None]:
    """Print every problem of a config that is read within, and end the command with 2."""
    try:
        yield
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(2) from None
