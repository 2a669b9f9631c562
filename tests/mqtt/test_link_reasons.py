"""Real brokers and ports that cannot be used: each has the right word."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.config.model import Broker
from edge.mqtt.connection import Connection
from edge.mqtt.packets import Filter
from edge.mqtt.reasons import BrokerUnavailable, Reason
from tests.brokers import HOST, Mosquitto, free_port, mosquitto, until
from tests.certificates import DAY, STRICT, Authority, now, without_key_identifier
from tests.uplinks import make_config, make_store, running

__all__ = ["mosquitto"]

Pair = tuple[Path, Path]


def why(url: str, **broker: Any) -> Reason | None:
    """Return why the broker at *url* cannot be used; None if it can."""

    async def attempt() -> Reason | None:
        link = Connection(Broker(url=url, **broker), "gardu-test", 0)
        try:
            await link.open()
            # In TLS 1.3 a broker refuses our certificate after the handshake.
            link.subscribe([Filter("a")])
        except BrokerUnavailable as error:
            return error.reason
        link.leave(end_session=True)
        return None

    return asyncio.run(attempt())


def word(url: str, **broker: Any) -> str:
    """Return the word for the broker at *url*; empty if it can be used."""
    found = why(url, **broker)
    return "" if found is None else found.word


def encrypted(broker: Mosquitto, authority: Authority, pair: Pair, *lines: str) -> str:
    """Start *broker* with TLS and *lines* in its config; return its URL."""
    cert, key = pair
    files = f"cafile {authority.ca_file}\ncertfile {cert}\nkeyfile {key}"
    broker.stop()
    broker.configure("\n".join((files, *lines)))
    broker.start()
    return broker.url.replace("mqtt://", "mqtts://")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The central office's authority."""
    return Authority(tmp_path)


def test_the_brokers_certificate(
    mosquitto: Mosquitto, authority: Authority, tmp_path: Path
) -> None:
    """Expired, not yet valid, for another host, of an unknown authority: each has its own word."""
    ca = str(authority.ca_file)
    url = encrypted(mosquitto, authority, authority.issue("good"))
    assert word(url, ca_file=ca) == ""
    assert word(url) == "certificate-unknown-authority"
    stranger = Authority(tmp_path, "stranger")
    assert word(url, ca_file=str(stranger.ca_file)) == "certificate-unknown-authority"
    for pair, expected in (
        (authority.issue("old", ends=now() - DAY, begins=now() - 2 * DAY), "certificate-expired"),
        (authority.issue("new", begins=now() + DAY), "certificate-not-yet-valid"),
        (authority.issue("other", "mqtt.example.go.id"), "certificate-other-host"),
    ):
        url = encrypted(mosquitto, authority, pair)
        found = why(url, ca_file=ca)
        assert found is not None
        assert found.word == expected
        assert "the broker's certificate is not accepted" in found.sentence


