"""Connection: one MQTT 5 connection, from CONNECT to its end. It is never reused or reconnected.

Rules
-----
1. Every connection has a fresh paho client. paho's queue lives in memory, outlives a lost
   connection and ignores its own window when it resends; so it is never used a second time.
2. The asyncio loop drives the client (reader and writer of its socket); paho runs no thread.
   Only name resolution, TCP connect and TLS handshake block; they have a thread of their own.
3. paho's callbacks only note the packet that came; it is handled after paho has returned.
4. An exception inside paho ends this connection and has no other effect. No packet of the broker
   causes one: edge/mqtt/paho_client.py reads them.
5. Messages are published only while connected; the reason code of every PUBACK is handed on.
6. One lock around every call of paho: besides the loop, the worker's thread publishes
   (edge/mqtt/fast_path.py). The socket never blocks, so the lock is held for microseconds; bytes
   that it does not accept at once are written by the loop.
7. Messages can be packed before they may be sent. Until they are released no other packet is sent
   either: paho keeps its packets in one queue.
"""

import asyncio
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge import waits
from edge.config.model import Broker
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.diagnosis import Request, of_code
from edge.mqtt.evidence import Evidence
from edge.mqtt.frames import BrokerFault
from edge.mqtt.messages import LIVE_CONTENT
from edge.mqtt.packets import Answer, BrokerAnswer, Filter, Receive, Will, properties
from edge.mqtt.paho_client import PahoClient, RefusedPacket
from edge.mqtt.reasons import BrokerUnavailable, Reason, passed_on, reason
from edge.mqtt.tls import password, tls_context
from edge.worker import Worker

log = logging.getLogger(__name__)

# Time-out of TCP and TLS, and again of the CONNACK, real seconds.
CONNECT_TIMEOUT_S = 10.0
# Intervals in one keepalive at which paho checks it, and the longest of them, real seconds.
_KEEPALIVE_CHECKS = 12
_LONGEST_CHECK_S = 5.0
_MOST_IN_FLIGHT = 65535
# The lowest reason code of a refusal (MQTT 5, section 2.4).
_REFUSED = 0x80
# paho's reason code for a ping of its own that was not answered.
_KEEP_ALIVE_TIMEOUT = 0x8D


