"""A subscriber that costs next to no time: it drops all data and notes when the first came.

Publisher, broker and subscriber share two processors; a client that unpacked a hundred thousand
messages would dominate the figures.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bench.bed import Bed
from bench.broker import HOST

_CONNACK_BYTES, _SUBACK_BYTES = 4, 5


class Sink:
    """A count of the data that has come.

    :ivar began: moment (seconds of the performance counter) of the first message; 0 before it
    :ivar taken: bytes
    """

    def __init__(self) -> None:
        self.began = 0.0
        self.taken = 0

    async def drain(self, reader: asyncio.StreamReader) -> None:
        """Drop all data until the connection ends."""
        while data := await reader.read(1 << 20):
            self.began = self.began or time.perf_counter()
            self.taken += len(data)


@asynccontextmanager
async def sink(bed: Bed, topic: str) -> AsyncIterator[Sink]:
    """Subscribe a sink to *topic* at QoS 0 (MQTT 3.1.1, no keepalive)."""
    reader, writer = await asyncio.open_connection(HOST, bed.port, limit=1 << 22)
    # CONNECT: protocol MQTT level 4, clean session, keepalive 0, client id "sink".
    writer.write(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04sink")
    await reader.readexactly(_CONNACK_BYTES)
    name = topic.encode()
    body = b"\x00\x01" + len(name).to_bytes(2, "big") + name + b"\x00"
    writer.write(b"\x82" + bytes([len(body)]) + body)
    await reader.readexactly(_SUBACK_BYTES)
    made = Sink()
    draining = asyncio.create_task(made.drain(reader))
    try:
        yield made
    finally:
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
