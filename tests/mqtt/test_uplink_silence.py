"""The uplink with brokers at fault: silent, refusing, or with a connection that breaks."""

import asyncio
import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.config.model import Broker
from edge.errors import DeviceUnavailable
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.tls import password, tls_context
from edge.sop.events import DeviceFailed
from tests.brokers import HOST, Centre, Mosquitto, free_port, until
from tests.servers import CONNACK, Server, read_packet
from tests.uplinks import make_config, make_store, running

NOT_AUTHORIZED = bytes.fromhex("20 03 00 87 00")


class SilentBroker(Server):
    """Answers every CONNECT with *connack*, and sends no other packet."""

    def __init__(self, connack: bytes = CONNACK) -> None:
        super().__init__()
        self.connections: list[list[bytes]] = []
        self._connack = connack

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Record every packet that comes."""
        packets: list[bytes] = []
        self.connections.append(packets)
        while packet := await read_packet(reader):
            packets.append(packet)
            if packet[0] >> 4 == 1:
                writer.write(self._connack)
                await writer.drain()
        writer.close()


def test_missing_acknowledgements_end_the_connection(tmp_path: Path) -> None:
    """A connection without acknowledgements is ended, and opened again."""

    async def scenario() -> None:
        broker = SilentBroker()
        config = make_config(f"mqtt://{HOST}:{broker.port}", acknowledge_timeout_s=0.2)
        async with broker.listening():
            async with running(config, make_store(tmp_path, 30), tmp_path) as run:
                await until(lambda: len(broker.connections) >= 3)
                failed = [e for e in run.events if isinstance(e, DeviceFailed)]
                assert [e.why for e in failed] == ["no acknowledgement within 0.2 s"]
                assert (await run.stored(run.store.ledger)).waiting == 30
            # A SUBSCRIBE counts too.
            published = [p for p in broker.connections[0] if p[0] >> 4 in (3, 8)]
            assert len(published) == 10
            # The first connection fills the window; the next sends one at a time.
            assert len([p for p in broker.connections[1] if p[0] >> 4 == 3]) == 1

    asyncio.run(scenario())


def test_refusal_names_its_reason_once(tmp_path: Path) -> None:
    """A refusing CONNACK is reported in the broker's words, once for the whole outage."""

    async def scenario() -> None:
        broker = SilentBroker(NOT_AUTHORIZED)
        config = make_config(f"mqtt://{HOST}:{broker.port}")
        store = make_store(tmp_path)
        async with broker.listening(), running(config, store, tmp_path) as run:
            await until(lambda: len(broker.connections) >= 4)
            failed = [e.why for e in run.events if isinstance(e, DeviceFailed)]
            assert failed == ["not authorized"]
            assert not run.uplink.connected

    asyncio.run(scenario())


