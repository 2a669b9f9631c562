"""TLS of cameras: old ones, certificates of old recipes, and what is said of the others."""

import datetime as dt
import ipaddress
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from edge.clock import Clock
from edge.config.sections.cameras import HttpCamera
from edge.drivers.camera.http_camera import HttpSnapshotCamera
from edge.errors import DeviceFault
from sim.twins.camera import CameraTwin
from sim.twins.camera_dialects import Dialect
from sim.twins.scene import Scene

SCENE = Scene(place="Lobi", wall_ms=0, lockers={1: False}, alarming=False, figures={})
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Authority:
    """The office's own authority, as old recipes make it: no key identifiers anywhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = rsa.generate_private_key(65537, 2048)
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Kantor-CA")])
        basic = (x509.BasicConstraints(ca=True, path_length=None), True)
        certificate = self._signed(self._name, self._key, [basic])
        self.file = folder / "ca.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, address: str = "127.0.0.1", bits: int = 2048, **dates: Any) -> ssl.SSLContext:
        """Return a server's context with a certificate for *address*."""
        key = rsa.generate_private_key(65537, bits)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
        other = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        leaf = self._signed(name, key, [(other, False)], **dates)
        file = self._folder / "camera.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(file)
        self.fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
        return context

    def _signed(
        self,
        name: x509.Name,
        key: rsa.RSAPrivateKey,
        extensions: list[tuple[x509.ExtensionType, bool]],
        begins: dt.datetime = NOW - DAY,
        ends: dt.datetime = NOW + DAY,
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(begins).not_valid_after(ends)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Return the authority; contexts are made as strict as Python 3.13 makes them."""
    made = ssl.create_default_context

    def strict(*arguments: Any, **settings: Any) -> ssl.SSLContext:
        context = made(*arguments, **settings)
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    return Authority(tmp_path)


@pytest.fixture
def twins() -> Iterator[list[CameraTwin]]:
    """Yield the list of twins to be closed."""
    started: list[CameraTwin] = []
    yield started
    for twin in started:
        twin.close()


def served(
    twins: list[CameraTwin], context: ssl.SSLContext | None, dialect: Dialect | None = None
) -> CameraTwin:
    """Return a camera that speaks TLS with *context*."""
    twins.append(CameraTwin(lambda: SCENE, "", "none", dialect or Dialect(), context))
    twins[-1].start()
    return twins[-1]


def capture(url: str, **settings: Any) -> bytes:
    """Take a still of *url*."""
    config = HttpCamera(url=url, purposes=["desk"], **settings)
    return HttpSnapshotCamera("camera/lobby", config, Clock()).capture()


def test_a_certificate_without_key_identifiers_is_taken(
    authority: Authority, twins: list[CameraTwin]
) -> None:
    """The office's own authority signed it: the signature decides, also on Python 3.13."""
    twin = served(twins, authority.context())
    assert capture(twin.url, ca_file=str(authority.file))
    assert capture(twin.url, fingerprint=authority.fingerprint)


@pytest.mark.parametrize(
    ("certificate", "words", "remedy"),
    [
        ({"address": "192.0.2.9"}, "is for another name or address", "fingerprint"),
        ({"ends": NOW - DAY / 2}, "has expired", "new certificate"),
        ({"begins": NOW + DAY / 2}, "is not valid yet", "timedatectl"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(
    authority: Authority,
    twins: list[CameraTwin],
    certificate: dict[str, Any],
    words: str,
    remedy: str,
) -> None:
    """Each fault of a certificate has its words and a remedy that works; none is a cable."""
    twin = served(twins, authority.context(**certificate))
    with pytest.raises(DeviceFault, match=words) as caught:
        capture(twin.url, ca_file=str(authority.file))
    assert remedy in caught.value.remedy
    assert "set ca_file" not in caught.value.remedy.lower()
    assert capture(twin.url, fingerprint=authority.fingerprint)


def test_another_authority_is_named(
    authority: Authority, twins: list[CameraTwin], tmp_path: Path
) -> None:
    """With ca_file set, the remedy is the right file, not to set it."""
    other = tmp_path / "other"
    other.mkdir()
    twin = served(twins, authority.context())
    with pytest.raises(DeviceFault, match="is not signed by ca_file") as caught:
        capture(twin.url, ca_file=str(Authority(other).file))
    assert "authority that signed it into ca_file" in caught.value.remedy
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(DeviceFault, match="ca_file cannot be used"):
        capture(twin.url, ca_file=str(broken))


@pytest.mark.skipif(not ssl.HAS_TLSv1, reason="this OpenSSL has no TLS 1.0")
def test_old_tls_needs_its_setting(authority: Authority, twins: list[CameraTwin]) -> None:
    """TLS 1.0 and a short key are refused, with the key that accepts them; then it works."""
    context = authority.context(bits=1024)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings(action="ignore"):  # the ssl module warns of it
        context.maximum_version = ssl.TLSVersion.TLSv1
    twin = served(twins, context)
    with pytest.raises(DeviceFault, match="speaks only old TLS") as caught:
        capture(twin.url, ca_file=str(authority.file))
    assert 'tls = "old"' in caught.value.remedy
    assert capture(twin.url, ca_file=str(authority.file), tls="old")
    with pytest.raises(DeviceFault, match="authority that this machine does not know"):
        capture(twin.url, tls="old")


def test_a_redirect_to_https_of_the_host_is_followed(
    authority: Authority, twins: list[CameraTwin]
) -> None:
    """Cameras redirect http to https of their own; the certificate is checked there."""
    encrypted = served(twins, authority.context())
    plain = served(twins, None, Dialect(moved=encrypted.url))
    with pytest.raises(DeviceFault, match="authority that this machine does not know"):
        capture(plain.url)
    assert capture(plain.url, fingerprint=authority.fingerprint)


def test_a_redirect_from_https_to_http_is_refused(
    authority: Authority, twins: list[CameraTwin]
) -> None:
    """A password for an encrypted address does not go out in clear."""
    plain = served(twins, None)
    encrypted = served(twins, authority.context(), Dialect(moved=plain.url))
    with pytest.raises(DeviceFault, match="from https to http"):
        capture(encrypted.url, fingerprint=authority.fingerprint)
