"""The other end: a subscriber on this process's loop that stamps every message as it comes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from paho.mqtt.client import MQTTMessage

from edge.config.model import Broker
from edge.mqtt.connection import Connection


class Subscriber:
    """What came, of the topics with *part* in them.

    :ivar heard: for each message the moment (ns of the performance counter) and the message
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self.heard: asyncio.Queue[tuple[int, MQTTMessage]] = asyncio.Queue()

    def take(self, message: MQTTMessage) -> None:
        """Stamp *message*, and keep it if it is of these."""
        now = time.perf_counter_ns()
        if self._part in message.topic:
            self.heard.put_nowait((now, message))

    def forget(self) -> None:
        """Drop what has come so far."""
        while not self.heard.empty():
            self.heard.get_nowait()


@asynccontextmanager
async def subscriber(url: str, topic: str, part: str = "") -> AsyncIterator[Subscriber]:
    """Have a subscriber of *topic* listen at QoS 1, and keep what has *part* in its topic."""
    ears = Subscriber(part)
    link = Connection(Broker(url=url), f"bench-{time.monotonic_ns()}", 0, on_message=ears.take)
    await link.open()
    try:
        link.subscribe(topic)
        await asyncio.sleep(0.2)  # the broker's answer to the subscription
        yield ears
    finally:
        link.leave()
