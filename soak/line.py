"""The line between daemon and broker; it can lose data as well."""

import asyncio
from contextlib import suppress
from typing import Literal

from sim.network import Network

_CHUNK = 65536


class Line(Network):
    """A line that can also swallow ``answers`` (broker to daemon) or ``everything``.

    Swallowed data is lost: :meth:`restore` breaks the connections that lost it, as TCP would.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self._broker_port = port
        self._losing: Literal["answers", "everything"] | None = None

    async def __aexit__(self, *error: object) -> None:
        # Let them end by themselves: asyncio complains of connections with cancelled tasks.
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await super().__aexit__(*error)

    def lose(self, what: Literal["answers", "everything"]) -> None:
        """Swallow ``answers`` or ``everything`` from now on; connections stay open."""
        self._losing = what

    def restore(self) -> None:
        """Let all data pass again."""
        if self._losing is not None:
            self._losing = None
            self.cut()
        super().restore()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = writer.get_extra_info("peername")[1] == self._broker_port
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._flowing.wait()
                if self.state == "cut":
                    return
                if self._losing == "everything" or (self._losing == "answers" and not there):
                    continue
                writer.write(data)
                await writer.drain()
