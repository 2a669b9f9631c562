"""Certificates at a real mosquitto and in OpenSSL's own eyes: who is accepted, and until when."""

import datetime as dt
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from edge.errors import GarduError
from office.broker import kit
from office.broker.kit import Wish
from office.broker.state import read_kit
from tests.brokers import HOST
from tests.certificates import DAY, now
from tests.office.broker.conftest import Meet
from tests.office.broker.kits import KitBroker, Person, unpacked, wait

OPENSSL = shutil.which("openssl")


def add(broker: KitBroker, identity: str, at: dt.datetime | None = None, days: int = 30) -> None:
    """Add a checkpoint to the kit, and have the broker read its files again."""
    kit.add(broker.kit, [Wish(identity, "checkpoint")], at or now(), days)
    broker.reload()


def accepted(person: Person) -> bool:
    """Return True if the broker accepts *person*, and lets it publish its status."""
    person.connect()
    try:
        # In TLS 1.3 a broker refuses a certificate after the handshake.
        return person.connected and person.publish("gardu/v1/baru/lobi/status") < 0x80
    finally:
        person.leave()


def test_without_a_certificate_of_this_authority_no_client_is_let_in(
    broker: KitBroker, tmp_path: Path
) -> None:
    """No certificate, one of another authority for the same identity, and the server's own."""
    other = tmp_path / "other"
    kit.init(other, [HOST], now())
    kit.add(other, [Wish("kantor.lobi", "checkpoint")], now())
    stranger = unpacked(other / "bundles/kantor.lobi-1.tar.gz", tmp_path)
    servers = tmp_path / "server"
    servers.mkdir()
    for name in ("client.pem", "client.key"):
        shutil.copy(broker.kit / "mosquitto/server.pem", servers / name)
    for files in (None, stranger, servers):
        person = Person(broker.port, broker.kit / "ca.pem", files)
        person.connect()
        assert not person.connected, files
        person.leave()
    assert "baru" not in broker.log


def test_a_client_verifies_the_broker(broker: KitBroker, tmp_path: Path) -> None:
    """A bundle of another authority does not trust this broker."""
    other = tmp_path / "other"
    kit.init(other, [HOST], now())
    context = ssl.create_default_context(cafile=str(other / "ca.pem"))
    with (
        socket.create_connection((HOST, broker.port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
        context.wrap_socket(plain, server_hostname=HOST),
    ):
        pass


def test_an_expired_certificate(broker: KitBroker, meet: Meet) -> None:
    """A certificate is refused after its end; renewed, the client is accepted again."""
    add(broker, "baru.lobi", at=now() - 10 * DAY, days=5)
    assert not accepted(meet("baru.lobi"))
    kit.renew(broker.kit, ["baru.lobi"], now())
    assert accepted(meet("baru.lobi", 2))


def test_a_revoked_certificate(broker: KitBroker, meet: Meet) -> None:
    """Old and new are accepted after a renewal; the old one not once revoked; then none."""
    kit.revoke(broker.kit, ["baru.lobi"], now())
    kit.add(broker.kit, [Wish("baru.lobi", "checkpoint")], now())
    kit.renew(broker.kit, ["baru.lobi"], now())
    broker.reload()
    assert accepted(meet("baru.lobi", 3))
    assert accepted(meet("baru.lobi", 4))
    (ended,) = kit.revoke(broker.kit, ["baru.lobi"], now(), older=True)
    assert ended.number == 3
    broker.reload()
    assert not accepted(meet("baru.lobi", 3))
    with meet("baru.lobi", 4) as person:
        assert person.publish("gardu/v1/baru/lobi/status") < 0x80
        assert len(kit.revoke(broker.kit, ["baru.lobi"], now())) == 1
        broker.reload()
        # The connection that stands has no rights any more.
        assert person.publish("gardu/v1/baru/lobi/status") >= 0x80
    assert not accepted(meet("baru.lobi", 4))


def test_the_client_id_of_another(broker: KitBroker, meet: Meet) -> None:
    """A client that gives another's client id ends neither its connection nor its session."""
    with meet("kantor.lobi") as victim, meet("meja", client_id="kantor.lobi") as thief:
        assert thief.publish("gardu/v1/kantor/lobi/cmd/register") < 0x80
        assert thief.publish("gardu/v1/kantor/lobi/status") == 0x87
        assert victim.connected
        assert victim.publish("gardu/v1/kantor/lobi/status") < 0x80


def test_the_same_certificate_twice(meet: Meet) -> None:
    """A copied certificate ends the connection of the first: there are never two of a name."""
    with meet("kantor.lobi") as first, meet("kantor.lobi", client_id="copy") as second:
        # mosquitto before 2.0.15 does not say why.
        wait(lambda: not first.connected)
        assert second.connected


@pytest.fixture
def openssl(broker: KitBroker) -> list[str]:
    """The words before a file that OpenSSL is to verify, with the authority and its list."""
    if OPENSSL is None:
        pytest.skip("needs openssl")
    return [OPENSSL, "verify", "-x509_strict", "-crl_check", "-CAfile", str(broker.kit / "ca.pem"),
           "-CRLfile", str(broker.kit / "mosquitto/revoked.crl")]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "purpose", "words"),
    [
        ("server", "sslserver", "OK"),
        ("server", "sslclient", "unsuitable certificate purpose"),
        ("kantor.lobi", "sslclient", "OK"),
        ("kantor.lobi", "sslserver", "unsuitable certificate purpose"),
        ("dicabut.lobi", "sslclient", "certificate revoked"),
    ],
)
def test_openssl_agrees(
    broker: KitBroker, openssl: list[str], tmp_path: Path, file: str, purpose: str, words: str
) -> None:
    """Purposes, identifiers and the list of revoked ones are what another program expects."""
    if file == "dicabut.lobi":
        kit.add(broker.kit, [Wish(file, "checkpoint")], now())
        kit.revoke(broker.kit, [file], now())
    bundle = broker.kit / f"bundles/{file}-1.tar.gz"
    pem = (
        broker.kit / "mosquitto/server.pem"
        if file == "server"
        else unpacked(bundle, tmp_path) / "client.pem"
    )
    ran = subprocess.run(
        [*openssl, "-purpose", purpose, str(pem)], capture_output=True, text=True, check=False
    )
    assert words in ran.stdout + ran.stderr
    assert (ran.returncode == 0) == (words == "OK")


def test_no_certificate_outlasts_its_authority(tmp_path: Path) -> None:
    """A longer life is cut to the authority's, and an expired authority issues nothing."""
    folder = tmp_path / "kit"
    kit.init(folder, [HOST], now() - 7000 * DAY)
    kit.add(folder, [Wish("kantor.lobi", "checkpoint")], now(), days=7300)
    state = read_kit(folder)
    assert state.clients[0].ends == state.authority.ends
    with pytest.raises(GarduError, match="the authority has expired"):
        kit.add(folder, [Wish("kantor.dua", "checkpoint")], now() + 400 * DAY)
