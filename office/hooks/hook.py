"""One hook: its queue, and the task that sends what waits in it, in order."""

import asyncio
import logging
import threading
from collections import Counter, deque
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from edge.clock import Clock
from edge.mqtt.backoff import Backoff
from edge.mqtt.rate_limit import RateLimit
from edge.worker import notify
from office.hooks.notices import Notice, StoredRecord, notice_of, wanted
from office.hooks.receiver import Answer, Receiver
from office.hooks.settings import HookSection, read_secret

log = logging.getLogger(__name__)

BACKOFF = Backoff(1.0, 60.0)
# Lines of the log about notices that were not delivered: at once, and then one each so many s.
_BURST, _EVERY_S = 10, 60.0


class _Waiting(NamedTuple):
    notice: Notice
    offered_ms: int


class Hook:
    """Sends the notices of records to one receiver.

    :param backoff: the pauses between the tries of one notice
    :ivar counts: ``delivered``; ``tries_failed``; and what was not delivered: ``refused``,
        ``too_old``, ``dropped`` (the queue was full), ``unreadable`` (records)
    :ivar problem: why the last try failed; empty if it did not
    :raises ConfigError: if a file of *section* cannot be used
    """

    def __init__(self, section: HookSection, clock: Clock, backoff: Backoff = BACKOFF) -> None:
        self.counts: Counter[str] = Counter()
        self.problem = ""
        self._section = section
        self._clock = clock
        self._backoff = backoff
        self._receiver = Receiver(section, read_secret(section.secret_file))
        # The path may have a secret of its own (chat services), so it is not logged.
        self._name = urlsplit(section.url).netloc
        self._limit = RateLimit(_BURST, _EVERY_S)
        self._queue: deque[_Waiting] = deque()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._filled = asyncio.Event()

    @property
    def waiting(self) -> int:
        """The number of notices that wait."""
        return len(self._queue)

    def offer(self, record: StoredRecord) -> None:
        """Queue the notice of *record*, if this hook is for it; never waits, from any thread."""
        try:
            notice = notice_of(record)
        except (msgspec.MsgspecError, ValueError):
            self.counts["unreadable"] += 1
            return
        if notice is not None:
            self.tell(notice)

    def tell(self, notice: Notice) -> None:
        """Queue *notice*, if this hook is for it; never waits, from any thread."""
        if not wanted(notice, self._section):
            return
        with self._lock:
            self._queue.append(_Waiting(notice, self._clock.wall_ms()))
            oldest = self._queue.popleft() if len(self._queue) > self._section.queue else None
            loop = self._loop
        if oldest is not None:
            self._undelivered("dropped", oldest.notice, "too many notices wait")
        if loop is not None:
            notify(loop, self._filled.set)

    async def run(self) -> None:
        """Send what is offered, until cancelled; what still waits then is lost."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        try:
            async with self._receiver:
                while True:
                    await self._send(await self._next())
        finally:
            with self._lock:
                self._loop = None
            if self._queue:
                log.warning("hook %s: %d notices are lost with the end", self._name, self.waiting)

    async def _next(self) -> _Waiting:
        while True:
            self._filled.clear()
            with self._lock:
                if self._queue:
                    return self._queue.popleft()
            await self._filled.wait()

    async def _send(self, one: _Waiting) -> None:
        """Try to deliver *one* until it is accepted, refused, or too old."""
        failures = 0
        while not self._too_old(one):
            answer = await self._try(one.notice)
            if answer.outcome == "accepted":
                self.counts["delivered"] += 1
                if self.problem:
                    log.info("hook %s: it works again", self._name)
                self.problem = ""
                return
            self.counts["tries_failed"] += 1
            if answer.why != self.problem:
                log.warning("hook %s: %s", self._name, answer.why)
            self.problem = answer.why
            if answer.outcome == "refused":
                self._undelivered("refused", one.notice, answer.why)
                return
            failures += 1
            await asyncio.sleep(max(self._backoff.delay(failures), answer.pause_s))
        self._undelivered("too_old", one.notice, f"older than {self._section.give_up_s:g} s")

    async def _try(self, notice: Notice) -> Answer:
        try:
            return await self._receiver.post(notice, self._clock.wall_ms())
        except Exception as error:  # a hook must not end the office
            log.exception("hook %s: a fault of ours", self._name)
            return Answer("refused", f"a fault of ours: {error}")

    def _too_old(self, one: _Waiting) -> bool:
        """Return True if *one* waits, or happened, too long ago (by a clock that was trusted)."""
        since = one.offered_ms
        if one.notice.happened_ms is not None:
            since = min(since, one.notice.happened_ms)
        return self._clock.wall_ms() - since > self._section.give_up_s * 1000

    def _undelivered(self, word: str, notice: Notice, why: str) -> None:
        self.counts[word] += 1
        if self._limit.allows(self._clock.boot_ns() / 1e9):
            log.error("hook %s: notice %s is not delivered: %s", self._name, notice.id, why)
