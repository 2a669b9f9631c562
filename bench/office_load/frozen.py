"""A frozen record: a payload of a real day, to be published again by any checkpoint. Pure.

All that identifies it has a fixed width, so it is overwritten in place: the checkpoint, the stream
with its sequence and chain, the ids, the times. What it says stays as it was recorded.
"""

import re
from collections.abc import Sequence

import msgspec

from edge.mqtt.messages import ROOT
from edge.sop.records import KINDS
from edge.store.chain import genesis

SITE = "beban"
_NAME = "lobi-{:05d}"
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TAIL = 12  # hexadecimal digits at the end of a UUID
_TIME = 24  # 2026-11-21T03:51:37.412Z


class Envelope(msgspec.Struct, frozen=True):
    """The attributes that are overwritten."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    recordedtime: str
    streamid: str
    sequence: str
    prevhash: str


class Frozen:
    """One payload, with the places of what is overwritten.

    :ivar kind: its CloudEvents type; *suffix*: the end of its topic, after the checkpoint
    """

    def __init__(self, payload: bytes) -> None:
        head = msgspec.json.decode(payload, type=Envelope)
        self.kind = head.type
        self.suffix = KINDS[head.type][0].replace("{month}", head.subject.rpartition("/")[2])
        here = f'"source":"{head.source}"'.encode()
        self._bytes = payload.replace(here, f'"source":"{source_of(0)}"'.encode(), 1)
        self._id = self._place("id")
        self._source = self._place("source")
        self._time, self._recorded = self._place("time"), self._place("recordedtime")
        self._stream, self._sequence = self._place("streamid"), self._place("sequence")
        self._previous = self._place("prevhash")
        own = {self._id, self._stream}
        self._others = [
            (found.end() - _TAIL, int(found[0][-_TAIL:], 16))
            for found in _UUID.finditer(self._bytes)
            if found.start() not in own
        ]

    def _place(self, key: str) -> int:
        """Return where the value of *key* begins: the envelope's keys come before all data."""
        mark = f'"{key}":"'.encode()
        return self._bytes.index(mark) + len(mark)

    def written(self, by: "Source", identifier: str, time: str) -> bytes:
        """Return the payload of this record as the next one of *by*.

        :param identifier: its id, a UUID; *time*: when it happened, as in the envelope
        """
        made = bytearray(self._bytes)
        for place, value in (
            (self._id, identifier), (self._source, by.source), (self._time, time),
            (self._recorded, time), (self._stream, by.stream),
            (self._sequence, f"{by.sequence + 1:016d}"), (self._previous, by.head),
        ):  # fmt: skip
            made[place : place + len(value)] = value.encode()
        for place, number in self._others:
            made[place : place + _TAIL] = b"%012x" % (number ^ by.salt)
        return bytes(made)


class Source(msgspec.Struct):
    """A checkpoint's stream, up to its newest record.

    :ivar salt: changes the ids of visits and stills, 48 bits
    """

    number: int
    stream: str
    salt: int
    head: str = ""
    sequence: int = 0
    source: str = ""
    base: str = ""

    def __post_init__(self) -> None:
        """Begin the stream."""
        self.head = genesis(self.stream)
        self.source = source_of(self.number)
        self.base = f"{ROOT}/{SITE}/{_NAME.format(self.number)}"


def source_of(number: int) -> str:
    """Return the CloudEvents source of checkpoint *number*, 0 to 99,999: always as long."""
    return f"/gardu/{SITE}/{_NAME.format(number)}"


def freeze(payloads: Sequence[bytes]) -> list[Frozen]:
    """Return *payloads*, frozen."""
    return [Frozen(payload) for payload in payloads]
