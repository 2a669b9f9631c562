"""Packet alarms: name the packets that the broker refuses, or on which connections end."""

import logging
from collections import Counter

from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.packets import BrokerAnswer
from edge.mqtt.suspects import Key

log = logging.getLogger(__name__)

# Times in a row that a packet is put off before that is an alarm.
SURE = 2
# Kinds of packets that have an alarm each while they are left out; there are few of each.
_NAMED = frozenset({"live", "subscription"})


class PacketAlarms:
    """Reports refused packets and those left out.

    :param counts: the uplink's; ``refused`` and ``left_out`` are counted
    """

    def __init__(self, alarms: LinkAlarms, counts: Counter[str]) -> None:
        self._alarms = alarms
        self._counts = counts
        self._refused: set[str] = set()  # as logged

    def on_put_off(self, key: Key, times: int, wait_s: float) -> None:
        """Report that *key* was put off for *wait_s*, the *times*-th time in a row."""
        log.warning("connections end on %s: it is left out for %.0f s", key.words, wait_s)
        self._counts["left_out"] += 1
        if times >= SURE and key.kind in _NAMED:
            self._alarms.begin(str(key.name), f"connections end on {key.words}: it is left out")

    def on_accepted(self, key: Key) -> None:
        """Note that *key*, which had been put off, is accepted."""
        if key.kind in _NAMED:
            self._alarms.end(str(key.name))

    def on_answer(self, key: Key, answer: BrokerAnswer) -> None:
        """Log once that the broker refuses *key*, until it accepts it."""
        if not answer.refused:
            self._refused.discard(key.words)
            return
        self._counts["refused"] += 1
        if key.words not in self._refused:
            self._refused.add(key.words)
            log.warning("the broker refused %s: %s. %s", key.words, answer.words, answer.remedy)
