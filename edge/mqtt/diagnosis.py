"""Diagnosis: finds the reason for an error, a reason code of MQTT, or the first bytes of an answer.

Pure functions; the words are in edge/mqtt/reasons.py. Sources: MQTT 5, section 2.4 (reason codes);
OpenSSL's ``x509_vfy.h`` (results of a certificate's check) and ``sslerr.h`` (alerts of TLS).
"""

import errno
import socket
import ssl
from typing import Any, Literal

from edge.mqtt.reasons import BrokerUnavailable, Reason, Word, passed_on, reason

Request = Literal["connect", "publish", "subscribe"]
"""What the broker answers to; ``connect`` is also a connection that stood."""

# MQTT's registered port for TLS.
_TLS_PORT = 8883
_CONNACK = 0x20
# MQTT 3's has two bytes of content, MQTT 5's at least three.
_CONNACK_3 = b"\x20\x02"
_HTTP = b"HTTP"
# A TLS alert record begins so: content type 21, major version 3.
_ALERT = b"\x15\x03"

CODES: dict[int, Word] = {
    0x00: "broker-disconnected",
    0x10: "no-subscriber",
    0x80: "unspecified",
    0x81: "protocol-error",
    0x82: "protocol-error",
    0x83: "unspecified",
    0x84: "mqtt-3-only",
    0x85: "client-id-refused",
    0x86: "wrong-password",
    0x87: "not-authorized",
    0x88: "server-unavailable",
    0x89: "server-busy",
    0x8A: "banned",
    0x8B: "server-shutting-down",
    0x8C: "authentication-method",
    0x8D: "keep-alive",
    0x8E: "session-taken-over",
    0x8F: "filter-refused",
    0x90: "topic-refused",
    0x91: "protocol-error",
    0x92: "protocol-error",
    0x93: "protocol-error",
    0x94: "protocol-error",
    0x95: "packet-too-large",
    0x96: "message-rate",
    0x97: "quota-exceeded",
    0x98: "administrative-action",
    0x99: "payload-refused",
    0x9A: "no-retained-messages",
    0x9B: "qos-0-only",
    0x9C: "another-server",
    0x9D: "server-moved",
    0x9E: "filter-refused",
    0x9F: "connection-rate",
    0xA0: "connection-time-over",
    0xA1: "filter-refused",
    0xA2: "filter-refused",
}
"""The word of each reason code that a broker sends, success apart."""

_NOT_AUTHORIZED = 0x87
_UNSPECIFIED = 0x80
_NOT_ALLOWED: dict[Request, Word] = {
    "connect": "not-authorized",
    "publish": "publish-not-allowed",
    "subscribe": "subscribe-not-allowed",
}

# X509_V_ERR_… of OpenSSL.
_VERIFY: dict[int, Word] = {
    2: "certificate-unknown-authority",  # UNABLE_TO_GET_ISSUER_CERT
    9: "certificate-not-yet-valid",
    10: "certificate-expired",
    18: "certificate-unknown-authority",  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: "certificate-unknown-authority",  # SELF_SIGNED_CERT_IN_CHAIN
    20: "certificate-unknown-authority",  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: "certificate-unknown-authority",  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    23: "certificate-revoked",
    62: "certificate-other-host",
    64: "certificate-other-host",  # IP_ADDRESS_MISMATCH
    66: "certificate-weak",  # EE_KEY_TOO_SMALL
    67: "certificate-weak",  # CA_KEY_TOO_SMALL
    68: "certificate-weak",  # CA_MD_TOO_WEAK
    # Only with VERIFY_X509_STRICT, which Python's default context sets since 3.13.
    **dict.fromkeys(range(80, 95), "certificate-no-key-identifier"),
}

# Parts of OpenSSL's error texts. An alert is the broker's answer to our side of the handshake.
_TLS_ERRORS: tuple[tuple[str, Word], ...] = (
    ("ALERT_CERTIFICATE_REQUIRED", "client-certificate-missing"),
    ("ALERT_CERTIFICATE_EXPIRED", "client-certificate-expired"),
    ("ALERT_CERTIFICATE_REVOKED", "client-certificate-revoked"),
    ("ALERT_UNKNOWN_CA", "client-certificate-unknown-authority"),
    ("ALERT_BAD_CERTIFICATE", "client-certificate-refused"),
    ("ALERT_UNSUPPORTED_CERTIFICATE", "client-certificate-refused"),
    ("ALERT_CERTIFICATE_UNKNOWN", "client-certificate-refused"),
    ("ALERT_ACCESS_DENIED", "client-certificate-refused"),
    ("ALERT_DECRYPT_ERROR", "client-certificate-refused"),
    ("ALERT_PROTOCOL_VERSION", "tls-version"),
    ("ALERT_INSUFFICIENT_SECURITY", "tls-version"),
    ("UNSUPPORTED_PROTOCOL", "tls-version"),
    ("NO_PROTOCOLS_AVAILABLE", "tls-version"),
    ("WRONG_VERSION_NUMBER", "plain-port-spoken-tls"),
    ("HTTP_REQUEST", "plain-port-spoken-tls"),
    ("RECORD_LAYER_FAILURE", "plain-port-spoken-tls"),
)

