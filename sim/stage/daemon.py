"""Runs the unmodified daemon (`gardu run`) and starts it again when it ends, as systemd does.

Before each new start it runs `gardu outputs-off`, as ExecStopPost= of systemd/gardu.service does.
"""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from sim.stage.keeper import Keeper
from sim.stage.process import gardu, spawn, stop
from sim.stage.rundir import RunDir

_RESTART_REAL_S = 1.0
# If the daemon ends sooner than this, so often in a row, the end of its log is reported.
_EARLY_REAL_S = 2.0
_EARLY_TIMES = 3
_LAST_LINES = 15
# `gardu run` exits with these codes if its config is bad, or a file that it names is missing:
# starting it again would not help here.
_BAD_CONFIG = (os.EX_CONFIG, os.EX_NOINPUT)


class Daemon:
    """The daemon of the run directory *run*. Use as ``async with``.

    :ivar restarts: how often it had to be started again
    :ivar hopeless: it ended because its config is bad
    """

    def __init__(
        self,
        run: RunDir,
        environment: dict[str, str],
        report: Callable[[str], None],
        keeper: Keeper,
    ) -> None:
        self.restarts = 0
        self.hopeless = False
        self._told = asyncio.Event()
        self._run = run
        self._environment = environment
        self._report = report
        self._keeper = keeper
        self._process: Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id; None while it does not run."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    @property
    def stopped(self) -> bool:
        """True once a stop was ordered."""
        return self._told.is_set()

    async def __aenter__(self) -> Self:
        self._run.runtime.mkdir(exist_ok=True)
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop(5.0)

    async def stop(self, within_s: float) -> None:
        """Stop it with SIGTERM; kill it after *within_s* real seconds."""
        self._told.set()
        self._keeper.sent(self._run)
        if self._process is not None:
            await stop(self._process, within_s)
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            # It may have been started again between the two.
            if self._process is not None:
                await stop(self._process, within_s)

    def kill(self) -> None:
        """Cut its power (SIGKILL)."""
        if self._process is not None and self._process.returncode is None:
            self._keeper.killed(self._process.pid)
            with suppress(ProcessLookupError):
                self._process.kill()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        with suppress(OSError):
            text = self._run.daemon_log.read_text(encoding="utf-8", errors="replace")
            return "\n".join(text.splitlines()[-_LAST_LINES:])
        return ""

    async def _keep(self) -> None:
        """Start it again whenever it ends, until the order to stop or a bad config."""
        early = 0
        loop = asyncio.get_running_loop()
        while not self.hopeless:
            began = loop.time()
            code = await self._run_once()
            if self._told.is_set():
                return
            self.restarts += 1
            self.hopeless = code in _BAD_CONFIG
            early = early + 1 if loop.time() - began < _EARLY_REAL_S else 0
            if early == _EARLY_TIMES:
                self._report(f"the daemon keeps dying (code {code}):\n{self.last_words()}")
            await self._put_outputs_at_rest()
            await asyncio.sleep(_RESTART_REAL_S)

    async def _run_once(self) -> int:
        with self._keeper.hold():
            self._process = process = await self._gardu("run")
            self._keeper.expect(process.pid, self._run)
        try:
            return await process.wait()
        finally:
            self._keeper.forget(process.pid)

    async def _put_outputs_at_rest(self) -> None:
        with self._keeper.hold():
            command = await self._gardu("outputs-off")
            try:
                await command.wait()
            finally:
                await stop(command)  # an order to stop the daemon ends it as well

    async def _gardu(self, command: str) -> Process:
        with self._run.daemon_log.open("ab") as log:
            return await spawn(
                *gardu(), command, "--config", str(self._run.config),
                environment={**self._environment, "RUNTIME_DIRECTORY": str(self._run.runtime)},
                stdout=log, stderr=log,
            )  # fmt: skip
