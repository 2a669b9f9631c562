"""Asks checkpoints for the records that the office misses: ``cmd/resend`` (docs/mqtt.md).

Rules
-----
1. One request at a time to a checkpoint, for its oldest gap that has stood long enough.
2. A request without an answer, or whose records do not come, is repeated after a growing pause.
3. Where the answer says that no record of the range is stored, the gap is closed: they are gone.
"""

import logging
import uuid
from collections import OrderedDict
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from edge.clock import Clock
from edge.mqtt.requests import MOST_RESENT, RESEND, Answer, ResendRange
from edge.mqtt.signatures import SigningKey
from office.database import asking
from office.database.asking import GapToAsk
from office.ingest.outgoing import Outgoing, outgoing
from office.ingest.replies import Reply

log = logging.getLogger(__name__)

# A gap that was asked for is asked for again after this time, seconds.
REPEAT_S = 300.0
# Expiry of a request at the broker: later the checkpoint would refuse it as too old, seconds.
_EXPIRY_S = 120
# After an answer "too soon" the next request waits this long, milliseconds.
_PAUSE_MS = 10_000
# Requests whose answers are waited for, at most.
_MOST_OPEN = 10_000


class Asker:
    """Asks for the gaps of all checkpoints.

    :meth:`take` runs on the loop, :meth:`round` on the database's thread.

    :param after_s: how long a gap stands before it is asked for, seconds
    :param key: signs the requests; None: they are sent unsigned
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        after_s: float,
        repeat_s: float = REPEAT_S,
        key: SigningKey | None = None,
    ) -> None:
        self._key = key
        self._engine = engine
        self._clock = clock
        self._after_ms = round(after_s * 1e3)
        self._repeat_ms = round(repeat_s * 1e3)
        self._open: OrderedDict[str, GapToAsk] = OrderedDict()
        self._answers: list[tuple[str, Answer]] = []

    def take(self, reply: Reply) -> bool:
        """Return True if *reply* is to a request of this asker; the next :meth:`round` stores it.

        Answers that are too many are dropped: what they are about is asked for again.
        """
        answer = reply.answer
        if answer is None or answer.id not in self._open:
            return False
        if len(self._answers) < _MOST_OPEN:
            self._answers.append((reply.checkpoint, answer))
        return True

    def round(self) -> list[Outgoing]:
        """Store the answers that have come; return the requests that are due.

        :raises DBAPIError: if the database cannot be used now: call it again
        """
        now_ms = self._clock.now().wall_ms
        answers, self._answers = self._answers, []
        with self._engine.begin() as connection:
            for name, answer in answers:
                gap = self._open.pop(answer.id or "", None)
                if gap is not None and gap.checkpoint == name:
                    self._store(connection, gap, answer, now_ms)
            found = asking.gaps_to_ask(
                connection,
                opened_before_ms=now_ms - self._after_ms,
                asked_before_ms=now_ms - self._repeat_ms,
            )
            due = [gap._replace(last=min(gap.last, gap.first + MOST_RESENT - 1)) for gap in found]
            for gap in due:
                asking.note_asked(connection, gap, now_ms)
        return [self._request(gap, now_ms) for gap in due]

    def _store(self, connection: Connection, gap: GapToAsk, answer: Answer, now_ms: int) -> None:
        if answer.ok and answer.resent:
            words = f"{answer.resent} are sent again, {answer.missing} are not there"
            asking.note_answer(connection, gap, words)
        elif answer.ok or answer.word == "no such stream":
            asking.give_up(connection, gap, now_ms, answer.word or "none is there")
        elif answer.word == "too soon":
            asking.note_asked(connection, gap, now_ms - self._repeat_ms + _PAUSE_MS)
        else:
            words = f"{answer.word}: {answer.why}"
            asking.note_answer(connection, gap, words)
            log.warning("%s does not send records again: %s", gap.checkpoint, words)

    def _request(self, gap: GapToAsk, now_ms: int) -> Outgoing:
        request = ResendRange(
            id=str(uuid.uuid4()),
            time=datetime.fromtimestamp(now_ms / 1e3, UTC),
            stream=gap.stream,
            first=gap.first,
            last=gap.last,
        )
        self._open[request.id] = gap
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        log.info("%s: records %d to %d are missing: asked for", gap.checkpoint, gap.first, gap.last)
        return outgoing(gap.checkpoint, RESEND, request, key=self._key, expiry_s=_EXPIRY_S)
