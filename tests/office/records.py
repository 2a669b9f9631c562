"""Records of the tests: real ones, in real chains, as a checkpoint publishes them."""

from typing import Any

import msgspec

from edge.clock import Stamp
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import LIVE_CONTENT, ROOT, STILL_CONTENT, LedgerState, Status
from edge.sop.ids import uuid7
from edge.sop.records import Record, StepCompleted, StillReference, VisitClosed, VisitOpened, suffix
from edge.store.chain import genesis, link
from edge.store.cloudevent import RECORD_CONTENT, encode

AT_MS = 1_795_233_097_412
SITE, CHECKPOINT = "setda", "lobi"
STREAM = "6e8bc430-9c3a-4fbc-93a1-111111111111"


class Stream:
    """One stream of a checkpoint: makes its records, one after the other."""

    def __init__(self, checkpoint: str = CHECKPOINT, name: str = STREAM, first: int = 1) -> None:
        self.name = name
        self.source = f"/gardu/{SITE}/{checkpoint}"
        self.base = f"{ROOT}/{SITE}/{checkpoint}"
        self.sequence = first - 1
        self.head = genesis(name)

    def next(self, record: Record | None = None) -> IncomingMessage:
        """Return the next record: by default the opening of a visit."""
        self.sequence += 1
        at_ms = AT_MS + self.sequence * 1000
        made = record or opened(f"visit-{self.sequence}", at_ms)
        payload = encode(
            made,
            id=uuid7(at_ms, f"{self.name}/{self.sequence}"),
            source=self.source,
            stream=self.name,
            sequence=self.sequence,
            previous=self.head,
            recorded_ms=at_ms + 5,
        )
        self.head = link(self.head, payload)
        return IncomingMessage(
            f"{self.base}/{suffix(made)}", payload, 1, 1, content_type=RECORD_CONTENT
        )

    def some(self, count: int) -> list[IncomingMessage]:
        """Return the next *count* records."""
        return [self.next() for _ in range(count)]

    def ledger(self, *, acked: int | None = None, oldest: int = 1) -> IncomingMessage:
        """Return the ledger now."""
        made = LedgerState(
            streamid=self.name,
            oldest_seq=oldest,
            last_seq=self.sequence,
            acked_seq=self.sequence if acked is None else acked,
            head_seq=self.sequence,
            head=self.head,
        )
        return self.live("ledger", made)

    def status(self, word: Any, session: int) -> IncomingMessage:
        """Return a ``status``."""
        reason: Any = "connected" if word == "online" else "lost"
        return self.live("status", Status(status=word, session=session, reason=reason, time="t"))

    def live(self, topic: str, value: object) -> IncomingMessage:
        """Return the message of a live topic; None: an empty one."""
        payload = b"" if value is None else msgspec.json.encode(value)
        return IncomingMessage(f"{self.base}/{topic}", payload, 1, 1, content_type=LIVE_CONTENT)

    def still(self, identifier: str, image: bytes, **changed: str) -> IncomingMessage:
        """Return a still."""
        attributes = {
            "specversion": "1.0", "id": identifier, "source": self.source,
            "type": "gardu.still.taken.v1", "subject": "visit/v/step/s",
            "time": "2026-11-21T03:51:37.412Z", "correlationid": "v", **changed,
        }  # fmt: skip
        return IncomingMessage(
            f"{self.base}/still/desk", image, 1, 1, content_type=STILL_CONTENT,
            user=tuple(attributes.items()),
        )  # fmt: skip


def at(wall_ms: int) -> Stamp:
    """Return the moment *wall_ms*."""
    return Stamp(wall_ms * 1_000_000, wall_ms, synced=True, boot="test")


def opened(visit: str, at_ms: int = AT_MS) -> Record:
    """Return the opening of *visit*."""
    data = VisitOpened(
        visit=visit, procedure="pimpinan", procedure_version="1+00000000", clock_synced=True
    )
    return Record("gardu.visit.opened.v1", f"visit/{visit}", at(at_ms), visit, data)


def stepped(visit: str, step: str, *, stills: tuple[StillReference, ...] = ()) -> Record:
    """Return the end of *step* of *visit*."""
    data = made(StepCompleted, visit=visit, step=step, outcome="completed", stills=stills)
    return Record("gardu.step.completed.v1", f"visit/{visit}/step/{step}", at(AT_MS), visit, data)


def closed(visit: str, outcome: str = "completed") -> Record:
    """Return the end of *visit*."""
    data = made(VisitClosed, visit=visit, outcome=outcome)
    return Record("gardu.visit.closed.v1", f"visit/{visit}", at(AT_MS), visit, data)


def made(kind: type[msgspec.Struct], **values: Any) -> Any:
    """Return a value of *kind*; keys without a default that are not in *values* get a plain one."""
    plain: dict[Any, Any] = {str: "x", int: 1, float: 1.0, bool: True}
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in values:
            values[field.name] = plain.get(field.type)
    return kind(**values)
