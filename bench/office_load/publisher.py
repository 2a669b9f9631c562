"""Publishes a frozen day as many checkpoints, at a steady rate, each over a connection of its own.

``python -m bench.office_load.publisher JOB``: a :class:`Job` as JSON. Every checkpoint introduces
itself, as at the start of a connection; after a line on standard input the records begin. Each
second it writes a line with its :class:`Progress`. The rate does not fall when the broker or the
office is slow: a record is *recorded* when its time has come, and waits at its checkpoint if it
cannot be sent.
"""

import asyncio
import random
import sys
import time
import uuid
from pathlib import Path

import msgspec

from bench.broker import HOST
from bench.office_load.day import read_day
from bench.office_load.frozen import Frozen, Source, freeze
from bench.office_load.wire import Line, Packet, about
from edge.clock import iso
from edge.mqtt.messages import LIVE_CONTENT, LedgerState, Status
from edge.sop.ids import uuid7
from edge.store.chain import link
from edge.store.cloudevent import RECORD_CONTENT

_TICK_S = 0.005
_SALT_BITS = 48
_RECORD, _LIVE = about(RECORD_CONTENT), about(LIVE_CONTENT)
# A lobby at its busiest.
_OCCUPANCY = msgspec.json.encode({
    "visits": 9, "persons": 11, "overdue": 1, "lockers_in_use": 7, "ids_held": 9,
    "lockers_open": 1, "cards_out": 9, "cards_missing": 0, "hosts_away": [],
    "steps": [
        {"procedure": "pimpinan", "step": step, "visits": 2}
        for step in ("penerimaan", "penitipan", "pemeriksaan", "ruang-tunggu", "pendampingan")
    ],
    "hosts": [{"host": host, "visits": 3} for host in ("pimpinan", "eselon-2-3", "eselon-4-asn")],
})  # fmt: skip
# The records that change it.
_CHANGES = ("gardu.visit.", "gardu.step.completed.")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be published.

    :ivar rate: records a second of all checkpoints together
    :ivar live: publish the live topics that change with the records too
    """

    port: int
    day: str
    checkpoints: int
    rate: float
    seconds: float
    seed: int
    live: bool


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is.

    :ivar recorded: records so far; *acknowledged*: those that the broker has
    :ivar waiting: messages that wait at their checkpoints, in flight or not
    :ivar late_s: the longest time by which this process was behind its rate
    :ivar done: nothing is left to do
    """

    connected: int = 0
    recorded: int = 0
    acknowledged: int = 0
    live: int = 0
    refused: int = 0
    waiting: int = 0
    sent_bytes: int = 0
    record_bytes: int = 0
    late_s: float = 0.0
    done: bool = False


class Checkpoint:
    """One checkpoint: goes through the day again and again, from a place of its own."""

    def __init__(self, number: int, day: list[Frozen], job: Job, chance: random.Random) -> None:
        stream = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self.source = Source(number, stream, chance.getrandbits(_SALT_BITS))
        self.line = Line(f"gardu-beban-{number}", self._note)
        self.acknowledged = self.live = self.record_bytes = 0
        self._day = day
        self._at = chance.randrange(len(day))
        self._chance = chance
        self._live = job.live
        self._records = 0  # that wait or are in flight

    def introduce(self) -> None:
        """Publish the live topics of a connection's start."""
        online = Status(status="online", session=1, reason="connected", time=iso(_now_ms()))
        self._show("status", msgspec.json.encode(online))
        self._show("ledger", msgspec.json.encode(self._ledger()))
        self._show("state/occupancy", _OCCUPANCY)

    def record(self, now_ms: int) -> None:
        """Record the next one of the day."""
        frozen, own = self._day[self._at], self.source
        identifier = uuid7(now_ms, f"{own.stream}/{own.sequence}")
        payload = frozen.written(own, identifier, iso(now_ms))
        own.head, own.sequence = link(own.head, payload), own.sequence + 1
        self._at += 1
        if self._at == len(self._day):
            self._at, own.salt = 0, self._chance.getrandbits(_SALT_BITS)
        self._records += 1
        self.record_bytes += len(payload)
        self.line.send(
            Packet(f"{own.base}/{frozen.suffix}", _RECORD, payload, retain=False, record=True)
        )
        if self._live and frozen.kind.startswith(_CHANGES):
            self._show("state/occupancy", _OCCUPANCY)

    def _note(self, packet: Packet) -> None:
        if not packet.record:
            return
        self.acknowledged += 1
        self._records -= 1
        if self._live and not self._records:
            self._show("ledger", msgspec.json.encode(self._ledger()))

    def _show(self, topic: str, payload: bytes) -> None:
        self.live += 1
        topic = f"{self.source.base}/{topic}"
        self.line.send(Packet(topic, _LIVE, payload, retain=True, record=False))

    def _ledger(self) -> LedgerState:
        own = self.source
        return LedgerState(
            streamid=own.stream, oldest_seq=1, last_seq=own.sequence, acked_seq=own.sequence,
            head_seq=own.sequence, head=own.head,
        )  # fmt: skip


class Publisher:
    """All checkpoints of a job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._chance = random.Random(job.seed)  # noqa: S311 - no secret
        day = freeze(read_day(Path(job.day)).records)
        self._checkpoints = [
            Checkpoint(number, day, job, self._chance) for number in range(job.checkpoints)
        ]
        self._recorded = 0
        self._late_s = 0.0

    async def run(self) -> None:
        """Connect, publish at the rate, wait for the last acknowledgement."""
        async with asyncio.TaskGroup() as group:
            for one in self._checkpoints:
                group.create_task(one.line.run(HOST, self._job.port))
            telling = group.create_task(self._tell_for_ever())
            for one in self._checkpoints:
                await one.line.up.wait()
                one.introduce()
            await asyncio.to_thread(sys.stdin.readline)
            await self._record_all()
            while self._progress().waiting:  # noqa: ASYNC110 - of a thousand lines
                await asyncio.sleep(0.1)
            telling.cancel()
            _tell(msgspec.structs.replace(self._progress(), done=True))
            await asyncio.Event().wait()  # until the parent ends it: connections stay

    async def _record_all(self) -> None:
        job, began = self._job, time.perf_counter()
        turn = list(self._checkpoints)
        total = round(job.rate * job.seconds)
        while self._recorded < total:
            await asyncio.sleep(_TICK_S)
            passed = time.perf_counter() - began
            due = min(total, round(passed * job.rate)) - self._recorded
            self._late_s = max(self._late_s, due / job.rate - _TICK_S)
            now_ms = _now_ms()
            for _ in range(due):
                place = self._recorded % len(turn)
                if not place:
                    self._chance.shuffle(turn)
                turn[place].record(now_ms)
                self._recorded += 1

    async def _tell_for_ever(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            _tell(self._progress())

    def _progress(self) -> Progress:
        all_of = self._checkpoints
        return Progress(
            connected=sum(one.line.up.is_set() for one in all_of),
            recorded=self._recorded,
            acknowledged=sum(one.acknowledged for one in all_of),
            live=sum(one.live for one in all_of),
            refused=sum(one.line.refused for one in all_of),
            waiting=sum(len(one.line.waiting) + len(one.line.in_flight) for one in all_of),
            sent_bytes=sum(one.line.sent_bytes for one in all_of),
            record_bytes=sum(one.record_bytes for one in all_of),
            late_s=self._late_s,
        )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _tell(progress: Progress) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(progress) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(Publisher(msgspec.json.decode(sys.argv[1], type=Job)).run())
