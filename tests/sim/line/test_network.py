"""The line between daemon and broker: forwarding, cut and half-open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sim.line.network import Network, with_longest_keepalive

# Long enough for loopback, short enough for a suite; waits only for bytes that must not come.
_NOTHING_REAL_S = 0.1

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Talk = Callable[[Network], Awaitable[None]]


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    """Run a server that sends back the bytes it receives; yield its port."""
    writers: set[asyncio.StreamWriter] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


def with_network(talk: Talk) -> None:
    """Run *talk* with a network before an echo server."""

    async def main() -> None:
        async with echo_server() as port, Network("127.0.0.1", port) as network:
            await talk(network)

    asyncio.run(main())


async def connect(network: Network) -> Streams:
    """Connect through *network*."""
    return await asyncio.open_connection("127.0.0.1", network.port)


async def ask(streams: Streams, words: bytes) -> bytes:
    """Send *words* and return the answer."""
    reader, writer = streams
    writer.write(words)
    return await reader.read(1000)


async def ended(streams: Streams) -> bool:
    """Return True if the connection breaks (by end or reset) without a byte."""
    try:
        return await streams[0].read(1000) == b""
    except ConnectionError:
        return True


def test_it_forwards_both_ways() -> None:
    """Bytes from one side reach the other, and back."""

    async def talk(network: Network) -> None:
        streams = await connect(network)
        assert await ask(streams, b"halo") == b"halo"
        streams[1].close()

    with_network(talk)


def test_a_cut_breaks_what_stands_and_what_comes() -> None:
    """A cut ends open connections and refuses new ones until it is restored."""

    async def talk(network: Network) -> None:
        old = await connect(network)
        await ask(old, b"halo")
        network.do("cut")
        assert await ended(old)
        new = await connect(network)
        assert await ended(new)
        network.do("restore")
        again = await connect(network)
        assert await ask(again, b"halo") == b"halo"
        for _, writer in (old, new, again):
            writer.close()

    with_network(talk)


def test_half_open_swallows_nothing_for_good() -> None:
    """Half-open: connections stay, but no bytes pass; restored, all bytes arrive in order."""

    async def talk(network: Network) -> None:
        old = await connect(network)
        await ask(old, b"halo")
        network.do("half-open")
        new = await connect(network)
        for _, writer in (old, new):
            writer.write(b"satu")
            writer.write(b"dua")
        waiting = [asyncio.create_task(reader.readexactly(7)) for reader, _ in (old, new)]
        done, _ = await asyncio.wait(waiting, timeout=_NOTHING_REAL_S)
        assert not done
        network.do("restore")
        assert await asyncio.gather(*waiting) == [b"satudua", b"satudua"]
        for _, writer in (old, new):
            writer.close()

    with_network(talk)


def test_a_cut_ends_a_half_open_line() -> None:
    """A line that hangs can be cut, and the wait for its bytes ends."""

    async def talk(network: Network) -> None:
        streams = await connect(network)
        await ask(streams, b"halo")
        network.do("half-open")
        network.do("cut")
        assert await ended(streams)
        streams[1].close()

    with_network(talk)


def test_without_a_broker_connections_just_end() -> None:
    """Without a broker the proxy behaves as if it were not there."""

    async def main() -> None:
        async with echo_server() as port:
            pass
        async with Network("127.0.0.1", port) as network:
            streams = await connect(network)
            assert await ended(streams)
            streams[1].close()

    asyncio.run(main())


def test_a_broker_is_asked_to_be_patient() -> None:
    """The broker's real time cannot end a connection of a simulation that is slower than it."""
    connect = bytes.fromhex("101400044d51545405c2003c00000007") + b"gardu-1"
    assert with_longest_keepalive(connect) == connect.replace(b"\x00\x3c", b"\xff\xff")
    assert with_longest_keepalive(b"\x30\x02ab") == b"\x30\x02ab"
