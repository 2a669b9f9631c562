"""The line between the daemon and its broker: a TCP proxy that can be cut, hung and restored.

- ``cut``: connections break at once and new ones break as they are made;
- ``half-open``: connections stay open, but no data passes, as behind a dead router;
- ``restore``: everything works; data held in half-open connections goes on.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Self

from sim.line.unanswered import Unanswered
from sim.stage.keeper import Keeper

State = Literal["up", "cut", "half-open"]
End = Literal["broker", "daemon"]
Fate = Literal["pass", "lose", "end"]
"""Of data: it passes, it is lost while the connection stays open, or the connection ends at it."""

_CONNECT, _PROTOCOL = b"\x10", b"\x00\x04MQTT"
_CHUNK = 65536


class Network:
    """Forwards TCP from a free port of 127.0.0.1 to *host*:*port*. Use as ``async with``.

    :param keeper: of the simulation's time; None: real time
    :param on_send: called when the daemon can read something new, or that a connection has gone
    :ivar state: ``up``, ``cut`` or ``half-open``
    :ivar port: where the daemon connects to
    """

    def __init__(
        self,
        host: str,
        port: int,
        keeper: Keeper | None = None,
        on_send: Callable[[], None] = lambda: None,
    ) -> None:
        self.state: State = "up"
        self._touch = keeper.touch if keeper else _nothing
        self._on_send = on_send
        self._own = keeper is not None and keeper.clock.own
        self._requests: set[Unanswered] = set()
        if keeper is not None:
            keeper.wait_while(lambda: self.unanswered > 0)
        self.port = 0
        self._target = host, port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._daemons: set[asyncio.StreamWriter] = set()
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

    @property
    def unanswered(self) -> int:
        """Number of requests that the broker has not answered; 0 while no data can pass."""
        return sum(one.count for one in self._requests) if self.state == "up" else 0

    def do(self, what: Literal["cut", "half-open", "restore"]) -> None:
        """Carry out ``do`` of a scenario's network event."""
        {"cut": self.cut, "half-open": self.hang, "restore": self.restore}[what]()

    def cut(self) -> None:
        """Break every connection, and new ones as they come."""
        self.state = "cut"
        self._flowing.set()
        for writer in list(self._open):
            writer.transport.abort()
        self._on_send()

    def hang(self) -> None:
        """Stop all data; connections stay open."""
        self.state = "half-open"
        self._flowing.clear()

    def restore(self) -> None:
        """Let all data pass again."""
        self.state = "up"
        self._flowing.set()

    def inject(self, data: bytes) -> int:
        """Send *data* on every connection as if the broker had; return how many there are."""
        for writer in self._daemons:
            writer.write(data)
        self._on_send()
        return len(self._daemons)

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
            self._on_send()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        if self.state == "cut":
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            return
        self._touch()
        self._open.add(far_writer)
        requests = Unanswered()
        self._requests.add(requests)
        self._daemons.add(writer)
        ways = {
            asyncio.create_task(self._pump("broker", reader, far_writer, requests.sent)),
            asyncio.create_task(self._pump("daemon", far_reader, writer, requests.received)),
        }
        try:
            # When one direction has ended, the connection has.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(far_writer)
            self._requests.discard(requests)
            self._daemons.discard(writer)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            with suppress(OSError):
                await far_writer.drain()
            far_writer.close()
            self._touch()

    async def _pump(
        self,
        to: End,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        note: Callable[[bytes], None],
    ) -> None:
        count = 0
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                count += len(data)
                fate = self._fate(to, data, count)
                if fate == "end":
                    return
                await self._flowing.wait()
                if self.state == "cut":
                    return
                if fate == "lose":
                    continue
                note(data)
                first = self._own and to == "broker" and count == len(data)
                writer.write(with_longest_keepalive(data) if first else data)
                self._touch()
                self._on_send()
                await writer.drain()

    def _fate(self, to: End, data: bytes, count: int) -> Fate:  # noqa: ARG002 - for subclasses
        """Return what becomes of *data*; a line that loses data overrides it.

        :param count: bytes on this way of the connection so far, *data* included
        """
        return "pass"


def _nothing() -> None:
    """Note nothing: time is scaled real time."""


def with_longest_keepalive(packet: bytes) -> bytes:
    """Return the CONNECT *packet* of MQTT 5 with the longest keepalive.

    A broker counts the keepalive in real time, in which a simulation with its own time may be slow.
    The keepalive follows the protocol's name, its version and the flags (MQTT 5.0, section 3.1.2).
    """
    name = packet.find(_PROTOCOL)
    if packet[:1] != _CONNECT or name < 0:
        return packet
    at = name + len(_PROTOCOL) + 2
    return packet[:at] + b"\xff\xff" + packet[at + 2 :]
