"""Starts and ends other processes of Gardu."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Sequence
from pathlib import Path

from edge.commands.options import say

# Time for a process to end after a signal, real seconds; then it is killed.
_END_S = 15.0
AGAIN_S = 10.0
"""Pause after which a process that has ended is started again, real seconds."""
GARDU = (sys.executable, "-c", "from edge.commands.main import main; main()")
"""The beginning of a command of Gardu's, with the Python that runs now."""


async def start(*words: str, log: Path | None = None) -> Process:
    """Start the command *words*.

    :param log: the file for its output; with it the process has a session of its own, so that
        Ctrl-C at the terminal does not reach it. Without, it writes to the terminal
    """
    if log is None:
        return await create_subprocess_exec(*words)
    with log.open("ab") as file:
        return await create_subprocess_exec(
            *words, stdout=file, stderr=file, start_new_session=True
        )


async def first_ended(processes: Sequence[Process], stop: asyncio.Event) -> Process | None:
    """Return the first of *processes* that ends by itself; None if *stop* was set before."""
    ends = [asyncio.create_task(process.wait()) for process in processes]
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([*ends, stopped], return_when=asyncio.FIRST_COMPLETED)
    found = zip(processes, ends, strict=True)
    ended = next((process for process, end in found if end.done()), None)
    for task in (*ends, stopped):
        task.cancel()
    return ended


async def keep(arguments: Sequence[str], stop: asyncio.Event) -> None:
    """Run `gardu` with *arguments* until *stop* is set; start it again when it ends by itself."""
    while not stop.is_set():
        process = await start(*GARDU, *arguments)
        ended = await first_ended([process], stop)
        await end(process)
        if ended is None:
            return
        name, code = " ".join(arguments[:2]), ended.returncode
        say(f"gardu {name} ended with {code}; it is started again in {AGAIN_S:.0f} s", err=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_S):
                await stop.wait()


async def end(process: Process) -> None:
    """End *process* with SIGTERM, or after ``_END_S`` with SIGKILL."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
