"""The reason for an error, an answer's first bytes, a reason code: tables."""

import errno
import socket
import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from edge.mqtt.diagnosis import (
    Request,
    of_code,
    of_connack,
    of_error,
    of_first_bytes,
    of_no_answer,
)
from edge.mqtt.reasons import Word


def tls_error(text: str) -> ssl.SSLError:
    """Return the error that OpenSSL makes of *text*."""
    error = ssl.SSLError(1, f"[SSL: {text}] {text.lower().replace('_', ' ')} (_ssl.c:1)")
    error.reason = text
    return error


def not_verified(code: int) -> ssl.SSLCertVerificationError:
    """Return the error of a certificate's check that ended with *code*."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "the cause."
    return error


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "refused"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name-not-found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "no-name-service"),
        (TimeoutError("timed out"), "timed-out"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "timed-out"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no-network"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no-network"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "lost"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "lost"),
        (PermissionError(errno.EACCES, "Permission denied", "/etc/gardu/key"), "file-unreadable"),
        (tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "client-certificate-missing"),
        (tls_error("SSLV3_ALERT_CERTIFICATE_EXPIRED"), "client-certificate-expired"),
        (tls_error("SSLV3_ALERT_CERTIFICATE_REVOKED"), "client-certificate-revoked"),
        (tls_error("TLSV1_ALERT_UNKNOWN_CA"), "client-certificate-unknown-authority"),
        (tls_error("SSLV3_ALERT_BAD_CERTIFICATE"), "client-certificate-refused"),
        (tls_error("SSL/TLS_ALERT_BAD_CERTIFICATE"), "client-certificate-refused"),
        (tls_error("SSLV3_ALERT_CERTIFICATE_UNKNOWN"), "client-certificate-refused"),
        (tls_error("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"), "client-certificate-refused"),
        (tls_error("TLSV1_ALERT_ACCESS_DENIED"), "client-certificate-refused"),
        (tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE"), "client-certificate-missing"),
        (tls_error("TLSV1_ALERT_PROTOCOL_VERSION"), "tls-version"),
        (tls_error("UNSUPPORTED_PROTOCOL"), "tls-version"),
        (tls_error("WRONG_VERSION_NUMBER"), "plain-port-spoken-tls"),
        (tls_error("TLSV1_ALERT_INTERNAL_ERROR"), "tls-failed"),
        (not_verified(9), "certificate-not-yet-valid"),
        (not_verified(10), "certificate-expired"),
        (not_verified(18), "certificate-unknown-authority"),
        (not_verified(20), "certificate-unknown-authority"),
        (not_verified(23), "certificate-revoked"),
        (not_verified(62), "certificate-other-host"),
        (not_verified(64), "certificate-other-host"),
        (not_verified(66), "certificate-weak"),
        (not_verified(85), "certificate-no-key-identifier"),
        (not_verified(999), "certificate-refused"),
        (KeyError(5), "packet-unreadable"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "packet-unreadable"),
    ],
)
def test_every_error_has_its_word(error: Exception, word: Word) -> None:
    """Each error of resolver, TCP, TLS, files and paho has the cause that an office can mend."""
    assert of_error(error).word == word


def test_a_failed_handshake_with_a_certificate_is_not_a_missing_one() -> None:
    """TLS 1.2 refuses with one alert for all: with a certificate configured it is not missing."""
    error = tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE")
    assert of_error(error, with_certificate=True).word == "tls-failed"


@pytest.mark.parametrize(
    ("first", "tls", "word"),
    [
        (b"\x15\x03\x03\x00\x02", False, "tls-port-spoken-plain"),
        (b"HTTP/", False, "web-server"),
        (b"HTTP/", True, "web-server"),
        (b"SSH-2", False, "not-mqtt"),
        (b"220 m", True, "not-mqtt"),
        (b"\x20\x02\x00\x01", False, "mqtt-3-only"),
        (b"\x20\x03\x00\x00\x00", False, None),
        (b"", False, None),
    ],
)
def test_first_bytes_tell_protocols_apart(first: bytes, tls: bool, word: Word | None) -> None:
    """What answers is named: a TLS port, a web server, another program, an old broker."""
    found = of_first_bytes(first, tls=tls)
    assert (found and found.word) == word


@pytest.mark.parametrize(
    ("port", "tls", "waited", "word"),
    [
        (8883, False, False, "tls-port-spoken-plain"),
        (8883, False, True, "tls-port-spoken-plain"),
        (1883, False, False, "closed-early"),
        (1883, False, True, "no-answer"),
        (8883, True, False, "closed-early"),
    ],
)
def test_silence_has_a_likely_cause(port: int, tls: bool, waited: bool, word: Word) -> None:
    """mqtt:// to the port of TLS: many servers close without an answer."""
    assert of_no_answer(b"", tls=tls, port=port, waited=waited).word == word


@pytest.mark.parametrize(
    ("code", "request_", "word"),
    [
        (0x86, "connect", "wrong-password"),
        (0x87, "connect", "not-authorized"),
        (0x87, "publish", "publish-not-allowed"),
        (0x87, "subscribe", "subscribe-not-allowed"),
        (0x85, "connect", "client-id-refused"),
        (0x8A, "connect", "banned"),
        (0x8E, "connect", "session-taken-over"),
        (0x97, "publish", "quota-exceeded"),
        (0x00, "connect", "broker-disconnected"),
        (0x80, "connect", "broker-disconnected"),
        (0x80, "publish", "unspecified"),
        (0xFE, "publish", "unspecified"),
    ],
)
def test_reason_codes_have_their_words(code: int, request_: Request, word: Word) -> None:
    """0x87 says something else of a login, a topic and a subscription; unknown codes are shown."""
    found = of_code(code, request_)
    assert found.word == word
    assert ("0xFE" in found.sentence) == (code == 0xFE)


def test_the_brokers_own_words_are_passed_on() -> None:
    """Server Reference and Reason String are in the sentence, on one line."""
    about = SimpleNamespace(ServerReference="b2.example:8883", ReasonString="moved\nat noon\x1b[1m")
    found = of_code(0x9D, "connect", about)
    assert found.sentence == r"server moved: b2.example:8883; the broker says: moved at noon\x1b[1m"


@pytest.mark.parametrize(
    ("code", "granted", "word"),
    [
        (0, {}, None),
        (0, {"MaximumQoS": 0}, "qos-0-only"),
        (0, {"RetainAvailable": 0}, "no-retained-messages"),
        (0x84, {}, "mqtt-3-only"),
        (0x89, {}, "server-busy"),
    ],
)
def test_a_connack_that_cannot_be_used(code: int, granted: Any, word: Word | None) -> None:
    """A broker that accepts, but without QoS 1 or retained messages, cannot be used."""
    found = of_connack(code, SimpleNamespace(**granted))
    assert (found and found.word) == word
