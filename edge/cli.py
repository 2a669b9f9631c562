"""The command line: `gardu`. Each command is a function in a module of its own noun."""

import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import ConfigError, GarduError

DEFAULT_CONFIG = Path("/etc/gardu/gardu.toml")

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The edge controller of a visitor checkpoint: runs the office's visitor procedure (SOP) "
    "and reports every step over MQTT.",
)


@app.callback()
def gardu() -> None:
    """Keep `run` a command of its own even where it is the only one (see main)."""


ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="GARDU_CONFIG",
        help="The checkpoint's config file. config/gardu.toml shows every key.",
    ),
]


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    verbose: Annotated[bool, typer.Option(help="Log every detail.")] = False,
) -> None:
    """Run the checkpoint's daemon until SIGTERM or Ctrl-C.

    Logs to stderr. Under systemd (systemd/gardu.service) it reports readiness, status and the
    watchdog. Exits 0 after a clean stop, 2 if the config is bad, 1 for anything else.
    """
    from edge.check import load_checked
    from edge.run import run_daemon, set_up_logging

    set_up_logging(verbose=verbose)
    run_daemon(load_checked(config))


def _add_commands() -> None:
    from edge.check import check
    from edge.sop_commands import sop
    from edge.watch import watch

    app.command()(check)
    app.add_typer(sop, name="sop")
    app.command()(watch)
    for extra in entry_points(group="gardu.commands"):
        try:
            app.command(name=extra.name)(extra.load())
        except ModuleNotFoundError as missing:
            app.command(name=extra.name)(_unavailable(extra.name, str(missing.name)))


def _unavailable(name: str, missing: str) -> Callable[[], None]:
    def say() -> None:
        typer.echo(
            f"gardu {name} needs {missing}, which is not installed: pip install 'gardu[{name}]'",
            err=True,
        )
        raise typer.Exit(1)

    say.__doc__ = f"Not installed; it comes with gardu's extra {name}."
    return say


def main() -> None:
    """Run the command line; errors made for people come out as words, not tracebacks."""
    # The daemon runs for months on a small machine: it does not carry the other commands along.
    if sys.argv[1:2] != ["run"]:
        _add_commands()
    try:
        app()
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise SystemExit(2) from None
    except GarduError as error:
        typer.echo(f"gardu: {error}", err=True)
        raise SystemExit(1) from None
