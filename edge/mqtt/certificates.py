"""Certificates: the dates in PEM files, read by the standard library.

Python decodes a certificate only for a peer (``getpeercert``). So :func:`pair` lets two ends in
memory shake hands with the certificate: this also proves that the key belongs to it. It spares the
daemon a dependency for this one date.
"""

import datetime as dt
import ssl
from collections.abc import Mapping
from typing import Any

import msgspec

from edge.mqtt.tls import load_pair

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which ssl.VerifyFlags does not name: the dates are compared
# by the caller.
_NO_CHECK_TIME = 0x200000
# Flights of a handshake: one each way, and one more.
_FLIGHTS = 3


class Certificate(msgspec.Struct, frozen=True):
    """The subject of a certificate, and from when to when it is valid (UTC)."""

    subject: str
    begins: dt.datetime
    ends: dt.datetime


def pair(cert_file: str, key_file: str) -> Certificate:
    """Return the certificate of *cert_file*, after a handshake with its key.

    :raises BrokerUnavailable: if they are no pair, or not what they must be
    :raises ssl.SSLError: if a broker would not accept the certificate from a client
    :raises OSError: if a file cannot be read
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags = ssl.VerifyFlags(
        ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    )
    for context in (client, server):
        load_pair(context, cert_file, key_file)
    server.load_verify_locations(cert_file)
    return _certificate(_shake_hands(client, server))


def authorities(ca_file: str) -> list[Certificate]:
    """Return the certificates of authorities in *ca_file*; others, and lists of them, are left out.

    :raises ssl.SSLError: if it holds no certificate at all
    :raises OSError: if it cannot be read
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file)
    return [_certificate(one) for one in context.get_ca_certs()]


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> Mapping[str, Any]:
    """Return the certificate of *client*, as *server* decodes it."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there),
        server.wrap_bio(there, back, server_side=True),
    )
    for _ in range(_FLIGHTS):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[1].getpeercert() or {}


def _certificate(decoded: Mapping[str, Any]) -> Certificate:
    names = [value for part in decoded.get("subject", ()) for _, value in part]
    begins, ends = _moment(decoded["notBefore"]), _moment(decoded["notAfter"])
    return Certificate(", ".join(names) or "without a name", begins, ends)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(text), dt.UTC)
