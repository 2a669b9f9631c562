"""Credentials: examines the password, certificate and key files of the broker's config.

`gardu check` and `gardu doctor` report the result. The daemon starts in any case: the lobby works
without a broker.
"""

import datetime as dt
import re
import ssl
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from edge.config.credentials import PREFIX
from edge.config.model import Broker
from edge.config.password_file import oddities, read_password
from edge.mqtt.certificates import Certificate, authorities, pair
from edge.mqtt.reasons import BrokerUnavailable

# A certificate that ends this soon is noted: time for the office to issue a new one.
SOON = dt.timedelta(days=30)
# Enough of a file to recognise what it is, bytes.
_HEAD = 65536
_KIT_NAME = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")
_DER = b"\x30\x82"
_TO_PEM = "allowed: PEM (openssl x509 -inform der -in FILE -out NEW, or openssl pkcs12 for .p12)"


class Remark(msgspec.Struct, frozen=True):
    """One observation about the file under *key* of ``[broker]``.

    :ivar bad: True if the broker or the daemon will refuse it; else it is only noted
    """

    key: str
    text: str
    bad: bool


def examine_credentials(broker: Broker, now: dt.datetime, identity: str = "") -> list[Remark]:
    """Return all that is wrong or worth a note with the files of *broker* at the time *now*.

    :param identity: the checkpoint's name in certificates; empty: not compared
    """
    examined: dict[str, Callable[[], Iterator[Remark]]] = {
        "password_file": lambda: _password(broker.password_file),
        "ca_file": lambda: _authority(broker.ca_file, now),
        "cert_file": lambda: _pair(broker, now, identity),
        "key_file": lambda: _key(broker.key_file),
    }
    remarks: list[Remark] = []
    for key, examine in examined.items():
        file = getattr(broker, key)
        if not file:
            continue
        if file.startswith(PREFIX):
            words = f"{file}: systemd gives it to the service alone; not examined"
            remarks.append(Remark(key, f"{words} (root can, while gardu runs)", bad=False))
            continue
        try:
            remarks += examine()
        except BrokerUnavailable as error:
            remarks.append(Remark(key, str(error), bad=True))
        except OSError as error:
            why = f"{file}: {(error.strerror or str(error)).lower()} for this user"
            remarks.append(Remark(key, f"{why}; not examined (try: sudo -u gardu)", bad=False))
    return remarks


def _password(file: str) -> Iterator[Remark]:
    try:
        read_password(file)
    except ValueError as error:
        yield Remark("password_file", f"{file}: {error}", bad=True)
        return
    for oddity in oddities(file):
        yield Remark("password_file", f"{file}: {oddity}", bad=False)
    yield from _private("password_file", file)


def _key(file: str) -> Iterator[Remark]:
    if (kind := _kind(file, b"PRIVATE KEY-----")) is not None:
        yield Remark("key_file", f"{file}: {kind}", bad=True)
    yield from _private("key_file", file)


def _authority(file: str, now: dt.datetime) -> Iterator[Remark]:
    if (kind := _kind(file, b"CERTIFICATE-----")) is not None:
        yield Remark("ca_file", f"{file}: {kind}", bad=True)
        return
    try:
        found = authorities(file)
    except ssl.SSLError:
        yield Remark("ca_file", f"{file}: a certificate in it is damaged", bad=True)
        return
    if not found:
        text = f"{file}: no certificate in it is that of an authority (CA:TRUE)"
        yield Remark("ca_file", text, bad=False)
    usable = any(one.begins <= now <= one.ends for one in found)
    for one in found:
        yield from _dates("ca_file", file, one, now, fatal=not usable)


def _pair(broker: Broker, now: dt.datetime, identity: str) -> Iterator[Remark]:
    file = broker.cert_file
    if (kind := _kind(file, b"CERTIFICATE-----")) is not None:
        yield Remark("cert_file", f"{file}: {kind}", bad=True)
        return
    if broker.key_file and _kind(broker.key_file, b"PRIVATE KEY-----") is not None:
        return  # told under key_file
    try:
        found = pair(file, broker.key_file)
    except ssl.SSLError as error:
        cause = getattr(error, "verify_message", "") or (error.reason or "").lower()
        text = f"{file}: no broker accepts it from a client: {cause}"
        yield Remark("cert_file", text, bad=True)
        return
    yield from _dates("cert_file", file, found, now, fatal=True)
    # An office may have names of its own; two words with a dot are those of the broker kit.
    if identity and found.subject != identity and _KIT_NAME.fullmatch(found.subject):
        text = (
            f"{file}: it is the certificate of {found.subject}, and this checkpoint is {identity}: "
            "the broker will refuse its messages"
        )
        yield Remark("cert_file", text, bad=False)


def _dates(
    key: str, file: str, one: Certificate, now: dt.datetime, *, fatal: bool
) -> Iterator[Remark]:
    what = f"{file}: the certificate {one.subject}"
    clock = f"(by this machine's clock, {now:%Y-%m-%d %H:%M} UTC)"
    if now > one.ends:
        yield Remark(key, f"{what} expired on {one.ends:%Y-%m-%d} {clock}", bad=fatal)
    elif now < one.begins:
        yield Remark(key, f"{what} is valid only from {one.begins:%Y-%m-%d} {clock}", bad=fatal)
    elif one.ends - now < SOON:
        left = f"in {(one.ends - now).days} days, on {one.ends:%Y-%m-%d}"
        yield Remark(key, f"{what} expires {left}: ask for a new one", bad=False)


def _private(key: str, file: str) -> Iterator[Remark]:
    """Note a secret that every user of this machine may read or change."""
    mode = Path(file).stat().st_mode
    if mode & stat.S_IRWXO:
        text = f"{file}: other users may read or change it (mode {mode & 0o777:04o})"
        yield Remark(key, f"{text}: chmod o= {file}", bad=False)


def _kind(file: str, wanted: bytes) -> str | None:
    """Return what is wrong with a PEM *file* that must contain the mark *wanted*; None if right."""
    with Path(file).open("rb") as opened:
        head = opened.read(_HEAD)
    if wanted in head:
        return None
    if not head.strip():
        return "is empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"-\0-\0" in head:
        return "is UTF-16 text (as Windows PowerShell writes it); allowed: PEM in plain text"
    if head.startswith(_DER):
        return f"is in DER (binary); {_TO_PEM}"
    for mark, name in (
        (b"CERTIFICATE REQUEST-----", "a request for a certificate (CSR), not yet signed"),
        (b"PUBLIC KEY-----", "a public key"),
        (b"PRIVATE KEY-----", "a private key; are cert_file and key_file exchanged?"),
        (b"CERTIFICATE-----", "a certificate; are cert_file and key_file exchanged?"),
    ):
        if mark in head:
            return f"holds {name}"
    return "is no PEM file; allowed: text with a line -----BEGIN …-----"
