"""The examination of the broker's files: what is wrong, what is noted, what is right."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_pem_x509_certificate

from edge.config.model import Broker
from edge.mqtt.certificates import authorities, pair
from edge.mqtt.credentials import Remark, examine_credentials
from tests.certificates import DAY, Authority, now

HOUR = dt.timedelta(hours=1)


def remarks(**files: Path) -> list[Remark]:
    """Return the remarks on *files* now."""
    named: dict[str, Any] = {key: str(file) for key, file in files.items()}
    return examine_credentials(Broker(url="mqtts://broker.example", **named), now())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The central office's authority."""
    return Authority(tmp_path)


def secret(folder: Path, raw: bytes) -> Path:
    """Return a file with *raw* that only its user may read."""
    file = folder / "secret"
    file.write_bytes(raw)
    file.chmod(0o600)
    return file


def test_good_files_give_no_remark(authority: Authority, tmp_path: Path) -> None:
    """Nothing is said of good files, so that what is said is read."""
    cert, key = authority.issue("lobi-utama")
    key.chmod(0o600)
    password = secret(tmp_path, b"rahasia\n")
    assert remarks(password_file=password, ca_file=authority.ca_file, cert_file=cert,
                   key_file=key) == []  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "ends", "bad", "words"),
    [
        (-2 * DAY, -DAY, True, "expired on"),
        (-2 * DAY, -HOUR, True, "expired on"),
        (DAY, 400 * DAY, True, "is valid only from"),
        (-DAY, 29 * DAY, False, "expires in 28 days"),
        (-DAY, HOUR, False, "expires in 0 days"),
    ],
)
def test_dates(
    authority: Authority, begins: dt.timedelta, ends: dt.timedelta, bad: bool, words: str
) -> None:
    """Expired and not yet valid are wrong; an end within 30 days is a note."""
    at = now()
    cert, key = authority.issue("lobi-utama", begins=at + begins, ends=at + ends)
    key.chmod(0o600)
    (remark,) = remarks(cert_file=cert, key_file=key)
    assert (remark.key, remark.bad) == ("cert_file", bad)
    assert words in remark.text
    assert str(cert) in remark.text


def test_the_end_is_noted_thirty_days_before(authority: Authority) -> None:
    """31 days before the end nothing is noted."""
    cert, key = authority.issue("lobi-utama", ends=now() + 31 * DAY)
    key.chmod(0o600)
    assert remarks(cert_file=cert, key_file=key) == []


def test_an_expired_authority(authority: Authority, tmp_path: Path) -> None:
    """A file whose authorities have all expired is wrong; one old one among good ones is a note."""
    at = now() + dt.timedelta(days=400_000)
    broker = Broker(url="mqtts://b", ca_file=str(authority.ca_file))
    (remark,) = examine_credentials(broker, at)
    assert (remark.key, remark.bad) == ("ca_file", True)
    assert "expired on" in remark.text


def test_a_pair_that_is_none(authority: Authority) -> None:
    """The key of another certificate is named with both files."""
    cert, _ = authority.issue("lobi-utama")
    other_cert, key = authority.issue("lobi-kedua")
    key.chmod(0o600)
    (remark,) = remarks(cert_file=cert, key_file=key)
    assert remark.bad
    assert remark.text == f"{key}: is not the key of {cert}"
    assert other_cert != cert


def damaged(pem: bytes) -> bytes:
    """Return *pem* with some of its letters lost."""
    lines = pem.splitlines()
    return b"\n".join((*lines[:3], *lines[5:]))


def in_der(pem: bytes) -> bytes:
    """Return the certificate *pem* in DER."""
    return load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _pem: b"", "is empty"),
        (lambda _pem: b"hello\n", "is no PEM file"),
        (lambda pem: pem.decode().encode("utf-16"), "UTF-16"),
        (lambda pem: pem.decode().encode("utf-16-le"), "UTF-16"),
        (in_der, "in DER"),
        (damaged, ""),
        (lambda pem: pem.replace(b" CERTIFICATE", b" CERTIFICATE REQUEST"), "request"),
    ],
)
def test_files_that_are_no_certificate(
    authority: Authority, change: Callable[[bytes], bytes], words: str
) -> None:
    """Each wrong kind of file is named, for the authority's and for our own certificate."""
    cert, key = authority.issue("lobi-utama")
    key.chmod(0o600)
    for name, file in (("ca_file", authority.ca_file), ("cert_file", cert)):
        file.write_bytes(change(file.read_bytes()))
        others = {"key_file": key} if name == "cert_file" else {}
        (remark,) = remarks(**{name: file}, **others)
        assert (remark.key, remark.bad) == (name, True)
        assert words in remark.text


def test_exchanged_files_are_seen(authority: Authority) -> None:
    """cert_file and key_file the wrong way round: each says so."""
    cert, key = authority.issue("lobi-utama")
    for file in (cert, key):
        file.chmod(0o600)
    found = remarks(cert_file=key, key_file=cert)
    assert [(one.key, one.bad) for one in found] == [("cert_file", True), ("key_file", True)]
    assert all("exchanged" in one.text for one in found)


@pytest.mark.parametrize("key", ["password_file", "key_file"])
def test_secrets_that_others_may_read(tmp_path: Path, authority: Authority, key: str) -> None:
    """A password or key that every user may read is noted, with the command against it."""
    cert, private = authority.issue("lobi-utama")
    file = private if key == "key_file" else secret(tmp_path, b"rahasia\n")
    file.chmod(0o644)
    files = {"cert_file": cert, "key_file": private} if key == "key_file" else {key: file}
    (remark,) = remarks(**files)
    assert (remark.key, remark.bad) == (key, False)
    assert f"chmod o= {file}" in remark.text
    file.chmod(0o640)  # the group of the daemon
    assert remarks(**files) == []


def test_a_password_file_that_cannot_be_used(tmp_path: Path) -> None:
    """UTF-16 is wrong; a blank behind the password is noted."""
    (remark,) = remarks(password_file=secret(tmp_path, "rahasia".encode("utf-16")))
    assert remark.bad
    assert "UTF-16" in remark.text
    (remark,) = remarks(password_file=secret(tmp_path, b"rahasia \n"))
    assert not remark.bad
    assert "blank" in remark.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_files_of_another_user_are_not_wrong(tmp_path: Path) -> None:
    """A check by a technician without the daemon's rights says that it could not look."""
    file = secret(tmp_path, b"rahasia\n")
    file.chmod(0)
    (remark,) = remarks(password_file=file)
    assert not remark.bad
    assert "sudo -u gardu" in remark.text


def test_dates_are_those_of_the_file(authority: Authority) -> None:
    """The dates read by the handshake in memory are the certificate's own."""
    cert, key = authority.issue("lobi-utama", ends=now() + 100 * DAY)
    read, own = pair(str(cert), str(key)), load_pem_x509_certificate(cert.read_bytes())
    assert (read.begins, read.ends) == (own.not_valid_before_utc, own.not_valid_after_utc)
    (ca,) = authorities(str(authority.ca_file))
    own = load_pem_x509_certificate(authority.ca_file.read_bytes())
    assert (ca.begins, ca.ends) == (own.not_valid_before_utc, own.not_valid_after_utc)
