"""A simulated day as the central office received it: its records, and the rates in it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import GarduError
from edge.mqtt.messages import STILL_TYPE

_HOUR_S = 3600.0
_OPENED = "gardu.visit.opened.v1"


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint's day.

    :ivar guests: visits that were opened
    :ivar records: payloads of the records, in their order, byte for byte as published
    :ivar stills: images that were published beside them
    :ivar busiest_hour: the most records in any 60 minutes
    """

    guests: int
    records: Sequence[bytes]
    stills: int
    busiest_hour: int

    def peak_rate(self, guests: int) -> float:
        """Return the records a second in the busiest hour of a day with so many *guests*."""
        return self.busiest_hour / _HOUR_S * guests / self.guests


def read_day(folder: Path) -> Day:
    """Return the day of the checkpoint with the most records in *folder*, of `gardu sim day`.

    :raises GarduError: if no checkpoint's day is there
    """
    days = [_day(file) for file in sorted(folder.glob("*/records.jsonl"))]
    days = [day for day in days if day.guests]
    if not days:
        raise GarduError(f"no simulated day in {folder}: gardu sim day --data {folder}")
    return max(days, key=lambda day: len(day.records))


def _day(file: Path) -> Day:
    events = list(_events(file.read_bytes().splitlines()))
    records = [event for event in events if event["type"] != STILL_TYPE]
    times = [datetime.fromisoformat(event["recordedtime"]).timestamp() for event in records]
    return Day(
        guests=sum(event["type"] == _OPENED for event in records),
        records=[msgspec.json.encode(event) for event in records],
        stills=len(events) - len(records),
        busiest_hour=_most_within(sorted(times), _HOUR_S),
    )


def _events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the events of the *lines* that `gardu watch --json` has written, each once."""
    for line in lines:
        event = msgspec.json.decode(line)
        notes = event.pop("gardu", {})
        if not notes.get("duplicate"):
            yield event


def _most_within(times: Sequence[float], seconds: float) -> int:
    """Return the most *times*, which are in order, within a span of so many *seconds*."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
