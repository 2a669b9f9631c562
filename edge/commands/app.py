"""The commands of `gardu`, with their help. Each is a function in a module of its own noun."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Annotated

import typer

from edge.commands.options import ConfigOption
from edge.config.places import DEFAULT_CONFIG

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
    """Keep `run` a command of its own even where it is the only one (see edge/commands/main.py)."""


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    verbose: Annotated[bool, typer.Option(help="Log every detail.")] = False,
) -> None:
    """Run the checkpoint's daemon until SIGTERM or Ctrl-C.

    Logs to stderr. Under systemd (systemd/gardu.service) it reports readiness, status and the
    watchdog. Bad procedure files are refused: the last good ones go on. Exits 0 after a clean
    stop, 2 if the config is bad, or a procedure and none good is kept, 1 for anything else.
    """
    from edge.daemon.run import daemon

    daemon(config, verbose=verbose)


def add_others() -> None:
    """Add every command but `run`."""
    from edge.commands.check import check
    from edge.commands.day import day
    from edge.commands.doctor.command import doctor
    from edge.commands.guestbook import guestbook
    from edge.commands.invitation import invitation
    from edge.commands.panel import panel
    from edge.commands.records import records, verify
    from edge.commands.reload import reload
    from edge.commands.report import report
    from edge.commands.sop import sop
    from edge.commands.sop_reasons import reasons
    from edge.commands.watch import watch
    from edge.commands.watch_inputs import watch_inputs
    from edge.commands.wiring import wiring_

    app.command()(check)
    app.command()(day)
    app.command()(doctor)
    app.add_typer(guestbook, name="guestbook")
    app.add_typer(invitation, name="invitation")
    app.command()(reload)
    sop.command("reasons")(reasons)
    app.add_typer(sop, name="sop")
    app.command()(report)
    app.command()(panel)
    app.command()(watch)
    app.command()(watch_inputs)
    app.command("wiring")(wiring_)
    app.add_typer(records, name="records")
    app.command()(verify)
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
