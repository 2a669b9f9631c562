"""A subscriber that costs next to nothing: it drops what comes and notes when it began.

Two processors are shared by publisher, broker and subscriber; a client that unpacked a hundred
thousand messages would be what is measured.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bench.bed import HOST, Bed

_CONNACK_BYTES, _SUBACK_BYTES = 4, 5


class Sink:
    """What has come.

    :ivar began: moment (seconds of the performance counter) of the first message; 0 before it
    :ivar taken: bytes
    """

    def __init__(self) -> None:
        self.began = 0.0
        self.taken = 0

    async def drain(self, reader: asyncio.StreamReader) -> None:
        """Drop everything, for ever."""
        while data := await reader.read(1 << 20):
            self.began = self.began or time.perf_counter()
            self.taken += len(data)


@asynccontextmanager
async def sink(bed: Bed, topic: str) -> AsyncIterator[Sink]:
    """Have a sink subscribe to *topic* at QoS 0 (MQTT 3.1.1, no keepalive)."""
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
