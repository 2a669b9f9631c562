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
6. Memory is bounded, also against a publisher that sends any topics and payloads: so many
   checkpoints are followed, and so many visits, alarms, streams … of each. The rest is counted.
7. A message costs the same with one checkpoint and with thousands: it touches its own checkpoint
   only, and :attr:`Consumer.changed` and :attr:`Consumer.incomplete` name the few to look at.
8. Messages of `gardu doctor broker` (type :data:`~edge.mqtt.messages.TRIAL_TYPE`) are no records.
"""

import hashlib
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from edge.errors import ProtocolError
from edge.mqtt.messages import ROOT, STILL_CONTENT, TRIAL_TYPE, LedgerState, Status
from edge.store.chain import ChainLink, Mark, Witness

# Reorder time-out, seconds: a hole may be a record that was refused once and comes later.
REORDER_S = 10.0
# Message ids remembered: far more than the largest resend window can repeat.
MOST_IDS = 200_000
# Checkpoints followed; a province has some hundreds.
MOST_CHECKPOINTS = 10_000
# Of one checkpoint: open visits, overdue steps, steps with visits, holes of a stream. A lobby has
# a few dozen visits.
MOST_VISITS = 1000
# Of one checkpoint: alarms that stand, and outcomes; the contract knows about twenty of each.
MOST_KINDS = 100
# Streams of one checkpoint: a new one begins at each restore of its database.
MOST_STREAMS = 16
# Length of an identifier, characters: the contract's own have at most 60.
_LONGEST = 200
# Digits of a sequence.
_SEQUENCE_DIGITS = 16
# Below the root: site and checkpoint, then the suffix.
_LEVELS = 2
# Live topics beside those below ``state/``.
_LIVE = ("status", "meta", "health", "ledger")


Identifier = Annotated[str, Meta(max_length=_LONGEST)]


class StepCount(msgspec.Struct, frozen=True):
    """The number of visits at a step, in ``state/occupancy``."""

    step: Identifier
    visits: int


class PlaceCount(msgspec.Struct, frozen=True):
    """A place with limited room, in ``state/occupancy``: persons there, and those who wait."""

    place: Identifier
    at_most: int
    persons: int
    waiting: int = 0


class Occupancy(msgspec.Struct, frozen=True):
    """The part of ``state/occupancy`` that a consumer uses."""

    steps: Annotated[tuple[StepCount, ...], Meta(max_length=MOST_VISITS)] = ()
    cards_missing: int = 0
    places: Annotated[tuple[PlaceCount, ...], Meta(max_length=MOST_VISITS)] = ()


class Alarm(msgspec.Struct, frozen=True):
    """The part of ``state/alarm/{kind}`` that a consumer uses."""

    since: Identifier = ""
    acknowledged: Identifier | None = None
    visits: int | None = None
    persons: int | None = None


class Head(msgspec.Struct, frozen=True):
    """The parts of a CloudEvent that a consumer uses."""

    id: Identifier
    source: Identifier
    type: Identifier
    streamid: Identifier = ""
    sequence: str = "0"
    prevhash: ChainLink | None = None
    data: Any = None


class Stream:
    """Follows one stream: which sequences have come, and whether its chain is unbroken.

    :ivar last: the highest sequence that is known to exist
    :ivar chain: the check of its hash chain
    :ivar unfollowed: number of holes beyond ``MOST_VISITS``, which are not followed
    """

    def __init__(self, name: str, before: int, at: float) -> None:
        self.last = before
        self.chain = Witness(name)
        self.unfollowed = 0
        self._highest = before
        self._holes: list[tuple[int, int]] = []
        self._acknowledged = 0
        self._progress = at

    @property
    def incomplete(self) -> bool:
        """True if a record may be missing."""
        return bool(self._holes) or self.last > self._highest

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
                self._add_hole(self._highest + 1, sequence - 1)
            self._highest = sequence
            return
        place = bisect_left(self._holes, sequence, key=_last_of)
        if place < len(self._holes) and self._holes[place][0] <= sequence:
            first, last = self._holes.pop(place)
            parts = ((first, sequence - 1), (sequence + 1, last))
            self._holes[place:place] = [part for part in parts if part[0] <= part[1]]

    def _add_hole(self, first: int, last: int) -> None:
        if len(self._holes) < MOST_VISITS:
            self._holes.append((first, last))
        else:
            self.unfollowed += 1

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
    :ivar occupancy: the last ``state/occupancy``; None: none yet
    :ivar counts: of ``records``, ``stills`` and ``duplicates``; and of what was ``unfollowed``,
        because there was too much of it
    """

    def __init__(self) -> None:
        self.status = "unknown"
        self.session = 0
        self.streams: dict[str, Stream] = {}
        self.stream = ""
        self.visits: dict[str, str | None] = {}
        self.overdue: set[tuple[str, str]] = set()
        self.alarms: dict[str, Alarm] = {}
        self.occupancy: Occupancy | None = None
        self.outcomes: Counter[str] = Counter()
        self.counts: Counter[str] = Counter(records=0, stills=0, duplicates=0)

    @property
    def last(self) -> int:
        """The contiguous sequence of the present stream; 0 before the first record."""
        return self.streams[self.stream].contiguous if self.stream in self.streams else 0

    @property
    def incomplete(self) -> bool:
        """True if a record of any stream may be missing."""
        return any(stream.incomplete for stream in self.streams.values())

    @property
    def unfollowed(self) -> int:
        """The number of visits, alarms, streams … that were too many to be followed."""
        return self.counts["unfollowed"] + sum(
            stream.unfollowed for stream in self.streams.values()
        )

    def gaps(self, at: float, reorder_s: float = REORDER_S) -> list[tuple[int, int]]:
        """Return the ranges that are certainly missing, of all streams."""
        return [gap for stream in self.streams.values() for gap in stream.gaps(at, reorder_s)]

    def stream_of(self, name: str, before: int, at: float) -> Stream:
        """Return the stream *name*, the present one from now on.

        :param before: its last sequence that this consumer need not receive, if it is new
        """
        self.stream = name
        stream = self.streams.get(name)
        if stream is None:
            if len(self.streams) >= MOST_STREAMS:
                self.counts["unfollowed"] += 1
                del self.streams[next(iter(self.streams))]
            stream = self.streams[name] = Stream(name, before, at)
        return stream

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
    :ivar changed: names of the checkpoints that have had a message; the caller empties it
    :ivar incomplete: names of the checkpoints that may have a gap
    :ivar malformed: the number of messages that break the contract
    :ivar unknown: the number of messages on topics that the contract does not have
    :ivar unfollowed: the number of messages of checkpoints beyond ``MOST_CHECKPOINTS``
    """

    def __init__(self, root: str = ROOT, reorder_s: float = REORDER_S) -> None:
        self.checkpoints: dict[str, CheckpointView] = {}
        self.changed: set[str] = set()
        self.incomplete: set[str] = set()
        self.malformed = self.unknown = self.unfollowed = 0
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
        found = {name: self.gaps_of(name, at) for name in self.incomplete}
        return {name: gaps for name, gaps in found.items() if gaps}

    def gaps_of(self, name: str, at: float) -> list[tuple[int, int]]:
        """Return the certainly missing ranges of the checkpoint *name*."""
        view = self.checkpoints.get(name)
        return [] if view is None else view.gaps(at, self._reorder_s)

    def _take(
        self, topic: str, payload: bytes, attributes: Mapping[str, str], content: str, at: float
    ) -> Seen:
        name, suffix = self._split(topic)
        view, seen = self.checkpoints.get(name) or CheckpointView(), Seen(name, suffix)
        if suffix.startswith("report/") and not payload:
            return seen  # a retained message was deleted
        if content == STILL_CONTENT or suffix.startswith("still/"):
            seen = self._still(view, seen, payload, attributes, content)
        elif suffix.startswith(("event/", "report/")):
            seen = self._record(view, seen, payload, at)
        elif suffix in _LIVE or suffix.startswith("state/"):
            _take_live(view, suffix, payload, at)
        else:
            # Requests to a checkpoint and its answers do not show its state.
            self.unknown += not suffix.startswith(("cmd/", "reply/"))
            return seen
        self._follow(name, view)
        return seen

    def _follow(self, name: str, view: CheckpointView) -> None:
        """Store *view*, which a message has changed; a new one only while there is room."""
        if name not in self.checkpoints:
            if len(self.checkpoints) >= MOST_CHECKPOINTS or len(name) > _LONGEST:
                self.unfollowed += 1
                return
            self.checkpoints[name] = view
        self.changed.add(name)
        if view.incomplete:
            self.incomplete.add(name)
        else:
            self.incomplete.discard(name)

    def _split(self, topic: str) -> tuple[str, str]:
        if not topic.startswith(self._root + "/"):
            raise ValueError(f"not under {self._root}")
        levels = topic[len(self._root) + 1 :].split("/", _LEVELS)
        if len(levels) <= _LEVELS:
            raise ValueError("names no site, checkpoint and kind")
        return "/".join(levels[:_LEVELS]), levels[_LEVELS]

    def _still(
        self,
        view: CheckpointView,
        seen: Seen,
        payload: bytes,
        attributes: Mapping[str, str],
        content: str,
    ) -> Seen:
        head = msgspec.convert(dict(attributes), Head)
        if head.type == TRIAL_TYPE:
            return seen
        digest = hashlib.sha256(payload).hexdigest()
        purpose = seen.suffix.removeprefix("still/")
        data = {"purpose": purpose, "size": len(payload), "sha256": digest}
        event = {**attributes, "datacontenttype": content or STILL_CONTENT, "data": data}
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
            stream = view.stream_of(head.streamid, sequence - 1, at)
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
        if len(ledger.streamid) > _LONGEST:
            raise ValueError("the stream's name is too long")
        # Rule 4: records acknowledged before this consumer joined are not missing.
        view.stream_of(ledger.streamid, ledger.acked_seq, at).update(ledger, at)
    elif suffix == "state/occupancy" and payload:
        view.occupancy = msgspec.json.decode(payload, type=Occupancy)
    elif suffix.startswith("state/alarm/"):
        _take_alarm(view, suffix.removeprefix("state/alarm/"), payload)


def _take_alarm(view: CheckpointView, kind: str, payload: bytes) -> None:
    if not payload:
        view.alarms.pop(kind, None)
        return
    alarm = msgspec.json.decode(payload, type=Alarm)
    if kind in view.alarms or (len(view.alarms) < MOST_KINDS and len(kind) <= _LONGEST):
        view.alarms[kind] = alarm
    else:
        view.counts["unfollowed"] += 1


def _follow(view: CheckpointView, head: Head) -> None:
    """Update visits, overdue steps and outcomes from a record."""
    data = head.data if isinstance(head.data, dict) else {}
    visit = _short(data.get("visit"))
    match head.type:
        case "gardu.visit.opened.v1":
            _set_visit(view, visit, None)
        case "gardu.step.completed.v1":
            step = _short(data["step"])
            _set_visit(view, visit, step)
            view.overdue.discard((visit, step))
        case "gardu.step.overdue.v1":
            if len(view.overdue) < MOST_VISITS:
                view.overdue.add((visit, _short(data["step"])))
            else:
                view.counts["unfollowed"] += 1
        case "gardu.visit.closed.v1":
            view.visits.pop(visit, None)
            view.overdue = {one for one in view.overdue if one[0] != visit}
            outcome = _short(data["outcome"])
            known = outcome in view.outcomes or len(view.outcomes) < MOST_KINDS
            view.outcomes[outcome if known else "…"] += 1


def _set_visit(view: CheckpointView, visit: str, step: str | None) -> None:
    """Store the last completed *step* of an open visit; the oldest visit goes if there are many."""
    if visit not in view.visits and len(view.visits) >= MOST_VISITS:
        view.counts["unfollowed"] += 1
        del view.visits[next(iter(view.visits))]
    view.visits[visit] = step


def _short(value: object) -> str:
    return str(value)[:_LONGEST]


def _last_of(hole: tuple[int, int]) -> int:
    return hole[1]
