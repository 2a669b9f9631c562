"""Records as checkpoints publish them, of many checkpoints in turns."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from edge.clock import Stamp
from edge.mqtt.messages import ROOT
from edge.sop.ids import uuid7
from edge.sop.records import KINDS, Data, Record
from edge.sop.visit_records import StepCompleted, VisitClosed, VisitOpened
from edge.store.chain import genesis, link
from edge.store.cloudevent import encode

# The steps of a visit, as in the procedures of a lobby.
STEPS = ("reception", "locker", "screening", "waiting", "escort", "meeting", "return", "exit")
_SITE = "bench"


class Published(NamedTuple):
    """A message to publish."""

    topic: str
    payload: bytes


class Checkpoint:
    """One checkpoint: its records follow on each other in one stream."""

    def __init__(self, number: int, at_ms: int) -> None:
        self._name = f"lobby-{number}"
        self._stream = uuid7(at_ms, f"stream/{number}")
        self._head = genesis(self._stream)
        self._sequence = 0
        self._at_ms = at_ms

    def records(self) -> Iterator[Published]:
        """Yield the records of one visit after the other, for ever."""
        while True:
            visit = uuid7(self._at_ms, f"{self._name}/{self._sequence}/visit")
            for kind, data in _visit(visit):
                yield self._next(kind, visit, data)

    def _next(self, kind: str, visit: str, data: Data) -> Published:
        self._sequence += 1
        self._at_ms += 1000
        at = Stamp(self._at_ms * 1_000_000, self._at_ms, synced=True, boot="bench")
        payload = encode(
            Record(kind, f"visit/{visit}", at, visit, data),
            id=uuid7(self._at_ms, f"{self._name}/{self._sequence}"),
            source=f"/gardu/{_SITE}/{self._name}",
            stream=self._stream,
            sequence=self._sequence,
            previous=self._head,
            recorded_ms=self._at_ms + 4,
        )
        self._head = link(self._head, payload)
        return Published(f"{ROOT}/{_SITE}/{self._name}/{KINDS[kind][0]}", payload)


def traffic(checkpoints: int, count: int, at_ms: int) -> list[Published]:
    """Return *count* records of *checkpoints* in turns, from the moment *at_ms* on."""
    sources = [Checkpoint(number, at_ms).records() for number in range(checkpoints)]
    return [next(sources[number % checkpoints]) for number in range(count)]


def _visit(visit: str) -> Iterator[tuple[str, Data]]:
    """Yield the records of a visit."""
    about: dict[str, Any] = {
        "visit": visit,
        "procedure": "pimpinan",
        "procedure_version": "1+0123abcd",
    }
    yield "gardu.visit.opened.v1", VisitOpened(**about, clock_synced=True)
    for number, step in enumerate(STEPS, start=1):
        yield (
            "gardu.step.completed.v1",
            StepCompleted(
                **about, step=step, number=number, station="officer-1", role="Petugas 1",
                outcome="completed", reason=None, started="2026-11-21T03:51:37.412Z",
                duration_s=35.3, waited_s=0.0, standard_s=180.0, over_s=0.0, attempts=1,
                evidence=("passage", "card", "button"), clock_synced=True, stills=(),
                host="pimpinan",
            ),
        )  # fmt: skip
    yield (
        "gardu.visit.closed.v1",
        VisitClosed(
            **about, outcome="completed", reason=None, opened="2026-11-21T03:51:37.412Z",
            duration_s=2411.2, steps=len(STEPS), card_out=False, locker_out=None,
            clock_synced=True, host="pimpinan",
        ),
    )  # fmt: skip
