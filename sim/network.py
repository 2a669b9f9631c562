"""The line between the daemon and its broker: a TCP proxy that can be cut, hung and restored.

- ``cut``: connections break at once and new ones break as they are made;
- ``half-open``: connections stay open, but no data passes, as behind a dead router;
- ``restore``: everything works; data held in half-open connections goes on.
"""

import asyncio
from contextlib import suppress
from typing import Literal, Self

State = Literal["up", "cut", "half-open"]

_CHUNK = 65536


class Network:
    """Forwards TCP from a free port of 127.0.0.1 to *host*:*port*. Use as ``async with``.

    :ivar state: ``up``, ``cut`` or ``half-open``
    :ivar port: where the daemon connects to
    """

    def __init__(self, host: str, port: int) -> None:
        self.state: State = "up"
        self.port = 0
        self._target = host, port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def do(self, what: Literal["cut", "half-open", "restore"]) -> None:
        """Carry out ``do`` of a scenario's network event."""
        {"cut": self.cut, "half-open": self.hang, "restore": self.restore}[what]()

    def cut(self) -> None:
        """Break every connection, and new ones as they come."""
        self.state = "cut"
        self._flowing.set()
        for writer in list(self._open):
            writer.transport.abort()

    def hang(self) -> None:
        """Stop all data; connections stay open."""
        self.state = "half-open"
        self._flowing.clear()

    def restore(self) -> None:
        """Let all data pass again."""
        self.state = "up"
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            await self._forward(reader, writer)
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        if self.state == "cut":
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            return
        self._open.add(far_writer)
        ways = {
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        }
        try:
            # When one direction has ended, the connection has.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(far_writer)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            with suppress(OSError):
                await far_writer.drain()
            far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._flowing.wait()
                if self.state == "cut":
                    return
                writer.write(data)
                await writer.drain()
