"""A TCP server in a broker's place, for tests that script each packet."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from typing import Self

from tests.brokers import HOST, free_port

CONNACK = bytes.fromhex("20 03 00 00 00")


class Server:
    """A TCP server on a free loopback port; closes all its connections at the end."""

    def __init__(self) -> None:
        self.port = free_port()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Listen until the block ends."""
        async with await asyncio.start_server(self._accept, HOST, self.port):
            yield self
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        raise NotImplementedError

    def keep(self, writer: asyncio.StreamWriter) -> None:
        """Close *writer* at the end."""
        self._writers.append(writer)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.keep(writer)
        self._tasks.add(asyncio.create_task(self.serve(reader, writer)))


async def read_packet(reader: asyncio.StreamReader) -> bytes:
    """Return one MQTT packet with its first byte; empty at the end."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        first = await reader.readexactly(1)
        length, shift = 0, 0
        while True:
            (byte,) = struct.unpack("B", await reader.readexactly(1))
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return first + await reader.readexactly(length)
    return b""
