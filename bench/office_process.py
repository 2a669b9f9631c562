"""The central office's ingest as a process, for measures: its config, and its run."""

import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sim.stage.process import spawn, stop

_MAIN = ("-c", "from edge.commands.main import main; main()")


def office_config(folder: Path, broker: str, database: str, batch: int) -> Path:
    """Write an office's config into *folder*; return the file.

    :param broker: URL of the broker; *database*: of the database
    :param batch: most messages in one transaction
    """
    file = folder / "office.toml"
    file.write_text(
        f'[broker]\nurl = "{broker}"\nclient_id = "{folder.name}"\ngroup = "{folder.name}"\n'
        f'[database]\nurl = "{database}"\n[ingest]\nbatch = {batch}\n',
        encoding="utf-8",
    )
    return file


async def start_ingest(file: Path, number: int) -> Process:
    """Start one ingest process; return it once it is connected.

    :param number: 0: the first; others share the records with it
    """
    name = ("--name", str(number)) if number else ()
    process = await spawn(
        sys.executable, *_MAIN, "office", "ingest", "--config", str(file), *name, stderr=PIPE
    )
    assert process.stderr is not None
    while b": connected" not in (line := await process.stderr.readline()):
        assert line, "the ingest ended"
    return process


@asynccontextmanager
async def ingest(file: Path, number: int) -> AsyncIterator[Process]:
    """Run one ingest process until the block ends; it is connected."""
    process = await start_ingest(file, number)
    try:
        yield process
    finally:
        await stop(process)
