"""A subscriber on this process's loop that stamps every message on arrival."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from paho.mqtt.client import MQTTMessage

from edge.config.model import Broker
from edge.mqtt.connection import Connection

_PATIENCE_S = 120.0


class Subscriber:
    """The messages that came on topics with *part* in them.

    :ivar heard: for each message the moment (ns of the performance counter) and the message
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self.heard: asyncio.Queue[tuple[int, MQTTMessage]] = asyncio.Queue()

    def take(self, message: MQTTMessage) -> None:
        """Stamp *message*, and store it if its topic has *part* in it."""
        now = time.perf_counter_ns()
        if self._part in message.topic:
            self.heard.put_nowait((now, message))

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
    received = Subscriber(part)
    link = Connection(Broker(url=url), f"bench-{time.monotonic_ns()}", 0, on_message=received.take)
    await link.open()
    try:
        link.subscribe(topic)
        await asyncio.sleep(0.2)  # time for the broker's SUBACK
        yield received
    finally:
        link.leave()
