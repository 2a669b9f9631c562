"""Starts the command line `gardu`: the daemon's plain options here, all else in app.py.

The daemon runs for months on a small machine and must start quickly after a power cut, so it does
not load the libraries of the other commands (typer and its dependencies would be a fifth of its
memory and a third of its import time). `gardu outputs-off` runs after the daemon's death, while a
lock may be energised. The plain options of these two are parsed here; help and unknown options are
left to typer (edge/commands/app.py).
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, NoReturn

from edge.config.places import DEFAULT_CONFIG
from edge.errors import ConfigError, ConfigUnavailable, GarduError
from edge.printable import printable_lines
from edge.private_files import make_private

_VERBOSE = {"--verbose": True, "--no-verbose": False}
# The commands with plain options, and their switches.
_SWITCHES = {"run": _VERBOSE, "outputs-off": {}}


class PlainOptions(NamedTuple):
    """The options of `gardu run`; `gardu outputs-off` has *config* only."""

    config: Path
    verbose: bool


def plain_options(command: str, arguments: Sequence[str]) -> PlainOptions | None:
    """Return the options of *command*; None if typer must parse *arguments*."""
    if command not in _SWITCHES:
        return None
    switches: dict[str, bool] = _SWITCHES[command]
    config, verbose = os.environ.get("GARDU_CONFIG") or str(DEFAULT_CONFIG), False
    rest = iter(arguments)
    for argument in rest:
        name, joined, value = argument.partition("=")
        if argument in switches:
            verbose = switches[argument]
        elif name == "--config" or argument == "-c":
            config = value if joined else next(rest, "")
            if not config or config.startswith("-"):
                return None
        else:
            return None
    return PlainOptions(Path(config), verbose)


def main() -> None:
    """Run the command line; print Gardu's own errors without a traceback.

    :raises SystemExit: 2 after a config error, 1 after another error of Gardu, or if a library of
        an extra is not installed; `gardu run`: as edge/daemon/exit_codes.py has it
    """
    make_private()
    sys.excepthook = _traceback
    command = "".join(sys.argv[1:2])
    running = command == "run"
    options = plain_options(command, sys.argv[2:])
    if running:
        _stop_at_once()
    try:
        if options is None and running:
            _run_by_typer()
        elif options is None:
            _command()
        elif running:
            from edge.daemon.run import daemon

            daemon(options.config, verbose=options.verbose)
        else:
            from edge.daemon.outputs_off import outputs_off

            outputs_off(options.config)
    except ConfigError as error:
        problems = [printable_lines(problem) for problem in error.problems]
        _end(problems, 2, error if running else None)
    except GarduError as error:
        _end([f"gardu: {printable_lines(str(error))}"], 1, error if running else None)
    except ModuleNotFoundError as error:
        from edge.commands.extras import missing_library

        missing = missing_library(error)
        if missing is None:
            raise
        _end([f"gardu: {missing}"], 1, ConfigUnavailable([missing]) if running else None)


def _traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print the traceback of a bug, with foreign text in it made harmless."""
    import traceback

    lines = traceback.format_exception(kind, error, trace)
    sys.stderr.write(printable_lines("".join(lines)))


def _stop_at_once() -> None:
    """Have a signal to stop end the process cleanly before the daemon has begun anything."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    # The procedures are about to be read anyway. Not SIG_IGN, which child processes inherit.
    signal.signal(signal.SIGHUP, lambda *_: None)


def _end(lines: list[str], code: int, daemon: GarduError | None) -> NoReturn:
    """Print *lines* and end with *code*; if the *daemon* ended with an error, with that error's."""
    if daemon is None:
        sys.stderr.writelines(f"{line}\n" for line in lines)
        raise SystemExit(code)
    from edge.daemon.exit_codes import exit_code, show_end
    from edge.daemon.log_writer import write_last

    show_end(lines)
    write_last(lines)  # the journal's reader may have stopped
    raise SystemExit(exit_code(daemon))


def _run_by_typer() -> None:
    """Have typer parse the options of `gardu run`; wrong ones end with the daemon's own code."""
    try:
        _command()
    except SystemExit as end:
        if end.code != 2:
            raise
        from edge.daemon.exit_codes import USAGE

        raise SystemExit(USAGE) from None


def _command() -> None:
    from edge.commands.app import app_for

    # A letter that the output's encoding lacks (cron, ssh) must not end the command.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    app_for(sys.argv[1:])()
