"""Certificates for tests, made by an authority of their own (trustme)."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.brokers import HOST

DAY = dt.timedelta(days=1)


def now() -> dt.datetime:
    """Return the present time, UTC."""
    return dt.datetime.now(dt.UTC)


class Authority:
    """An authority; its files lie in *folder*.

    :ivar ca_file: its certificate
    """

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._ca = trustme.CA()
        self._folder = folder
        self._name = name
        self.ca_file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.ca_file)

    def issue(
        self,
        name: str,
        host: str = HOST,
        *,
        begins: dt.datetime | None = None,
        ends: dt.datetime | None = None,
    ) -> tuple[Path, Path]:
        """Return certificate and key for *host*, with *name* as common name."""
        made = self._ca.issue_cert(host, common_name=name, not_before=begins, not_after=ends)
        cert, key = (self._folder / f"{self._name}-{name}{end}" for end in (".pem", ".key"))
        for number, pem in enumerate(made.cert_chain_pems):
            pem.write_to_path(cert, append=number > 0)
        made.private_key_pem.write_to_path(key)
        return cert, key

    def revoke(self, cert: Path) -> Path:
        """Return a list of revoked certificates (CRL) with *cert* on it."""
        loaded = x509.load_pem_x509_certificate(cert.read_bytes())
        ours = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        key = serialization.load_pem_private_key(self._ca.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        revoked = x509.RevokedCertificateBuilder(loaded.serial_number, now() - DAY).build()
        made = (
            x509.CertificateRevocationListBuilder(ours.subject, now() - DAY, now() + DAY)
            .add_revoked_certificate(revoked)
            .sign(key, hashes.SHA256())
        )
        file = self._folder / f"{self._name}.crl"
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return file


def without_key_identifier(folder: Path) -> tuple[Path, Path, Path]:
    """Return authority, certificate and key for the loopback without Authority Key Identifier."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    authority = (
        _builder(issuer, issuer, root)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    cert = (
        _builder(subject, issuer, leaf)
        .add_extension(names, critical=False)
        .sign(root, hashes.SHA256())
    )
    files = folder / "old-ca.pem", folder / "old.pem", folder / "old.key"
    files[0].write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    files[2].write_bytes(
        leaf.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - DAY)
        .not_valid_after(now() + DAY)
    )


STRICT = ssl.VerifyFlags.VERIFY_X509_STRICT
"""Python's default context sets this flag since 3.13."""