class Connection:
    """One connection to *broker*.

    :param session_expiry_s: the session's expiry after the end of the connection, seconds
    :param on_message: called on the loop with every message received; None: none is expected
    :param on_refused: called on the loop with every packet that was refused; must not raise
    :param receive: how many messages, and how large, the broker may send; if *by_hand*, each is
        acknowledged by :meth:`acknowledge`, else as soon as *on_message* has returned
    :ivar changed: set when the connection has ended, and when there may be a message to send
    :ivar on_pubacks: called when PUBACKs have come, and by :meth:`notify` (directly: waking a task
        costs a round of the loop, and throughput); an exception in it ends the connection and is
        left in *bug*
    :ivar answers: the PUBACKs and SUBACKs received and not yet handled
    :ivar why: why the connection ended; None while it stands
    :ivar subscription_error: why a subscription was refused; None if none was
    :ivar connect_refused: True if the broker answered the CONNECT with a refusal or a hang-up
    :ivar hung_up: True if the broker ended the connection, not this side or a silent line
    :ivar window: the broker's Receive Maximum; *largest*: its Maximum Packet Size, bytes or None
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        session_expiry_s: int,
        will: Will | None = None,
        on_message: Callable[[IncomingMessage], None] | None = None,
        receive: Receive = Receive(),  # noqa: B008 - immutable
        on_refused: Callable[[RefusedPacket], None] | None = None,
    ) -> None:
        self.changed = asyncio.Event()
        self.on_pubacks: Callable[[], None] = self.changed.set
        self.bug: Exception | None = None
        self.answers: deque[Answer] = deque()
        self.why: Reason | None = None
        self.subscription_error: Reason | None = None
        self.connect_refused = False
        self.hung_up = False
        self.window = _MOST_IN_FLIGHT
        self.largest: int | None = None
        self._broker = broker
        self._expiry_s = session_expiry_s
        self._receive = receive
        self._connack: asyncio.Future[None] | None = None
        self._upkeep: waits.Timer | None = None
        self._keepalive_s = broker.keepalive_s
        self._check_s = min(broker.keepalive_s / _KEEPALIVE_CHECKS, _LONGEST_CHECK_S)
        self._reading = -1
        self._writing = False
        self._paused = False
        self._paho = threading.RLock()
        self._holding = False  # packed messages wait for release()
        self._broken: Reason | None = None  # an exception of paho's on another thread
        self._on_message = on_message
        self._on_refused = on_refused or _log_refused
        self._evidence = Evidence(broker)
        self._client = self._make_client(client_id, will)

    @property
    def up(self) -> bool:
        """True while the connection stands, as far as this side can know."""
        return self._reading >= 0

    async def open(self) -> None:
        """Connect and wait for the CONNACK.

        :raises BrokerUnavailable: with the reason
        """
        worker = Worker("connect")
        try:
            await worker.do(self._dial)
            await self._greet()
        except BaseException as error:
            self.connect_refused = self.connect_refused or self.hung_up
            if isinstance(error, OSError):
                self._end(self._evidence.of_error(error))
            elif isinstance(error, ValueError):  # of the resolver or paho, on host or port
                self._end(reason("bad-address", passed_on(error)))
            else:
                self._end(reason("stopped"))
                raise
            assert self.why is not None
            raise BrokerUnavailable(self.why) from error
        finally:
            worker.stop()

    def publish(
        self, topic: str, payload: bytes, properties: Properties, *, retain: bool = False
    ) -> int | None:
        """Send one QoS 1 message; return its message id, or None if the connection has ended."""
        with self._paho:
            mid = self._pack(topic, payload, properties, retain=retain)
            self._flush()
        self.after_io()
        return mid

    # -- from any thread; the loop must then call after_io()

    def prepare(
        self, topic: str, payload: bytes, properties: Properties, *, retain: bool = False
    ) -> int | None:
        """Pack one QoS 1 message; nothing is sent until :meth:`release`.

        :return: its message id, or None if the connection has ended
        """
        with self._paho:
            self._holding = True
            return self._pack(topic, payload, properties, retain=retain)

    def release(self) -> bool:
        """Send the messages that were prepared; return False if the connection has ended."""
        with self._paho:
            self._holding = False
            self._flush()
            return self.up

    def discard(self, mids: Collection[int]) -> None:
        """Drop the messages *mids* that were prepared: they are never sent."""
        with self._paho:
            # paho has no call for this.
            kept = [
                packet
                for packet in self._client._out_packet  # noqa: SLF001
                # The ids of acknowledgements are the broker's: another series of numbers.
                if packet["mid"] not in mids or packet["command"] >> 4 != PacketTypes.PUBLISH
            ]
            self._client._out_packet.clear()  # noqa: SLF001
            self._client._out_packet.extend(kept)  # noqa: SLF001
            for mid in mids:
                self._client._out_messages.pop(mid, None)  # noqa: SLF001
            self.release()

    def _pack(
        self, topic: str, payload: bytes, properties: Properties, *, retain: bool
    ) -> int | None:
        if not self.up:
            return None
        try:
            packed = self._client.publish(topic, payload, 1, retain, properties)
        except Exception as error:  # noqa: BLE001 - rule 4
            self._broken = self._evidence.of_error(error)
            return None
        return packed.mid if packed.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def _flush(self) -> None:
        """Send what paho has packed, unless it is being held back."""
        if not self._holding and self.up:
            try:
                self._client.loop_write()
            except Exception as error:  # noqa: BLE001 - rule 4
                self._broken = self._evidence.of_error(error)

    # -- on the loop

    def subscribe(self, filters: Sequence[Filter]) -> int | None:
        """Subscribe to *filters* in one packet; return its id, None if the connection has ended."""
        wanted = [
            (one.topic_filter, SubscribeOptions(one.qos, one.no_local, one.retain_as_published))
            for one in filters
        ]
        mids = list[int | None]()
        if self.up:
            self._guard(lambda: mids.append(self._client.subscribe(wanted)[1]))
        return mids[0] if mids and self.up else None

    def acknowledge(self, mid: int, qos: int) -> None:
        """Acknowledge the message *mid* (only if that is done by hand)."""
        if self.up:
            self._guard(lambda: self._client.ack(mid, qos))

    def acknowledge_all(self, mids: Sequence[int]) -> None:
        """Acknowledge the messages *mids* (QoS 1), in order (only if that is done by hand)."""
        if self.up:
            self._guard(lambda: self._client.acknowledge(mids))

    def pause_reading(self) -> None:
        """Read nothing more until :meth:`resume_reading`: what the broker sends waits at its side.

        What was read already still comes. The connection is kept alive, but its end may be noticed
        only afterwards.
        """
        if self.up and not self._paused:
            self._paused = True
            asyncio.get_running_loop().remove_reader(self._reading)

    def resume_reading(self) -> None:
        """Read again."""
        if self.up and self._paused:
            self._paused = False
            asyncio.get_running_loop().add_reader(self._reading, self._read)

    def drop(self, why: Reason | str) -> None:
        """Cut the connection without DISCONNECT: the broker will publish the will.

        :param why: the reason; a text is this side's own
        """
        self._end(reason("stopped", sentence=why) if isinstance(why, str) else why)

    def leave(self, *, end_session: bool = False) -> None:
        """Send DISCONNECT and close: no will. Messages in flight must be acknowledged before.

        :param end_session: end the session too: its expiry becomes 0
        """
        expiry_s = 0 if end_session else None
        farewell = properties(PacketTypes.DISCONNECT, SessionExpiryInterval=expiry_s)
        if self.up:
            self.why = reason("stopped")
            self._guard(lambda: self._client.disconnect(properties=farewell))
        self._end(reason("stopped"))

    # -- connecting

    def _make_client(self, client_id: str, will: Will | None) -> PahoClient:
        client = PahoClient(
            client_id,
            self._receive.largest,
            self._on_message or self._refuse_message,
            self._on_refused,
            by_hand=self._receive.by_hand,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        # The caller bounds the window; paho's own queue would reorder messages around refusals.
        client.max_inflight_messages = 0
        client.on_socket_open = lambda _client, _data, opened: self._evidence.opened(opened)
        client.on_connect = self._note_connack
        client.on_publish = self._note_puback
        client.on_subscribe = self._note_suback
        client.on_disconnect = self._note_disconnect
        if will is not None:
            delayed = properties(
                PacketTypes.WILLMESSAGE, WillDelayInterval=will.delay_s, ContentType=LIVE_CONTENT
            )
            client.will_set(will.topic, will.payload, 1, True, delayed)
        return client

    def _dial(self) -> None:
        """Resolve the name, connect, do the TLS handshake, send CONNECT; on the worker's thread."""
        broker, client = self._broker, self._client
        if broker.username:
            client.username_pw_set(broker.username, password(broker) or None)
        if broker.tls:
            client.tls_set_context(tls_context(broker))
        session = properties(
            PacketTypes.CONNECT,
            SessionExpiryInterval=self._expiry_s,
            ReceiveMaximum=self._receive.most,
            MaximumPacketSize=self._receive.largest,
        )
        client.connect(
            broker.host, broker.port, broker.keepalive_s, clean_start=False, properties=session
        )
        opened = client.socket()
        if opened is not None and self.why:  # open() has given up meanwhile
            opened.close()
        elif isinstance(opened, socket.socket):
            # A small message must not wait for the one before it.
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def _greet(self) -> None:
        """Add the socket to the loop and wait for the CONNACK."""
        opened = self._client.socket()
        if opened is None:
            raise BrokerUnavailable(self._evidence.of_loss())
        # From here on paho only packs: it sends when it is called to.
        self._client.on_socket_register_write = lambda _client, _data, _socket: None
        loop = asyncio.get_running_loop()
        self._connack = loop.create_future()
        self._reading = opened.fileno()
        loop.add_reader(self._reading, self._read)
        self._upkeep = self._check_later()
        self.after_io()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._connack
        except TimeoutError:
            raise BrokerUnavailable(self._evidence.of_loss(waited=True)) from None

    # -- the loop drives the client

    def _read(self) -> None:
        self._guard(self._read_all)
        if self.answers:
            self.notify()

    def notify(self) -> None:
        """Call *on_pubacks* now, if the connection stands."""
        if not self.up:
            return
        try:
            self.on_pubacks()
        except Exception as error:  # noqa: BLE001 - the uplink raises it again
            self.bug = error
            self._end(self._evidence.of_error(error))

    def _read_all(self) -> None:
        """Read all packets; TLS may hold whole ones for which the socket is no longer readable."""
        self._evidence.before_read()
        self._client.loop_read()
        while (opened := self._client.socket()) is not None and getattr(opened, "pending", int)():
            self._client.loop_read()

    def _write(self) -> None:
        self._guard(_nothing)

    def _keep_alive(self) -> None:
        if self._paused:
            self._client.expect_no_answer()
        self._guard(self._client.loop_misc)
        if self.up:
            self._upkeep = self._check_later()

    def _check_later(self) -> waits.Timer:
        return waits.call_later(self._check_s, self._keep_alive, self._keepalive_s)

    def _guard(self, call: Callable[[], object]) -> None:
        """Run *call*, which is paho's; an exception ends the connection."""
        try:
            with self._paho:
                call()
                self._flush()
        except BrokerFault as error:
            self._end(self._evidence.of_error(error))
        except Exception as error:
            log.warning("broker connection ended by an error", exc_info=True)
            self._end(self._evidence.of_error(error))
        self.after_io()

    def after_io(self) -> None:
        """Follow paho's state: its socket may be closed, or bytes may wait to be written."""
        if not self.up:
            return
        if self._broken is not None:
            self._end(self._broken)
            return
        if self._client.socket() is None:
            self._end(self.why or self._evidence.of_loss())
            return
        wanted = self._client.want_write() and not self._holding
        if wanted != self._writing:
            loop = asyncio.get_running_loop()
            if wanted:
                loop.add_writer(self._reading, self._write)
            else:
                loop.remove_writer(self._reading)
            self._writing = wanted

    def _end(self, why: Reason) -> None:
        """End the connection and close its socket; harmless if it has ended before."""
        self.why = self.why or why
        if self._upkeep is not None:
            self._upkeep.cancel()
        if self.up:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._reading)
            loop.remove_writer(self._reading)
            self._reading = -1
        if self._connack is not None and not self._connack.done():
            self._connack.set_exception(BrokerUnavailable(self.why))
            self._connack.exception()  # mark it as retrieved: open() may wait no longer
        with self._paho:
            if (opened := self._client.socket()) is not None:
                opened.close()
        self.changed.set()

    def _refuse_message(self, message: IncomingMessage) -> None:
        why = "there is no subscription"
        self._on_refused(RefusedPacket(ascii(message.topic)[1:-1], "unexpected packet", why))

    # -- paho's callbacks (rule 3)

    def _note_connack(
        self, _client: Client, _data: Any, _flags: Any, answer: ReasonCode, granted: Any
    ) -> None:
        assert self._connack is not None
        if self._connack.done():
            return
        refused = self._evidence.of_connack(answer.value, granted)
        if refused is not None:
            self.why = refused
            self.connect_refused = True
            self._connack.set_exception(BrokerUnavailable(refused))
            return
        self.window = getattr(granted, "ReceiveMaximum", _MOST_IN_FLIGHT)
        self.largest = getattr(granted, "MaximumPacketSize", None)
        self._connack.set_result(None)

    def _note_puback(
        self, _client: Client, _data: Any, mid: int, answer: ReasonCode, about: Any
    ) -> None:
        self.answers.append(Answer(mid, _answer(answer.value, "publish", about)))

    def _note_suback(
        self, _client: Client, _data: Any, mid: int, answers: list[ReasonCode], about: Any
    ) -> None:
        refused = next((answer.value for answer in answers if answer.is_failure), 0)
        if refused:
            self.subscription_error = of_code(refused, "subscribe", about)
        self.answers.append(Answer(mid, _answer(refused, "subscribe", about)))
        self.changed.set()

    def _note_disconnect(
        self, _client: Client, _data: Any, flags: Any, answer: ReasonCode, about: Any
    ) -> None:
        self.hung_up = self.why is None and answer.value != _KEEP_ALIVE_TIMEOUT
        told = flags.is_disconnect_packet_from_server or answer.value == _KEEP_ALIVE_TIMEOUT
        why = of_code(answer.value, "connect", about) if told else self._evidence.of_loss()
        self.why = self.why or why


def _answer(code: int, request: Request, about: Any) -> BrokerAnswer:
    if code < _REFUSED:
        return BrokerAnswer(code)
    why = of_code(code, request, about)
    return BrokerAnswer(code, why.sentence, why.remedy)


def _nothing() -> None:
    """Call nothing of paho's: what it has packed is sent all the same."""


def _log_refused(refused: RefusedPacket) -> None:
    log.warning("%s from the broker: %s %s", refused.word, refused.why, refused.topic)
