"""Refused packets: counts packets of the broker that were refused, and reports them."""

import asyncio
import logging
from collections import Counter
from functools import partial

from edge.mqtt.paho_client import RefusedPacket
from edge.mqtt.rate_limit import RateLimit
from edge.mqtt.request_handler import DEVICE
from edge.sop.events import InputRefused, Post

log = logging.getLogger(__name__)

# Events and lines of the journal: how many at once, and then one each so many real seconds. The
# count goes on.
BURST = 10
EVERY_S = 60.0
# Longest part of a topic that is logged, characters.
_TOPIC = 120


class RefusedPackets:
    """The packets refused over all connections.

    :param counts: the uplink's; ``packets_refused`` is counted
    """

    def __init__(self, post: Post, counts: Counter[str]) -> None:
        self._post = post
        self._counts = counts
        self._limit = RateLimit(BURST, EVERY_S)

    def note(self, refused: RefusedPacket) -> None:
        """Count a packet; post InputRefused, and log topic and reason, unless it is one of many."""
        self._counts["packets_refused"] += 1
        if not self._limit.allows(asyncio.get_running_loop().time()):
            return
        topic = f" on {refused.topic[:_TOPIC]}" if refused.topic else ""
        log.warning(
            "a packet of the broker was refused: %s%s: %s", refused.word, topic, refused.why
        )
        device = DEVICE if refused.topic else "broker"
        self._post(partial(InputRefused, device=device, why=refused.word))
