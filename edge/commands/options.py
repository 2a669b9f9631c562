"""Options and answers that several commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edge.config.loading import load_config
from edge.config.model import Config
from edge.errors import ConfigError
from edge.printable import printable_lines

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
def problems_printed() -> Iterator[None]:
    """Print every problem of a config that is loaded in this context, and end with 2."""
    try:
        yield
    except ConfigError as error:
        for problem in error.problems:
            say(problem, err=True)
        raise typer.Exit(2) from None


def load_data_config(path: Path) -> Config:
    """Load a config to use its data folder only: its other files need not be on this machine."""
    return load_config(path, elsewhere=True)


def data_folder(config: Config) -> Path:
    """Return the data folder of *config*."""
    return Path(config.checkpoint.data)


def say(words: str = "", *, nl: bool = True, err: bool = False) -> None:
    """Print *words*, with foreign text in them made harmless, on stdout or stderr.

    :param nl: end the line
    """
    typer.echo(printable_lines(words), nl=nl, err=err)  # noqa: TID251 - all others use say


def refuse(problem: str, code: int = 2) -> NoReturn:
    """Print *problem* on stderr and end the command with *code*."""
    say(problem, err=True)
    raise typer.Exit(code)
