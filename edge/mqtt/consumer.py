"""Consumer: the central office's state, which shows that every record has been received.

Pure: no network and no clock; the caller gives the time (seconds, of any clock that does not
jump). The rules are the contract's (docs/mqtt.md):

1. A message with the source and id of an earlier one is a duplicate and has no other effect.
2. Records of one stream are complete up to the *contiguous* sequence. A hole above it is a gap
   only once the checkpoint's ledger counts it as acknowledged, or once the stream has made no
   progress for the reorder time-out. A gap closes when its records come late.
3. An ``offline`` of an older session than the present one is ignored.
4. Records from before this consumer first heard of a stream are not missing.
5. The records of a stream form a chain (edge/store/chain.py). Where a record does not follow on
   its predecessor, or does not match the head that the checkpoint published, the chain is
   *broken*: a record was changed after it was recorded.
6. Messages of `gardu doctor broker` (type :data:`~edge.mqtt.messages.TRIAL_TYPE`) are no records.
"""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from edge.errors import ProtocolError
from edge.mqtt.messages import ROOT, STILL_CONTENT, TRIAL_TYPE, LedgerState, Status
from edge.store.chain import ChainLink, Mark, Witness

# Reorder time-out, seconds: a hole may be a record that was refused once and comes later.
REORDER_S = 10.0
# Message ids remembered: far more than the largest resend window can repeat.
MOST_IDS = 200_000
# Digits of a sequence.
_SEQUENCE_DIGITS = 16
# Below the root: site and checkpoint, then the suffix.
_LEVELS = 2


class StepCount(msgspec.Struct, frozen=True):
    """The number of visits at a step, in ``state/occupancy``."""

    step: str
    visits: int


class Head(msgspec.Struct, frozen=True):
    """The parts of a CloudEvent that a consumer uses."""

    id: str
    source: str
    type: str
    streamid: str = ""
    sequence: str = "0"
    prevhash: ChainLink | None = None
    data: Any = None


class Stream:
    """Follows one stream: which sequences have come, and whether its chain is unbroken.

    :ivar last: the highest sequence that is known to exist
    :ivar chain: the check of its hash chain
    """

    def __init__(self, name: str, before: int, at: float) -> None:
        self.last = before
        self.chain = Witness(name)
        self._highest = before
        self._holes: list[tuple[int, int]] = []
        self._acknowledged = 0
        self._progress = at

    @property
    def contiguous(self) -> int:
        """The sequence up to which all have come (or are older than this consumer, rule 4)."""
        return self._holes[0][0] - 1 if self._holes else self._highest

    def arrived(self, sequence: int, at: float) -> None:
        """Apply the arrival of *sequence* at time *at*."""
        self._progress = at
        self.last = max(self.last, sequence)
        if sequence > self._highest:
            if sequence > self._highest + 1:
                self._holes.append((self._highest + 1, sequence - 1))
            self._highest = sequence
            return
        for place, (first, last) in enumerate(self._holes):
            if first <= sequence <= last:
                parts = ((first, sequence - 1), (sequence + 1, last))
                self._holes[place : place + 1] = [part for part in parts if part[0] <= part[1]]
                return

    def update(self, ledger: LedgerState, at: float) -> None:
        """Apply the *ledger* that the checkpoint published, received at time *at*."""
        if ledger.last_seq > self.last:
            self.last = ledger.last_seq
            self._progress = at
        self._acknowledged = max(self._acknowledged, ledger.acked_seq)
        self.chain.check_head(Mark(ledger.head_seq, ledger.head))

    def gaps(self, at: float, reorder_s: float) -> list[tuple[int, int]]:
        """Return the ranges that are certainly missing at time *at*: (first, last)."""
        quiet = at - self._progress > reorder_s
        limit = self.last if quiet else min(self._acknowledged, self.last)
        open_end = (self._highest + 1, self.last)
        return [
            (first, min(last, limit)) for first, last in (*self._holes, open_end) if first <= limit
        ]


