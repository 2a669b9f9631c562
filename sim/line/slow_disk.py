"""A disk below the daemon's data folder that can be slow or stall: a FUSE file system.

It is mounted over the folder and passes everything through to it, so the files are in their place
after the run. A process of its own serves it (sim/line/slow_disk_server.py). While the disk is in
trouble, that process holds requests, and this one says when each goes on; meanwhile the thread that
waits for it does not count as busy in the simulation's own time.
"""

import asyncio
import ctypes.util
import importlib.util
import mmap
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from sim.line.disk_mode import Mode
from sim.stage.keeper import Keeper
from sim.stage.process import spawn, stop

_UNMOUNT_REAL_S = 10.0


class SlowDisk:
    """The disk below *folder*, which exists. Use as ``async with``: unmounted at its end.

    :param log: file for the errors of its process
    :param keeper: of the simulation's time
    :ivar missing: why this machine cannot have such a disk, in words; empty: it can
    """

    def __init__(self, folder: Path, log: Path, keeper: Keeper) -> None:
        self.missing = missing()
        self._folder = folder
        self._log = log
        self._keeper = keeper
        self._server: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._held: dict[asyncio.Task[None], int] = {}
        self._card = asyncio.Lock()
        self._sync_s = 0.0
        self._stalled = False

    async def __aenter__(self) -> Self:
        if self.missing:
            return self
        with self._log.open("ab") as log, TemporaryFile() as mode:
            mode.write(bytes([Mode.NONE]))
            mode.flush()
            self._mode = mmap.mmap(mode.fileno(), 1)
            server = await spawn(
                sys.executable, "-m", "sim.line.slow_disk_server", str(self._folder),
                f"/proc/{os.getpid()}/fd/{mode.fileno()}",
                stdin=PIPE, stdout=PIPE, stderr=log,
            )  # fmt: skip
            assert server.stdout is not None
            mounted = await server.stdout.readline()
        if mounted:
            self._server = server
            self._keeper.observe(server.pid)
            self._reading = asyncio.create_task(self._read(server.stdout))
        else:
            await stop(server)
            self.missing = f"FUSE did not mount it; see {self._log}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._server is None or self._reading is None:
            return
        assert self._server.stdin is not None
        self.heal()
        self._server.stdin.close()  # it then unmounts and ends
        with suppress(TimeoutError):
            async with asyncio.timeout(_UNMOUNT_REAL_S):
                await self._server.wait()
        await stop(self._server)
        await self._reading

    def slow_down(self, sync_s: float) -> None:
        """Make each sync take *sync_s* seconds of the clock longer; they are done one at a time."""
        self._become(Mode.SYNCS, sync_s=sync_s)

    def stall(self) -> None:
        """Let no write and no sync end until :meth:`heal`."""
        self._become(Mode.SYNCS_AND_WRITES, stalled=True)

    def heal(self) -> None:
        """Make the disk as fast as the one below it; what waits goes on."""
        self._become(Mode.NONE)
        self.let_go()

    def let_go(self) -> None:
        """Go on with all that waits: the power is cut, and a killed process needs the answer."""
        for held in self._held:
            held.cancel()

    def _become(self, mode: Mode, *, sync_s: float = 0.0, stalled: bool = False) -> None:
        self._sync_s, self._stalled = sync_s, stalled
        self._mode[0] = mode

    async def _read(self, lines: asyncio.StreamReader) -> None:
        """Hold each request of which the server writes a line, until its end."""
        while line := await lines.readline():
            thread, what = line.split()
            self._keeper.block(int(thread))
            held = asyncio.create_task(self._wait(sync=what == b"sync"))
            self._held[held] = int(thread)
            held.add_done_callback(self._go_on)

    async def _wait(self, *, sync: bool) -> None:
        """Wait as long as the disk takes for a request."""
        if self._stalled:
            await asyncio.Event().wait()
        if sync:
            async with self._card:
                await self._keeper.clock.pause(self._sync_s)

    def _go_on(self, held: asyncio.Task[None]) -> None:
        assert self._server is not None
        assert self._server.stdin is not None
        thread = self._held.pop(held)
        self._keeper.unblock(thread)
        self._server.stdin.write(b"%d\n" % thread)


def missing() -> str:
    """Return why this machine cannot mount such a disk, in words; empty if it can."""
    if not Path("/dev/fuse").exists():
        return "it needs FUSE: there is no /dev/fuse"
    if not (ctypes.util.find_library("fuse") or ctypes.util.find_library("fuse3")):
        return "it needs FUSE: apt install libfuse2"
    if os.geteuid() and not (shutil.which("fusermount3") or shutil.which("fusermount")):
        return "it needs FUSE: root, or apt install fuse3"
    if importlib.util.find_spec("mfusepy") is None:
        return "it needs FUSE: pip install mfusepy"
    return ""
