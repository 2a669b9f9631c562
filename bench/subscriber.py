"""A subscriber in a process of its own that stamps every message on arrival.

A process of its own, as at the central office: the process that measures also has the lobby, and
the lamps and the buzzer that a daemon drives meanwhile must not delay the message.

``python -m bench.subscriber PORT TOPIC PART``
"""

import asyncio
import contextlib
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from sim.stage.process import spawn, stop

HOST = "127.0.0.1"
_PATIENCE_S = 120.0


class Message(msgspec.Struct, array_like=True, frozen=True):
    """A message, and the moment at which it came: nanoseconds of the performance counter."""

    at: int
    topic: str
    payload: bytes
    retain: bool


class Subscriber:
    """The messages that came on the topics of interest.

    :ivar heard: for each message the moment (ns of the performance counter) and the message
    """

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[int, Message]] = asyncio.Queue()

    def forget(self) -> None:
        """Drop what has come so far."""
        while not self.heard.empty():
            self.heard.get_nowait()

    async def until_quiet(self, seconds: float) -> None:
        """Return once no message has come for *seconds*; drop all that came.

        :raises TimeoutError: if messages still come after two minutes
        """
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                self.forget()
                await asyncio.sleep(seconds)
                if self.heard.empty():
                    return


@asynccontextmanager
async def subscriber(url: str, topic: str, part: str = "") -> AsyncIterator[Subscriber]:
    """Subscribe to *topic* at QoS 1; store the messages on topics with *part* in them."""
    port = urlsplit(url).port
    process = await spawn(sys.executable, "-m", __name__, str(port), topic, part, stdout=PIPE)
    assert process.stdout is not None
    received = Subscriber()
    try:
        assert await process.stdout.readline() == b"ready\n", "the subscriber could not subscribe"
        reading = asyncio.create_task(_read(process.stdout, received))
        try:
            yield received
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
    finally:
        await stop(process)


async def _read(lines: asyncio.StreamReader, received: Subscriber) -> None:
    decode = msgspec.json.Decoder(Message).decode
    async for line in lines:
        message = decode(line)
        received.heard.put_nowait((message.at, message))


def main(port: int, topic: str, part: str) -> None:
    """Write every message of interest to standard output, one a line, until killed."""
    encode = msgspec.json.Encoder().encode

    def take(_client: Client, _data: Any, message: Any) -> None:
        at = time.perf_counter_ns()
        if part in message.topic:
            os.write(1, encode(Message(at, message.topic, message.payload, message.retain)) + b"\n")

    def subscribed(*_granted: Any) -> None:
        os.write(1, b"ready\n")

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = take
    client.on_subscribe = subscribed
    client.connect(HOST, port)
    client.subscribe(topic, 1)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
