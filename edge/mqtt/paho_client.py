"""paho's client with a reader of its own, so that no packet of a broker can end the link for good.

Rules
-----
1. A packet that cannot be decoded, is too large or was not to be expected is refused: reported,
   and skipped. The connection goes on.
2. A PUBLISH is always acknowledged, also one that is refused: otherwise the broker would send it
   again on every connection. A refusal has a reason code; one that is repeated all the same has
   none, as the broker may not understand it.
3. The connection ends only if the end of a packet cannot be found, if the first packet is not the
   answer to CONNECT, or if the broker reads none of the acknowledgements.
"""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from paho.mqtt import MQTTException, client
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from edge import waits
from edge.errors import ProtocolError
from edge.mqtt import decoding
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.frames import BrokerFault, Frame, FrameReader

log = logging.getLogger(__name__)

if waits.own_time() is not None:
    client.time_func = waits.monotonic  # paho's keepalive is one of simulated seconds then

# Bytes read at a time, so that the loop's other tasks have their turn.
_CHUNK = 16384
# Packets that may wait to be written, at most. One chunk has at most 4,096 packets to be answered.
_MOST_UNWRITTEN = 20_000
# Reason codes of refusals: implementation specific error, quota exceeded, packet identifier not
# found (MQTT 5, section 2.4).
_REFUSED, _TOO_LARGE, _UNKNOWN = 0x83, 0x97, 0x92

# The first bytes of a PUBACK without reason code: the packet identifier follows.
_PUBACK = bytes((PacketTypes.PUBACK << 4, 2))
# Packets that may be the first of a connection.
_FIRST = (PacketTypes.CONNACK, PacketTypes.DISCONNECT)


class RefusedPacket(NamedTuple):
    """A packet that was refused.

    :ivar topic: the topic of a PUBLISH, with all but ASCII escaped; empty if it is another packet
    :ivar word: one of a few fixed words
    :ivar why: the reason in words
    """

    topic: str
    word: str
    why: str


class PahoClient(Client):
    """One client for one connection; MQTT 5.

    :param largest: the largest packet that is accepted, bytes
    :param on_incoming: called with each message that was received; an exception in it is logged,
        and the message refused
    :param on_refused: called with each packet that was refused; must not raise
    :param by_hand: the caller acknowledges accepted messages, by :meth:`ack`
    """

    def __init__(
        self,
        client_id: str,
        largest: int,
        on_incoming: Callable[[IncomingMessage], None],
        on_refused: Callable[[RefusedPacket], None],
        *,
        by_hand: bool,
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._largest = largest
        self._frames = FrameReader(largest)
        self._on_incoming = on_incoming
        self._on_refused = on_refused
        self._by_hand = by_hand
        self._begun = self._greeted = False

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002 - paho's signature
        """Read what has come, at most one chunk, and handle its packets.

        :raises BrokerFault: if the connection cannot go on (rule 3)
        """
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._sock_recv(_CHUNK)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            data = b""
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = waits.monotonic()
        if not self._begun and data[0] >> 4 not in _FIRST:  # its length may never be reached
            raise BrokerFault("the broker did not answer CONNECT with CONNACK")
        self._begun = True
        for frame in self._frames.feed(data):
            code = self._handle(frame)
            if code > 0:
                return self._loop_rc_handle(code)
            if self.socket() is None:  # it was a DISCONNECT
                break
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Acknowledge the messages *mids* (QoS 1), in order, in one write."""
        packets = b"".join(_PUBACK + mid.to_bytes(2, "big") for mid in mids)
        if packets:
            self._packet_queue(PacketTypes.PUBACK << 4, packets, 0, 1)

    def expect_no_answer(self) -> None:
        """Go on although the last ping is not answered: its answer may have come, unread."""
        self._ping_t = 0.0

    def _handle(self, frame: Frame) -> MQTTErrorCode:
        packet = frame.first >> 4
        if len(self._out_packet) > _MOST_UNWRITTEN:
            raise BrokerFault("the broker does not read the acknowledgements")
        if packet == PacketTypes.PUBLISH:
            self._receive(frame)
        elif packet == PacketTypes.PUBREL:  # a PUBREC with a reason code has ended that exchange
            self._answer(PacketTypes.PUBCOMP, frame.body[:2], _UNKNOWN)
        else:
            return self._pass_on(packet, frame)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _pass_on(self, packet: int, frame: Frame) -> MQTTErrorCode:
        """Hand a packet to paho in its plain form."""
        again = packet == PacketTypes.CONNACK and self._greeted
        plain = None if again else decoding.PLAIN.get(packet)
        name = PacketTypes.Names[packet].upper()
        if plain is None:
            self._refuse("", "unexpected packet", f"{name} was not to be expected")
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._in_packet["command"] = frame.first
        try:
            self._in_packet["packet"] = bytearray(plain(frame.body))
            self._in_packet["remaining_length"] = len(self._in_packet["packet"])
            code = self._packet_handle()
        except (ProtocolError, MQTTException) as error:
            if not self._greeted:
                raise BrokerFault(f"the broker's {name} breaks MQTT's rules: {error}") from error
            self._refuse("", "malformed packet", f"{name}: {error}")
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._greeted = True
        return code

    def _receive(self, frame: Frame) -> None:
        topic, mid = decoding.address(frame.first, frame.body)
        if frame.cut:
            self._refuse(topic, "packet too large", f"more than {self._largest} bytes")
            self._refuse_message(frame.first, mid, _TOO_LARGE)
            return
        try:
            message = decoding.publish(frame.first, frame.body)
            self._on_incoming(message)
        except ProtocolError as error:
            self._refuse(topic, "malformed packet", str(error))
        except Exception as error:
            log.exception("a message was dropped")
            self._refuse(topic, "fault of ours", type(error).__name__)
        else:
            if not self._by_hand:
                self.ack(message.mid, message.qos)
            return
        self._refuse_message(frame.first, mid, _REFUSED)

    def _refuse(self, topic: str, word: str, why: str) -> None:
        self._on_refused(RefusedPacket(topic, word, why))

    def _refuse_message(self, first: int, mid: bytes, code: int) -> None:
        """Acknowledge the message *mid* with the reason *code*; *first* is its first byte."""
        if decoding.qos_of(first) > 1:
            self._answer(PacketTypes.PUBREC, mid, code)
        else:
            self._answer(PacketTypes.PUBACK, mid, 0 if decoding.is_repeated(first) else code)

    def _answer(self, packet: int, mid: bytes, code: int) -> None:
        """Send a *packet* that answers the packet identifier *mid*, if there is one."""
        if any(mid):
            self._packet_queue(packet << 4, bytes((packet << 4, 3)) + mid + bytes((code,)), 0, 1)
