"""The records that a checkpoint sent, as the central office counts them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from virtual_pi.errors import RowFailed

_PREFIX = "gardu/v1/"


class Count(NamedTuple):
    """A count of records.

    :ivar records: different records (by id)
    :ivar holes: sequence numbers that are missing between the first and the last of a stream
    :ivar twice: sequence numbers that came under two different ids, or ids with different bytes
    """

    records: int
    holes: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """True if none is missing and none came twice."""
        return not self.holes and not self.twice


class Records:
    """The messages of all checkpoints; records by stream and sequence number. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._streams: dict[str, dict[int, tuple[str, bytes]]] = {}
        self._order: list[dict[str, Any]] = []
        self._conflicts: list[str] = []
        self.live: dict[str, Any] = {}
        self.stills = 0

    def receive(self, topic: str, payload: bytes) -> None:
        """Count one message."""
        parts = topic.removeprefix(_PREFIX).split("/", 2)
        if len(parts) < 3:
            return
        suffix = parts[2]
        with self._changed:
            if suffix.startswith(("event/", "report/")) and payload:
                self._record(payload)
            elif suffix.startswith("still/"):
                self.stills += 1
            else:
                self.live[suffix] = json.loads(payload) if payload else None
            self._changed.notify_all()

    def _record(self, payload: bytes) -> None:
        record = json.loads(payload)
        if "streamid" not in record:  # a trial message of `gardu doctor broker`
            return
        stream, sequence = record["streamid"], int(record["sequence"])
        known = self._streams.setdefault(stream, {})
        fresh = (record["id"], payload)
        if sequence not in known:
            known[sequence] = fresh
            self._order.append(record)
        elif known[sequence] != fresh:
            self._conflicts.append(f"{stream}/{sequence}")

    def count(self) -> Count:
        """Return the count so far."""
        with self._changed:
            holes = [
                f"{stream}/{number}"
                for stream, known in self._streams.items()
                for number in range(min(known), max(known) + 1)
                if number not in known
            ]
            number = sum(len(known) for known in self._streams.values())
            return Count(number, tuple(holes), tuple(self._conflicts))

    def identities(self) -> dict[tuple[str, int], str]:
        """Return the id of each record that came, by stream and sequence number."""
        with self._changed:
            return {
                (stream, number): identity
                for stream, known in self._streams.items()
                for number, (identity, _) in known.items()
            }

    def mark(self) -> int:
        """Return a mark of the present moment for :meth:`wait`."""
        with self._changed:
            return len(self._order)

    def wait(
        self, kind: str, since: int, limit: float, *,
        having: Callable[[dict[str, Any]], bool] = lambda _record: True,
    ) -> dict[str, Any]:  # fmt: skip
        """Wait for a record of a type, such as ``visit.opened``, that came after a mark.

        :raises RowFailed: if none comes within *limit* seconds
        """

        def find() -> dict[str, Any] | None:
            for record in self._order[since:]:
                if record["type"].startswith(f"gardu.{kind}.") and having(record):
                    return record
            return None

        with self._changed:
            found = self._changed.wait_for(find, limit)
            if found is None:
                came = ", ".join(record["type"] for record in self._order[since:]) or "none"
                raise RowFailed(f"no record {kind} within {limit:.0f} s (came: {came})")
            return found

    def wait_live(self, suffix: str, limit: float, wanted: Callable[[Any], bool]) -> Any:
        """Wait until the live topic *suffix* has a wanted value and return it.

        :raises RowFailed: if it has not within *limit* seconds
        """
        with self._changed:
            if self._changed.wait_for(lambda: wanted(self.live.get(suffix)), limit):
                return self.live[suffix]
            raise RowFailed(f"{suffix} is {str(self.live.get(suffix))[:200]} after {limit:.0f} s")

    def wait_stills(self, more_than: int, limit: float) -> None:
        """Wait until more than a number of stills have come.

        :raises RowFailed: if they do not within *limit* seconds
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.stills > more_than, limit):
                raise RowFailed(f"no still within {limit:.0f} s")


@contextmanager
def subscriber(port: int) -> Iterator[Records]:
    """Subscribe to all checkpoints at the broker on the loopback, and yield the records."""
    records = Records()
    client = Client(
        CallbackAPIVersion.VERSION2, client_id="virtual-pi", protocol=MQTTProtocolVersion.MQTTv5
    )

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        records.receive(message.topic, bytes(message.payload))

    subscribed = threading.Event()
    client.on_message = on_message
    client.on_subscribe = lambda *_arguments: subscribed.set()
    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    session.SessionExpiryInterval = 86400
    client.connect("127.0.0.1", port, clean_start=False, properties=session)
    client.loop_start()
    client.subscribe("gardu/#", options=SubscribeOptions(qos=1))
    try:
        if not subscribed.wait(20):
            raise RowFailed("the subscriber of the office cannot subscribe")
        yield records
    finally:
        client.disconnect()
        client.loop_stop()
