"""The publisher: keeps the devices at the broker as they should be, as long as it runs."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Mapping

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import LIVE_CONTENT
from edge.mqtt.packets import Filter, Packed, Receive
from edge.mqtt.reasons import BrokerUnavailable
from office.config import OfficeConfig
from office.database.failures import words_of
from office.home_assistant.checkpoints import known_checkpoints
from office.home_assistant.devices import announced_alarms, device_of, site_of, topic_of

log = logging.getLogger(__name__)

PROCESS = "home-assistant"
"""The name of this process, in its client id and in the names of files."""

_BACKOFF = Backoff(0.5, 30.0)
_SHARED = Backoff(300.0, 900.0)
# The broker sends what it has retained at once: silence for so long means that it has sent all,
# real seconds.
_SETTLED_S = 2.0
# Interval of looking for new checkpoints and alarms, seconds.
_LOOK_S = 20.0
# Messages in flight, at most.
_WINDOW = 20
# Largest packet that the broker may send, bytes: a device with all its alarms.
_LARGEST = 512 * 1024
_TOLD = "home assistant: %d device(s) are announced; changed or deleted now: %d"
_RIGHTS = "Let this client read and write it (the broker's access list, docs/office-neighbours.md)"
# Different lines of the log while something is wrong, at most.
_MOST_SAID = 20
_CONTENT = Packed(LIVE_CONTENT)


class Publisher:
    """Announces the checkpoints of *config* to Home Assistant.

    :param engine: None: every device of this office is deleted
    :ivar there: the devices at the broker, by topic, as they were made by this office
    """

    def __init__(self, config: OfficeConfig, engine: Engine | None) -> None:
        assert config.home_assistant is not None
        self.there: dict[str, bytes] = {}
        self._config = config
        self._section = config.home_assistant
        self._engine = engine
        self._heard = asyncio.Event()
        self._failures = 0
        self._refused = 0  # messages of the last look that the broker did not accept
        self._said = set[str]()

    async def run(self, stop: asyncio.Event) -> None:
        """Connect, and keep the devices as they should be until *stop* is set."""
        while not stop.is_set():
            link = self._connection()
            try:
                await link.open()
                self._say("connected")
                await self._keep(link, stop)
            except BrokerUnavailable as error:
                self._failures += 1
                self._say(f"not connected: {error.reason}. {error.reason.remedy}".strip())
                # Another process, perhaps the ingest, has this one's certificate: leave it alone.
                shared = error.reason.word == "session-taken-over"
                await _wait(stop, (_SHARED if shared else _BACKOFF).delay(self._failures))
            finally:
                link.leave()

    async def remove(self) -> int:
        """Delete every device of this office; return their number.

        :raises BrokerUnavailable: if the broker cannot be used
        """
        link = self._connection()
        await link.open()
        try:
            await self._read(link)
            return await self._make_so(link, {})
        finally:
            link.leave()

    def _connection(self) -> Connection:
        broker = self._config.broker
        return Connection(
            broker.connection_of(PROCESS),
            f"{broker.client_id}-{PROCESS}",
            0,
            on_message=self._take,
            receive=Receive(largest=_LARGEST),
        )

    def _take(self, message: IncomingMessage) -> None:
        """Note a device that is at the broker, if this office has made it."""
        self._heard.set()
        if not message.payload:
            self.there.pop(message.topic, None)
        elif announced_alarms(message.payload) is not None:
            self.there[message.topic] = message.payload

    async def _read(self, link: Connection) -> None:
        """Read which devices are at the broker.

        :raises BrokerUnavailable: if it does not allow that, or the connection ends
        """
        self.there.clear()
        link.subscribe([Filter(f"{self._section.prefix}/device/+/config", no_local=True)])
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(_SETTLED_S):
                    await self._heard.wait()
            except TimeoutError:
                break
        why = link.subscription_error or link.why
        if why is not None:
            raise BrokerUnavailable(why)

    async def _keep(self, link: Connection, stop: asyncio.Event) -> None:
        await self._read(link)
        told = False
        while link.up and not stop.is_set():
            wanted = await asyncio.to_thread(self._wanted)
            if wanted is not None:
                changed = await self._make_so(link, wanted)
                if not self._refused:
                    self._failures = 0
                    self._said.clear()
                    if changed or not told:
                        log.info(_TOLD, len(self.there), changed)
                    told = True
            await _wait(stop, _LOOK_S)
        if link.why is not None and not stop.is_set():
            raise BrokerUnavailable(link.why)

    def _wanted(self) -> dict[str, bytes] | None:
        """Return the devices that should be there; None while the database cannot be read."""
        assert self._engine is not None
        try:
            with self._engine.connect() as connection:
                found = known_checkpoints(connection, self._section.sites)
        except DBAPIError as error:
            self._say(f"database {words_of(error, self._config.database)}")
            return None
        wanted = {}
        for known in found:
            topic = topic_of(self._section.prefix, known.site, known.checkpoint)
            before = announced_alarms(self.there.get(topic, b"")) or frozenset()
            wanted[topic] = device_of(known._replace(alarms=known.alarms | before))
        # An office with a new database knows no checkpoints yet: it deletes none of them.
        kept = {topic: body for topic, body in self.there.items() if self._is_of_sites(topic)}
        return kept | wanted

    def _is_of_sites(self, topic: str) -> bool:
        site = site_of(self._section.prefix, topic)
        return site is not None and (not self._section.sites or site in self._section.sites)

    async def _make_so(self, link: Connection, wanted: Mapping[str, bytes]) -> int:
        """Publish what differs from *wanted*, and delete the rest; return how many there were.

        :raises BrokerUnavailable: if the connection ends before that
        """
        changes = [(topic, body) for topic, body in wanted.items() if self.there.get(topic) != body]
        changes += [(topic, b"") for topic in self.there if topic not in wanted]
        self._refused = 0
        waiting, in_flight, done = deque(changes), dict[int, tuple[str, bytes]](), 0
        arrived = asyncio.Event()
        link.on_pubacks = arrived.set
        while (waiting or in_flight) and link.up:
            while waiting and len(in_flight) < min(_WINDOW, link.window):
                mid = link.publish(*waiting[0], _CONTENT, retain=True)
                if mid is None:
                    break
                in_flight[mid] = waiting.popleft()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await arrived.wait()
            arrived.clear()
            done += self._note(link, in_flight)
        if waiting or in_flight:
            assert link.why is not None
            raise BrokerUnavailable(link.why)
        return done

    def _note(self, link: Connection, in_flight: dict[int, tuple[str, bytes]]) -> int:
        """Note the broker's answers; return how many messages it has accepted."""
        accepted = 0
        while link.answers:
            answer = link.answers.popleft()
            sent = in_flight.pop(answer.mid, None)
            if sent is None:
                continue
            topic, body = sent
            if answer.answer.refused:
                self._refused += 1
                self._say(f"refuses {topic}: {answer.answer.words}. {_RIGHTS}")
                continue
            accepted += 1
            if body:
                self.there[topic] = body
            else:
                self.there.pop(topic, None)
        return accepted

    def _say(self, words: str) -> None:
        """Log *words*, once until all is well again."""
        if words not in self._said and len(self._said) < _MOST_SAID:
            self._said.add(words)
            broker = self._config.broker.connection
            log.warning("home assistant: broker %s:%d: %s", broker.host, broker.port, words)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