def test_a_certificate_without_key_identifier(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.13 refuses it, older ones do not: the advice says so, on each version."""
    ca, cert, key = without_key_identifier(tmp_path)
    mosquitto.stop()
    mosquitto.configure(f"certfile {cert}\nkeyfile {key}")
    mosquitto.start()
    make = ssl.create_default_context

    def strict(**settings: Any) -> ssl.SSLContext:
        context = make(**settings)
        context.verify_flags |= STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    found = why(mosquitto.url.replace("mqtt://", "mqtts://"), ca_file=str(ca))
    assert found is not None
    assert found.word == "certificate-no-key-identifier"
    assert "Python 3.13" in found.remedy


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_this_checkpoints_certificate(
    mosquitto: Mosquitto, authority: Authority, tmp_path: Path, version: str
) -> None:
    """Missing, expired, revoked, of another authority, in both versions of TLS: named as ours."""
    revoked, good = authority.issue("revoked"), authority.issue("lobi-utama")
    crl = authority.revoke(revoked[0])
    url = encrypted(
        mosquitto, authority, authority.issue("broker"),
        "require_certificate true", f"crlfile {crl}", f"tls_version {version}",
    )  # fmt: skip
    ca = str(authority.ca_file)

    def with_pair(pair: Pair) -> str:
        return word(url, ca_file=ca, cert_file=str(pair[0]), key_file=str(pair[1]))

    assert with_pair(good) == ""
    assert word(url, ca_file=ca) == "client-certificate-missing"
    old = authority.issue("old", begins=now() - 2 * DAY, ends=now() - DAY)
    assert with_pair(old) == "client-certificate-expired"
    assert with_pair(revoked) == "client-certificate-revoked"
    stranger = Authority(tmp_path, "stranger").issue("lobi-utama")
    assert with_pair(stranger) == "client-certificate-unknown-authority"
    assert with_pair((good[0], revoked[1])) == "key-mismatch"


def test_files_that_are_none(mosquitto: Mosquitto, authority: Authority, tmp_path: Path) -> None:
    """Missing, empty or encrypted files of our own are named, and no pass phrase is asked for."""
    url = encrypted(mosquitto, authority, authority.issue("broker"))
    cert, key = authority.issue("lobi-utama")
    empty = tmp_path / "empty.pem"
    empty.touch()
    missing = why(url, ca_file=str(tmp_path / "missing.pem"))
    assert missing is not None
    assert (missing.word, missing.sentence) == (
        "file-unreadable",
        f"{tmp_path / 'missing.pem'}: no such file or directory",
    )
    assert word(url, ca_file=str(empty)) == "ca-file-bad"
    ca = str(authority.ca_file)
    bad = {"cert_file": str(empty), "key_file": str(key)}
    assert word(url, ca_file=ca, **bad) == "certificate-file-bad"
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("needs openssl")
    locked = tmp_path / "locked.key"
    subprocess.run(
        [tool, "pkey", "-in", str(key), "-aes256", "-passout", "pass:x", "-out", str(locked)],
        check=True,
    )
    locked_pair = {"cert_file": str(cert), "key_file": str(locked)}
    assert word(url, ca_file=ca, **locked_pair) == "key-encrypted"


def test_ports_are_mixed_up(mosquitto: Mosquitto, authority: Authority) -> None:
    """mqtt:// to mosquitto's TLS port and mqtts:// to its plain port name the likely cause."""
    found = why(mosquitto.url.replace("mqtt://", "mqtts://"))
    assert found is not None
    assert found.word == "tls-closed-early"
    assert "without TLS" in found.remedy
    encrypted(mosquitto, authority, authority.issue("broker"))
    found = why(mosquitto.url)
    assert found is not None
    assert found.word == "closed-early"
    assert "mqtts://" in found.remedy


@contextlib.asynccontextmanager
async def answering(answer: bytes, *, close: bool = True) -> AsyncIterator[int]:
    """Listen on a port and answer everything with *answer*; yield the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read(100)
            writer.write(answer)
            await writer.drain()
            if not close:
                await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def word_of_answer(scheme: str, answer: bytes) -> str:
    """Return the word for a server that answers everything with *answer*."""

    async def scenario() -> str:
        async with answering(answer) as port:
            link = Connection(Broker(url=f"{scheme}://{HOST}:{port}"), "gardu-test", 0)
            with pytest.raises(BrokerUnavailable) as caught:
                await link.open()
            return caught.value.reason.word

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("scheme", "answer", "expected"),
    [
        ("mqtt", b"\x15\x03\x03\x00\x02\x02\x46", "tls-port-spoken-plain"),
        ("mqtt", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "web-server"),
        ("mqtt", b"SSH-2.0-OpenSSH_9.2p1\r\n", "not-mqtt"),
        ("mqtt", b"\x20\x02\x00\x01", "mqtt-3-only"),
        ("mqtt", b"\x20\x02\x00\x05", "mqtt-3-only"),
        ("mqtt", b"\x20\x03\x00\x84\x00", "mqtt-3-only"),
        ("mqtt", b"\x20\x03\x00\x86\x00", "wrong-password"),
        ("mqtt", b"\x20\x03\x00\x8a\x00", "banned"),
        ("mqtt", b"\x20\x05\x00\x00\x02\x24\x00", "qos-0-only"),
        ("mqtt", b"\x20\x05\x00\x00\x02\x25\x00", "no-retained-messages"),
        ("mqtt", b"", "closed-early"),
        (
            "mqtts",
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
            "plain-port-spoken-tls",
        ),
        ("mqtts", b"SSH-2.0-OpenSSH_9.2p1\r\n", "plain-port-spoken-tls"),
        ("mqtts", b"", "tls-closed-early"),
    ],
)
def test_what_answers_is_named(scheme: str, answer: bytes, expected: str) -> None:
    """A TLS port, a web server, another server, an old broker: by the first bytes they send."""
    assert word_of_answer(scheme, answer) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"mqtt://{HOST}:{{}}", "refused"),
        ("mqtt://a..b:1883", "bad-address"),
    ],
)
def test_addresses_without_a_broker(url: str, expected: str) -> None:
    """A port without a listener, and a host that is no name."""
    assert word(url.format(free_port())) == expected


def test_a_connack_says_where_to_go() -> None:
    """Server Reference and Reason String of a CONNACK are in the sentence."""
    reference, text = b"\x1c\x00\x02b2", b"\x1f\x00\x04noon"
    about = reference + text
    connack = bytes([0x20, 3 + len(about), 0, 0x9D, len(about)]) + about

    async def scenario() -> Reason:
        async with answering(connack) as port:
            link = Connection(Broker(url=f"mqtt://{HOST}:{port}"), "gardu-test", 0)
            with pytest.raises(BrokerUnavailable) as caught:
                await link.open()
            return caught.value.reason

    found = asyncio.run(scenario())
    assert found.word == "server-moved"
    assert found.sentence == "server moved: b2; the broker says: noon"


def test_a_disconnect_of_the_broker_has_its_reason() -> None:
    """A second daemon of the same identity: not only that the connection is lost."""
    taken_over = b"\x20\x03\x00\x00\x00" + b"\xe0\x02\x8e\x00"

    async def scenario() -> Connection:
        async with answering(taken_over) as port:
            link = Connection(Broker(url=f"mqtt://{HOST}:{port}"), "gardu-test", 0)
            with contextlib.suppress(BrokerUnavailable):  # both packets may be read at once
                await link.open()
            await until(lambda: not link.up)
            return link

    link = asyncio.run(scenario())
    assert link.why is not None
    assert (link.why.word, link.hung_up) == ("session-taken-over", True)


def test_leaving_is_no_trouble(mosquitto: Mosquitto) -> None:
    """A connection that this side has left was not ended by the broker."""

    async def scenario() -> Connection:
        link = Connection(Broker(url=mosquitto.url), "gardu-test", 0)
        await link.open()
        link.leave()
        return link

    link = asyncio.run(scenario())
    assert link.why is not None
    assert (link.why.word, link.hung_up) == ("stopped", False)


def test_journal_and_health_say_why(
    tmp_path: Path, mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """First refused, then not authorized: two lines; once connected, the last one is in health."""
    mosquitto.stop()
    mosquitto.configure("allow_anonymous false")

    async def scenario() -> None:
        config = make_config(mosquitto.url)
        async with running(config, make_store(tmp_path), tmp_path) as run:
            outage = run.uplink.outage
            await until(lambda: outage.why is not None and outage.why.word == "refused")
            mosquitto.start()
            await until(lambda: outage.why is not None and outage.why.word == "not-authorized")
            mosquitto.stop()
            mosquitto.configure("")
            mosquitto.start()
            await until(lambda: outage.why is None)
            assert outage.last is not None

    asyncio.run(scenario())
    lines = [
        record.getMessage() for record in caplog.records if "no broker at" in record.getMessage()
    ]
    assert sum("connection refused. Is the broker running" in line for line in lines) >= 1
    assert sum("not authorized. Correct username" in line for line in lines) == 1
