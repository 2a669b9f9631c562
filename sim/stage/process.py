"""Child processes that never outlive the simulation, however it ends."""

import asyncio
import ctypes
import os
import signal
import sys
import threading
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from typing import IO

# prctl(2): the signal that the kernel sends to a process whose parent has died.
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


def _die_with(parent: int) -> None:
    """In the child, before its program: end when *parent* ends, also if it just has."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


async def spawn(
    *command: str,
    environment: dict[str, str] | None = None,
    stdin: int | None = asyncio.subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = asyncio.subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = None,
) -> Process:
    """Start *command* in a session of its own: Ctrl-C in the terminal does not reach it."""
    parent = os.getpid()
    return await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(environment or {})},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        limit=2**22,
        start_new_session=True,
        preexec_fn=lambda: _die_with(parent),
    )


async def stop(process: Process, within_s: float = 5.0) -> int:
    """Stop *process* with SIGTERM, kill it after *within_s* real seconds; return its code."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
    # A timer of real time: the loop's may be simulated.
    killing = threading.Timer(within_s, _kill, (process.pid,))
    killing.start()
    try:
        return await process.wait()
    finally:
        killing.cancel()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def gardu() -> tuple[str, ...]:
    """Return the command that runs this installation's `gardu`."""
    beside = Path(sys.executable).with_name("gardu")
    if beside.exists():
        return (str(beside),)
    return (sys.executable, "-c", "from edge.commands.main import main; main()")
