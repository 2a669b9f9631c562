"""The command line: `gardu`. Each command is a function in a module of its own noun."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import ConfigError, GarduError

DEFAULT_CONFIG = Path("/etc/gardu/gardu.toml")

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The edge controller of a visitor checkpoint: runs the office's visitor procedure (SOP) "
    "and reports every step over MQTT.",
)

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


def main() -> None:
    """Run the command line; errors made for people come out as words, not tracebacks."""
    for extra in entry_points(group="gardu.commands"):
        app.command(name=extra.name)(extra.load())
    try:
        app()
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise SystemExit(2) from None
    except GarduError as error:
        typer.echo(f"gardu: {error}", err=True)
        raise SystemExit(1) from None