class CheckpointView:
    """The state of one checkpoint, as its messages show it.

    :ivar status: ``online``, ``offline`` or ``unknown``
    :ivar visits: open visits, with the step that each completed last (None: none yet)
    :ivar overdue: (visit, step) of the steps that are over their standard time
    :ivar alarms: the alarms that stand now, by kind
    :ivar occupancy: the last ``state/occupancy``
    """

    def __init__(self) -> None:
        self.status = "unknown"
        self.session = 0
        self.streams: dict[str, Stream] = {}
        self.stream = ""
        self.visits: dict[str, str | None] = {}
        self.overdue: set[tuple[str, str]] = set()
        self.alarms: dict[str, dict[str, Any]] = {}
        self.occupancy: dict[str, Any] = {}
        self.outcomes: Counter[str] = Counter()
        self.counts: Counter[str] = Counter(records=0, stills=0, duplicates=0)

    @property
    def last(self) -> int:
        """The contiguous sequence of the present stream; 0 before the first record."""
        return self.streams[self.stream].contiguous if self.stream in self.streams else 0

    def gaps(self, at: float, reorder_s: float = REORDER_S) -> list[tuple[int, int]]:
        """Return the ranges that are certainly missing, of all streams."""
        return [gap for stream in self.streams.values() for gap in stream.gaps(at, reorder_s)]

    @property
    def broken(self) -> list[int]:
        """The sequences at which a chain is broken, of all streams."""
        return sorted({one for stream in self.streams.values() for one in stream.chain.broken})


class Seen(msgspec.Struct, frozen=True):
    """The result of one message.

    :ivar event: the CloudEvent as a JSON object, a still's image replaced by its size and digest;
        None for a live topic
    :ivar duplicate: True if it had come before
    """

    checkpoint: str
    suffix: str
    event: dict[str, Any] | None = None
    duplicate: bool = False


class Consumer:
    """Follows all checkpoints under one topic root.

    :ivar checkpoints: by ``site/checkpoint``
    :ivar malformed: the number of messages that break the contract
    """

    def __init__(self, root: str = ROOT, reorder_s: float = REORDER_S) -> None:
        self.checkpoints: dict[str, CheckpointView] = {}
        self.malformed = 0
        self._root = root
        self._reorder_s = reorder_s
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def take(
        self, topic: str, payload: bytes, attributes: Mapping[str, str], content: str, at: float
    ) -> Seen:
        """Apply one message that came at time *at*, seconds.

        :param attributes: the message's user properties
        :param content: its content type
        :raises ProtocolError: if it breaks the contract; it is counted
        """
        try:
            return self._take(topic, payload, attributes, content, at)
        except (msgspec.DecodeError, ValueError, KeyError, RecursionError) as error:
            self.malformed += 1
            raise ProtocolError(f"{topic}: {error}") from error

    def gaps(self, at: float) -> dict[str, list[tuple[int, int]]]:
        """Return the certainly missing ranges by checkpoint; those without gaps are left out."""
        found = {name: view.gaps(at, self._reorder_s) for name, view in self.checkpoints.items()}
        return {name: gaps for name, gaps in found.items() if gaps}

    def _take(
        self, topic: str, payload: bytes, attributes: Mapping[str, str], content: str, at: float
    ) -> Seen:
        name, suffix = self._split(topic)
        view = self.checkpoints.setdefault(name, CheckpointView())
        if content == STILL_CONTENT or suffix.startswith("still/"):
            return self._still(view, Seen(name, suffix), payload, attributes)
        if suffix.startswith("report/") and not payload:
            return Seen(name, suffix)  # a retained message was deleted
        if suffix.startswith(("event/", "report/")):
            return self._record(view, Seen(name, suffix), payload, at)
        _take_live(view, suffix, payload, at)
        return Seen(name, suffix)

    def _split(self, topic: str) -> tuple[str, str]:
        if not topic.startswith(self._root + "/"):
            raise ValueError(f"not under {self._root}")
        levels = topic[len(self._root) + 1 :].split("/", _LEVELS)
        if len(levels) <= _LEVELS:
            raise ValueError("names no site, checkpoint and kind")
        return "/".join(levels[:_LEVELS]), levels[_LEVELS]

    def _still(
        self, view: CheckpointView, seen: Seen, payload: bytes, attributes: Mapping[str, str]
    ) -> Seen:
        head = msgspec.convert(dict(attributes), Head)
        if head.type == TRIAL_TYPE:
            return seen
        digest = hashlib.sha256(payload).hexdigest()
        purpose = seen.suffix.removeprefix("still/")
        data = {"purpose": purpose, "size": len(payload), "sha256": digest}
        event = {**attributes, "datacontenttype": STILL_CONTENT, "data": data}
        duplicate = self._is_duplicate(view, head)
        if not duplicate:
            view.counts["stills"] += 1
        return msgspec.structs.replace(seen, event=event, duplicate=duplicate)

    def _record(self, view: CheckpointView, seen: Seen, payload: bytes, at: float) -> Seen:
        head = msgspec.json.decode(payload, type=Head)
        event = msgspec.json.decode(payload, type=dict[str, Any])
        if head.type == TRIAL_TYPE:
            return seen
        sequence = int(head.sequence[:_SEQUENCE_DIGITS])
        if len(head.sequence) > _SEQUENCE_DIGITS or sequence < 1 or not head.streamid:
            raise ValueError("a record without stream and sequence")
        # The broker's ACL covers topics only: a client allowed here could name any source.
        if head.source != f"/gardu/{seen.checkpoint}":
            raise ValueError(f"{head.source} does not publish here")
        duplicate = self._is_duplicate(view, head)
        if not duplicate:
            view.counts["records"] += 1
            view.stream = head.streamid
            new = Stream(head.streamid, sequence - 1, at)
            stream = view.streams.setdefault(head.streamid, new)
            stream.arrived(sequence, at)
            if head.prevhash is not None:
                stream.chain.arrived(sequence, head.prevhash, payload)
            _follow(view, head)
        return msgspec.structs.replace(seen, event=event, duplicate=duplicate)

    def _is_duplicate(self, view: CheckpointView, head: Head) -> bool:
        key = (head.source, head.id)
        if key in self._ids:
            self._ids.move_to_end(key)
            view.counts["duplicates"] += 1
            return True
        self._ids[key] = None
        if len(self._ids) > MOST_IDS:
            self._ids.popitem(last=False)
        return False


