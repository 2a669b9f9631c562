"""Own topics: repairs this checkpoint's retained topics when another client deletes or forges them.

Rules
-----
1. The topics are subscribed to after the live topics have been sent on a connection: what is then
   stored at the broker must be ours. QoS 0: a lost message does no harm, and none waits for a
   session. No Local: our own messages do not come back. If they do, they do no harm either.
2. A message without the retain flag was published just now. If it is not the present value, the
   topic is published again after a pause, unless that has happened meanwhile. The pauses grow with
   the repairs of that topic: two clients that repair each other's messages must not do so for ever.
3. Below ``state/`` all topics are ours. One that this checkpoint does not know is deleted: it is of
   an earlier database, or forged.
4. Reports that were delivered and are not stored any more are published again, the same bytes under
   the same id. That is decided only when ``status`` has come, which shows that the checkpoint may
   read its topics.
5. Each repair is counted; events and log lines are limited, as is the number of unknown topics.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import msgspec

from edge import waits
from edge.mqtt.backoff import Backoff
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.in_flight import OutgoingMessage
from edge.mqtt.live_topics import LiveTopics
from edge.mqtt.messages import LIVE_CONTENT, Status
from edge.mqtt.packets import BrokerAnswer, Filter, Packed
from edge.mqtt.rate_limit import RateLimit
from edge.mqtt.suspects import Key
from edge.sop.events import InputRefused, Post
from edge.store.cloudevent import RECORD_CONTENT
from edge.store.rows import OutboxRow

log = logging.getLogger(__name__)

# ``status`` is the last: when it comes, the broker has begun to send the others.
FILTERS = tuple(
    Filter(suffix, qos=0, no_local=True)
    for suffix in ("report/+", "state/#", "meta", "health", "ledger", "status")
)
STATE = "state/"
REPORT = "report/"
# Interval of repairs, real seconds; a broker needs some to send all that it has stored.
INTERVAL_S = 2.0
# Pauses between repairs of one topic, and after which time without one they begin again, seconds.
BACKOFF = Backoff(INTERVAL_S, 300.0)
FORGET_S = 900.0
# Unknown topics below ``state/`` that wait to be deleted, and unknown reports; further ones are not
# noted.
MOST_UNKNOWN = 64
# Longest unknown topic that is deleted, characters.
LONGEST = 200
# Reports that are looked after: those of the last months.
MOST_REPORTS = 12
# Events and log lines: at once, and then one each so many real seconds.
BURST = 10
EVERY_S = 300.0

# The last statuses of this run that are known as ours, if the broker sends one of them again.
_STATUSES = 10


class OwnTopics:
    """The checkpoint's retained topics at the broker.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    :param live: the present values
    :param reports: returns the records of the reports that have been delivered
    :param counts: the uplink's; ``topics_repaired`` and ``refused`` are counted
    :ivar on_foreign_session: called with the session number in a ``status`` that another client has
        published for this checkpoint, as often as events are posted
    """

    def __init__(
        self,
        base: str,
        live: LiveTopics,
        reports: Callable[[], Awaitable[Iterable[OutboxRow]]],
        post: Post,
        counts: Counter[str],
    ) -> None:
        self.on_foreign_session: Callable[[int], None] = _log_session
        self._base = base
        self._live = live
        self._load_reports = reports
        self._post = post
        self._counts = counts
        self._limit = RateLimit(BURST, EVERY_S)
        self._sessions = RateLimit(BURST, EVERY_S)
        self._repairs: Counter[str] = Counter()
        self._repaired_at: dict[str, float] = {}
        self._statuses: deque[bytes] = deque(maxlen=_STATUSES)
        self.begin(0)

    def begin(self, session: int) -> None:
        """Begin a new connection, with the session number *session*."""
        self._session = session
        self._statuses.append(self._live.value("status").payload)
        self._farewell: bytes | None = None
        self._reports: dict[str, OutboxRow] = {}
        self._missing: set[str] = set()
        self._suspects: dict[str, str] = {}
        self._unknown: dict[str, None] = {}
        self._due: dict[str, OutgoingMessage] = {}
        self._live_sent = asyncio.Event()
        self._readable = False

    def expect(self, session: int) -> None:
        """Note that a connection with this number is being made.

        What the broker had queued, such as the will of the connection before, may come before it
        begins.
        """
        self._session = session

    def put(self, message: IncomingMessage) -> None:
        """Compare a message that has come on one of the topics with its present value."""
        suffix, payload = message.topic.removeprefix(self._base), message.payload
        expected = self._expected(suffix)
        if suffix == "status":
            self._readable = True
            if payload != expected:
                self._check_session(payload, stored=message.retain)
        if payload == expected:
            self._missing.discard(suffix)
            self._suspects.pop(suffix, None)
        elif expected is None and not suffix.startswith((STATE, REPORT)):
            pass  # it has not been published on this connection
        elif suffix.startswith(STATE) and self._live.get(suffix) is None:
            self._note_unknown(suffix)
        elif message.retain and suffix != "status":
            pass  # stored before its last change was sent
        elif expected is not None or len(self._suspects) < MOST_UNKNOWN:
            self._suspects[suffix] = "forged" if payload else "deleted"

    def sent(self, suffix: str) -> None:
        """Note that the live topic *suffix* has been sent: that repairs it too."""
        self._suspects.pop(suffix, None)

    def leave(self, status: bytes) -> None:
        """Note that *status* is being published as the last one of this connection."""
        self._farewell = status

    def live_sent(self) -> None:
        """Note that all live topics have been sent on this connection."""
        self._live_sent.set()

    def next_message(self, may_go: Callable[[Key], bool]) -> OutgoingMessage | None:
        """Return the next repair to publish that is not a live topic's; None if there is none.

        :param may_go: False for one on which the broker hangs up; it is dropped
        """
        while self._due:
            suffix = next(iter(self._due))
            message = self._due.pop(suffix)
            # Or it has become ours meanwhile.
            if self._live.get(suffix) is None and may_go(message.key):
                return message
        return None

    async def serve(
        self, subscribe: Callable[[str, Sequence[Filter]], None], notify: Callable[[], None]
    ) -> None:
        """Subscribe, then repair until cancelled.

        :param notify: called when :meth:`next_message` may return a repair
        """
        await self._live_sent.wait()
        await self._read_reports()
        self._missing = set(self._reports)
        subscribe("own-topics", FILTERS)
        notify()
        while True:
            readable = self._readable
            await waits.pause_checks(
                INTERVAL_S, INTERVAL_S if self._suspects else waits.LONGEST_PAUSE_S
            )
            if readable:
                self._suspects |= dict.fromkeys(self._missing, "lost")
                self._missing.clear()
            now = asyncio.get_running_loop().time()
            if any(one.startswith(REPORT) and self._may_repair(one, now) for one in self._suspects):
                await self._read_reports()  # there may be newer ones
            if self._repair(now):
                notify()

    async def _read_reports(self) -> None:
        self._reports = {row.topic: row for row in await self._load_reports()}

    def _expected(self, suffix: str) -> bytes | None:
        """Return the payload that the broker must have; None if that is not known."""
        if suffix == "status" and self._farewell is not None:
            return self._farewell
        if suffix in self._reports:
            return self._reports[suffix].payload
        value = self._live.get(suffix)
        if value is not None:
            return value.payload
        return b"" if suffix.startswith(STATE) else None

    def _note_unknown(self, suffix: str) -> None:
        publishable = suffix.isascii() and suffix.isprintable() and len(suffix) <= LONGEST
        if publishable and len(self._unknown) < MOST_UNKNOWN:
            self._unknown[suffix] = None

    def _check_session(self, payload: bytes, *, stored: bool) -> None:
        """Report the session of a ``status`` that is not ours.

        With a lower number a stored one, or a will, may be of an earlier connection of ours; and
        the broker may send again what it had queued then.
        """
        if payload in self._statuses:
            return
        try:
            status = msgspec.json.decode(payload, type=Status)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        may_be_ours = stored or status.status == "offline"
        foreign = status.session >= self._session or not may_be_ours
        if foreign and self._sessions.allows(asyncio.get_running_loop().time()):
            self.on_foreign_session(status.session)

    # -- repairs

    def _repair(self, now: float) -> bool:
        """Make the repairs due whose pause is over; return True if there are any."""
        suspects = [suffix for suffix in self._suspects if self._may_repair(suffix, now)]
        for suffix in suspects:
            why = self._suspects.pop(suffix)
            if suffix in self._reports:
                row = self._reports[suffix]
                self._publish(suffix, row.payload, _RECORD)
            elif self._live.get(suffix) is not None:
                self._live.put_again(suffix)
            else:  # a report that is not ours
                continue
            self._count(suffix, suffix, f"topic {why}", now)
        if self._unknown and self._may_repair(STATE, now):
            for suffix in self._unknown:
                self._publish(suffix, b"", _LIVE)
                self._count(STATE, suffix, "topic unknown", now)
            self._unknown.clear()
            return True
        return bool(suspects)

    def _may_repair(self, key: str, now: float) -> bool:
        """Return True if the pause after the last repair of *key* is over."""
        last = self._repaired_at.get(key)
        if last is None or now - last > FORGET_S:
            self._repairs.pop(key, None)
            return True
        return now - last >= BACKOFF.delay(self._repairs[key])

    def _publish(self, suffix: str, payload: bytes, properties: Packed) -> None:
        where = self._base + suffix
        self._due[suffix] = OutgoingMessage(
            Key("live", suffix), where, payload, properties, True, self._on_puback
        )

    def _on_puback(self, answer: BrokerAnswer) -> None:
        if answer.refused:
            self._counts["refused"] += 1

    def _count(self, key: str, suffix: str, why: str, now: float) -> None:
        """Count a repair of *suffix*; *key* is the topic, or topics, that have one pause."""
        if self._repaired_at.get(key) != now:
            self._repairs[key] += 1
            self._repaired_at[key] = now
        self._counts["topics_repaired"] += 1
        if self._limit.allows(now):
            log.warning("%s by another client, or by the broker: %s; repaired", why, suffix)
            self._post(partial(InputRefused, device="broker", why=why))


_LIVE = Packed(LIVE_CONTENT)
_RECORD = Packed(RECORD_CONTENT)


def _log_session(session: int) -> None:
    log.warning("another client has published status of this checkpoint: session %d", session)