_NETWORK = {
    errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL,
}  # fmt: skip


def of_error(error: Exception, *, with_certificate: bool = False) -> Reason:
    """Return the reason for an *error* of connecting, reading or writing.

    :param with_certificate: this side has shown a certificate
    """
    match error:
        case BrokerUnavailable():
            return error.reason
        case ssl.SSLCertVerificationError():
            word = _VERIFY.get(error.verify_code, "certificate-refused")
            return reason(word, passed_on(error.verify_message).rstrip("."))
        case ssl.SSLError():
            return _of_tls(error, with_certificate=with_certificate)
        case OSError():
            return _of_system(error)
    return reason("packet-unreadable", passed_on(str(error) or type(error).__name__))


def _of_tls(error: ssl.SSLError, *, with_certificate: bool) -> Reason:
    text = f"{error.reason} {error.args[-1] if error.args else ''}"
    shown = text.upper().replace(" ", "_")
    for part, word in _TLS_ERRORS:
        if part in shown:
            return reason(word)
    if "ALERT_HANDSHAKE_FAILURE" in shown and not with_certificate:
        # TLS 1.2 has no alert of its own for a missing certificate.
        return reason("client-certificate-missing")
    cause = (error.reason or str(error)).replace("_", " ").lower()
    return reason("tls-failed", passed_on(cause))


def _of_system(error: OSError) -> Reason:
    detail = (error.strerror or passed_on(error)).lower()
    match error:
        case socket.gaierror():
            return reason(
                "no-name-service" if error.errno == socket.EAI_AGAIN else "name-not-found"
            )
        case ConnectionRefusedError():
            return reason("refused")
        case TimeoutError():
            return reason("timed-out")
        case OSError(filename=str(file)):
            return reason("file-unreadable", sentence=f"{file}: {detail}")
        case ConnectionError():
            return reason("lost")
    return reason("no-network" if error.errno in _NETWORK else "lost", detail)


def of_first_bytes(first: bytes, *, tls: bool) -> Reason | None:
    """Return the reason why *first*, the first bytes of the answer, are not MQTT's; None if so.

    :param tls: this side speaks TLS
    """
    if first.startswith(_HTTP):
        return reason("web-server")
    if first.startswith(_ALERT) and not tls:
        return reason("tls-port-spoken-plain")
    if first.startswith(_CONNACK_3):
        return reason("mqtt-3-only")
    if first and first[0] != _CONNACK:
        return reason("not-mqtt")
    return None


def of_no_answer(first: bytes, *, tls: bool, port: int, waited: bool) -> Reason:
    """Return the reason for a CONNECT without a CONNACK.

    :param first: the first bytes that came, if any
    :param waited: True if the time was over, False if the connection was closed
    """
    found = of_first_bytes(first, tls=tls)
    if found is not None:
        return found
    if not tls and port == _TLS_PORT:
        return reason("tls-port-spoken-plain")
    return reason("no-answer" if waited else "closed-early")


def of_code(code: int, request: Request, about: Any = None) -> Reason:
    """Return the reason for MQTT's reason *code*.

    :param about: the packet's properties: Reason String and Server Reference are added
    """
    word = _NOT_ALLOWED[request] if code == _NOT_AUTHORIZED else CODES.get(code, "unspecified")
    if code == _UNSPECIFIED and request == "connect":
        word = "broker-disconnected"
    return reason(word, _details(code, about))


def of_connack(code: int, granted: Any) -> Reason | None:
    """Return why a CONNACK with reason *code* and properties *granted* cannot be used, or None."""
    if code == _UNSPECIFIED:
        return reason("unspecified", _details(code, granted))
    if code > _UNSPECIFIED:
        return of_code(code, "connect", granted)
    if getattr(granted, "MaximumQoS", 1) < 1:
        return reason("qos-0-only")
    if not getattr(granted, "RetainAvailable", 1):
        return reason("no-retained-messages")
    return None


def _details(code: int, about: Any) -> str:
    """Return the broker's own words: its server reference and its reason string."""
    unknown = "" if code in CODES else f"code 0x{code:02X}"
    server = passed_on(getattr(about, "ServerReference", ""))
    text = passed_on(getattr(about, "ReasonString", ""))
    parts = (unknown, server, f"the broker says: {text}" if text else "")
    return "; ".join(part for part in parts if part)