def _take_live(view: CheckpointView, suffix: str, payload: bytes, at: float) -> None:
    if suffix == "status" and payload:
        status = msgspec.json.decode(payload, type=Status)
        if status.status == "online" or status.session >= view.session:
            view.status, view.session = status.status, status.session
    elif suffix == "ledger" and payload:
        ledger = msgspec.json.decode(payload, type=LedgerState)
        view.stream = ledger.streamid
        # Rule 4: records acknowledged before this consumer joined are not missing.
        new = Stream(ledger.streamid, ledger.acked_seq, at)
        stream = view.streams.setdefault(ledger.streamid, new)
        stream.update(ledger, at)
    elif suffix == "state/occupancy" and payload:
        occupancy = msgspec.json.decode(payload, type=dict[str, Any])
        msgspec.convert(occupancy.get("steps", []), list[StepCount])
        view.occupancy = occupancy
    elif suffix.startswith("state/alarm/"):
        kind = suffix.removeprefix("state/alarm/")
        if payload:
            view.alarms[kind] = msgspec.json.decode(payload, type=dict[str, Any])
        else:
            view.alarms.pop(kind, None)


def _follow(view: CheckpointView, head: Head) -> None:
    """Update visits, overdue steps and outcomes from a record."""
    data = head.data if isinstance(head.data, dict) else {}
    visit = data.get("visit")
    match head.type:
        case "gardu.visit.opened.v1":
            view.visits[str(visit)] = None
        case "gardu.step.completed.v1":
            view.visits[str(visit)] = str(data["step"])
            view.overdue.discard((str(visit), str(data["step"])))
        case "gardu.step.overdue.v1":
            view.overdue.add((str(visit), str(data["step"])))
        case "gardu.visit.closed.v1":
            view.visits.pop(str(visit), None)
            view.overdue = {one for one in view.overdue if one[0] != visit}
            view.outcomes[str(data["outcome"])] += 1
