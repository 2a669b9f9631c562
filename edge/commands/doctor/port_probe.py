"""Probe of a port: which protocol is spoken there, where MQTT was not answered.

Some servers close the connection, or wait, without a byte that would tell them apart. So the probe
speaks HTTP, TLS and plain MQTT to the port, each over a connection of its own. Only `gardu doctor`
does this: the daemon speaks nothing but what the config says.
"""

import socket
import ssl

from edge.config.model import Broker
from edge.mqtt.reasons import Reason, Word, reason

# Longest wait for each answer, real seconds.
_ANSWER_S = 3.0
_HTTP = b"GET / HTTP/1.0\r\n\r\n"
# A CONNECT of MQTT 5 without client id, keepalive 60 s, clean start.
_MQTT = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00"
_CONNACK = b"\x20"
# Reasons that leave open which protocol is spoken.
_UNSURE: set[Word] = {
    "closed-early", "no-answer", "not-mqtt", "tls-closed-early", "plain-port-spoken-tls",
}  # fmt: skip


def surer(why: Reason, broker: Broker) -> Reason:
    """Return the reason that a probe of *broker*'s port proves, or else *why*."""
    if why.word not in _UNSURE:
        return why
    if _answer(broker, _HTTP).startswith(b"HTTP"):
        return reason("web-server")
    if not broker.tls and _speaks_tls(broker):
        return reason("tls-port-spoken-plain")
    if broker.tls and _answer(broker, _MQTT).startswith(_CONNACK):
        return reason("plain-port-spoken-tls")
    return why


def _connect(broker: Broker) -> socket.socket:
    return socket.create_connection((broker.host, broker.port), _ANSWER_S)


def _answer(broker: Broker, question: bytes) -> bytes:
    """Return the first bytes of the answer to *question*; empty if there is none."""
    try:
        with _connect(broker) as opened:
            opened.sendall(question)
            return opened.recv(16)
    except OSError:
        return b""


def _speaks_tls(broker: Broker) -> bool:
    """Return True if the port answers a handshake, also by refusing it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # No secret is sent: it does not matter here whose port it is.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with _connect(broker) as opened, context.wrap_socket(opened):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        return False
