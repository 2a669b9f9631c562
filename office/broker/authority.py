"""The authority: makes keys, certificates and the list of revoked ones (X.509, RFC 5280).

All keys are ECDSA P-256: every TLS library has it, and a small machine signs with it in a
millisecond. Each certificate has the key identifiers that Python 3.13 and later demands.
"""

import datetime as dt
import ipaddress
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import GarduError
from office.broker.state import Dates, Issued

CERTIFICATE_FILE, KEY_FILE = "ca.pem", "ca.key"

AUTHORITY_DAYS = 20 * 365
"""A new authority means a new bundle for every checkpoint: it outlasts the machines."""

CERTIFICATE_DAYS = 3 * 365
"""A certificate is renewed by a person who carries it to the Pi."""

# The clocks of small machines may be behind.
_BACKDATED = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)


class Pair(NamedTuple):
    """A certificate and its key in PEM, and its dates."""

    certificate: bytes
    key: bytes
    dates: Dates


class Authority(NamedTuple):
    """The certificate of an authority, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def new_authority(name: str, now: dt.datetime) -> Pair:
    """Return a new authority with the common name *name*."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name)
    built = _builder(subject, subject, key, now, now + dt.timedelta(days=AUTHORITY_DAYS))
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    built = (
        built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(_issued_with(identifier), critical=False)
    )
    return _signed(built, key, key)


def load_authority(folder: Path) -> Authority:
    """Return the authority whose two files are in *folder*.

    :raises GarduError: if a file is missing or damaged, or they do not belong together
    """
    certificate_file, key_file = folder / CERTIFICATE_FILE, folder / KEY_FILE
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except OSError as error:
        raise GarduError(
            f"{error.filename}: {(error.strerror or str(error)).lower()}: put the authority's file "
            "back from a backup of the folder"
        ) from None
    except (ValueError, TypeError):
        raise GarduError(
            f"{certificate_file} or {key_file} is damaged: put it back from a backup of the folder"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or (
        key.public_key() != certificate.public_key()
    ):
        raise GarduError(f"{key_file} is not the key of {certificate_file}")
    return Authority(certificate, key)


def issue_client(
    authority: Authority, identity: str, now: dt.datetime, days: int = CERTIFICATE_DAYS
) -> Pair:
    """Return a client's certificate with *identity* as its common name."""
    return _issue(authority, identity, (), now, days)


def issue_server(
    authority: Authority, names: Sequence[str], now: dt.datetime, days: int = CERTIFICATE_DAYS
) -> Pair:
    """Return the broker's certificate for *names*, host names and addresses."""
    return _issue(authority, "broker", names, now, days)


def revocations(
    authority: Authority, number: int, updated: dt.datetime, revoked: Iterable[Issued]
) -> bytes:
    """Return the list of *revoked* certificates (CRL) in PEM.

    It is valid as long as the authority: a broker whose list has expired refuses every client.
    """
    built = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(updated)
        .next_update(authority.certificate.not_valid_after_utc)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_issued_by(authority), critical=False)
    )
    for one in revoked:
        assert one.revoked is not None
        built = built.add_revoked_certificate(
            x509.RevokedCertificateBuilder(int(one.serial, 16), one.revoked).build()
        )
    return built.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def next_update(before: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Return the date of a new list: later than *before*, so that a broker prefers it.

    A broker that reads its files again holds the old list too, and uses the one with the later
    date, which is in whole seconds.
    """
    date = (now - _BACKDATED).replace(microsecond=0)
    return date if before is None else max(date, before + _SECOND)


def alternative_name(name: str) -> x509.GeneralName:
    """Return the host name or IP address *name* as a certificate has it.

    :raises GarduError: if it is neither
    """
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.split(".")
    letters = name.isascii() and name.replace("-", "").replace(".", "").isalnum()
    if letters and all(labels) and len(name) <= 253 and max(map(len, labels)) <= 63:
        return x509.DNSName(name)
    raise GarduError(
        f"{name!r} is no name of a broker; allowed: a host name (broker.example.go.id) or an IP "
        "address, without port"
    )


def _issue(
    authority: Authority, name: str, hosts: Sequence[str], now: dt.datetime, days: int
) -> Pair:
    if now >= authority.certificate.not_valid_after_utc:
        raise GarduError("the authority has expired: make a new kit (docs/broker.md)")
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + dt.timedelta(days=days), authority.certificate.not_valid_after_utc)
    usage = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    built = (
        _builder(_subject(name), authority.certificate.subject, key, now, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_issued_by(authority), critical=False)
    )
    if hosts:
        names = x509.SubjectAlternativeName([alternative_name(host) for host in hosts])
        built = built.add_extension(names, critical=False)
    return _signed(built, authority.key, key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
    ends: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(ends)
    )


def _signed(
    built: x509.CertificateBuilder, by: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey
) -> Pair:
    made = built.sign(by, hashes.SHA256())
    dates = Dates(
        serial=f"{made.serial_number:x}",
        begins=made.not_valid_before_utc,
        ends=made.not_valid_after_utc,
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Pair(made.public_bytes(serialization.Encoding.PEM), pem, dates)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _issued_by(authority: Authority) -> x509.AuthorityKeyIdentifier:
    found = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return _issued_with(found.value)


def _issued_with(identifier: x509.SubjectKeyIdentifier) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
