"""Options and beginnings that the commands of `gardu office` share."""

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from edge.log_lines import LineFormatter

OfficeOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="GARDU_OFFICE_CONFIG",
        help="The office's config file. config/office.toml shows every key.",
    ),
]


def log_to_stderr() -> None:
    """Write the log to stderr, one line each: under systemd it is the journal."""
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(LineFormatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[writer])
    logging.getLogger("alembic").setLevel(logging.WARNING)


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM, SIGINT and SIGHUP set; call it on the loop."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return stop