def test_password_file_opens_the_door(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """User name and password file are used; a wrong password is refused in words."""
    file = tmp_path / "passwords"
    file.write_text("lobi:rahasia\n")
    secret = tmp_path / "secret"
    secret.write_text("rahasia\n")
    _hash_passwords(file)
    mosquitto.stop()
    mosquitto.configure(f"allow_anonymous false\npassword_file {file}")
    mosquitto.start()

    async def attempt(secret_file: Path) -> str:
        broker = Broker(url=mosquitto.url, username="lobi", password_file=str(secret_file))
        link = Connection(broker, "test", 60)
        try:
            await link.open()
        except DeviceUnavailable as error:
            return str(error)
        link.leave(end_session=True)
        return ""

    assert asyncio.run(attempt(secret)) == ""
    secret.write_text("salah\n")
    assert asyncio.run(attempt(secret)) == "not authorized"
    assert "no such file" in asyncio.run(attempt(tmp_path / "missing"))


def _hash_passwords(file: Path) -> None:
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("needs mosquitto_passwd")
    subprocess.run([tool, "-U", str(file)], check=True)


def test_nobody_listens_on_the_port(tmp_path: Path) -> None:
    """A missing broker is reported in words, once, and tried again and again."""

    async def scenario() -> None:
        config = make_config(f"mqtt://{HOST}:{free_port()}")
        async with running(config, make_store(tmp_path, 1), tmp_path) as run:
            await until(lambda: run.uplink.counts["reconnects"] >= 3)
            failed = [e for e in run.events if isinstance(e, DeviceFailed)]
            assert [(e.device, e.why) for e in failed] == [("broker", "connection refused")]

    asyncio.run(scenario())


def test_lost_acknowledgements_are_sent_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Records in flight when the connection breaks are sent again with the same bytes."""

    async def scenario() -> None:
        async with Tap(mosquitto.port).listening() as tap:
            with Centre(mosquitto.port) as centre:
                config = make_config(f"mqtt://{HOST}:{tap.port}")
                async with running(config, make_store(tmp_path, 25), tmp_path) as run:
                    await until(lambda: tap.cuts == 1)
                    await run.drained()
                    await until(lambda: len({m.payload for m in centre.heard("event/")}) == 25)
                    assert len(centre.heard("event/")) > 25
                    assert (await run.stored(run.store.ledger)).acknowledged == 25

    asyncio.run(scenario())


class Tap(Server):
    """A relay to a real broker; once, it drops the answers to records and cuts the connection."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self.cuts = 0
        self._target = target

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay both ways until one end closes."""
        far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        self.keep(far_writer)
        there = asyncio.create_task(_relay(reader, far_writer))
        back = asyncio.create_task(self._relay_back(far_reader, writer))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            there.cancel()
            back.cancel()
            await asyncio.wait((there, back))
            writer.close()
            far_writer.close()

    async def _relay_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                passed += len(data)
                if passed > 60 and self.cuts == 0:  # after the CONNACK and the first few answers
                    self.cuts = 1
                    return
                writer.write(data)
                await writer.drain()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def test_backoff_doubles_up_to_its_limit() -> None:
    """Waits grow from the first to the longest, with a random part."""
    backoff = Backoff(0.5, 30.0)
    assert all(0.25 <= backoff.delay(1) <= 0.5 for _ in range(100))
    assert all(15.0 <= backoff.delay(50) <= 30.0 for _ in range(100))
    assert len({backoff.delay(3) for _ in range(20)}) > 1


def test_tls_with_certificates_on_both_sides(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The client certificate is accepted over TLS; an unknown authority is refused."""
    cert, key = make_certificate(tmp_path, "broker")
    stranger, _ = make_certificate(tmp_path, "stranger")
    mosquitto.stop()
    mosquitto.configure(f"cafile {cert}\ncertfile {cert}\nkeyfile {key}\nrequire_certificate true")
    mosquitto.start()
    url = mosquitto.url.replace("mqtt://", "mqtts://")
    ours = {"cert_file": str(cert), "key_file": str(key)}

    async def scenario() -> None:
        config = make_config(url, ca_file=str(cert), **ours)
        async with running(config, make_store(tmp_path, 50), tmp_path) as run:
            await until(lambda: any("no subscriber" in str(event) for event in run.events))
            assert run.uplink.counts["reconnects"] == 0
        stranger_config = make_config(url, ca_file=str(stranger), **ours)
        async with running(stranger_config, make_store(tmp_path), tmp_path) as run:
            await until(lambda: any(isinstance(event, DeviceFailed) for event in run.events))
            assert "certificate is not accepted" in str(run.events[0])

    asyncio.run(scenario())


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a self-signed certificate for the loopback; return it and its key."""
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("needs openssl")
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [tool, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{HOST}",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_tls_asks_for_a_known_authority_and_tls_1_2(tmp_path: Path) -> None:
    """The certificate is checked against the configured authority; TLS is 1.2 or newer."""
    context = tls_context(Broker(url="mqtts://broker.example"))
    assert (context.check_hostname, context.minimum_version.name) == (True, "TLSv1_2")
    with pytest.raises(FileNotFoundError):
        tls_context(Broker(url="mqtts://b", ca_file=str(tmp_path / "missing.pem")))
    assert password(Broker()) == ""
