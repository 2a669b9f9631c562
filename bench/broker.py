"""Runs the broker: mosquitto with its default settings, one listener plain, one with TLS."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from edge.errors import GarduError
from sim.stage.broker import Broker, free_port, listens
from sim.stage.process import spawn, stop

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
HOST = "127.0.0.1"

_START_REAL_S, _CHECK_S = 20.0, 0.02


class Listener(msgspec.Struct, frozen=True):
    """A listener of the broker on :data:`HOST`.

    :ivar ca_file: the certificate that signed the broker's; empty: without TLS
    """

    port: int
    ca_file: str = ""

    @property
    def url(self) -> str:
        """Its address, as in the config's ``[broker]``."""
        return f"{'mqtts' if self.ca_file else 'mqtt'}://{HOST}:{self.port}"


class Listeners(msgspec.Struct, frozen=True):
    """The listeners of the run's broker.

    :ivar name: the broker in use, with the reason if it is not mosquitto
    :ivar tls: None without mosquitto or ``openssl``
    :ivar pid: mosquitto's process id; 0 if the broker is the embedded one
    """

    name: str
    plain: Listener
    tls: Listener | None = None
    pid: int = 0


@asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[Listeners]:
    """Run a broker with its files in *folder*; mosquitto if it is installed."""
    if MOSQUITTO is None:
        async with Broker(folder) as embedded:
            name = "the embedded broker: mosquitto is not installed"
            yield Listeners(name, Listener(embedded.port))
        return
    certificate = _certificate(folder)
    tls = Listener(free_port(), str(certificate)) if certificate else None
    made = Listeners("mosquitto", Listener(free_port()), tls)
    config = folder / "mosquitto.conf"
    config.write_text(_config(made), encoding="utf-8")
    process = await spawn(MOSQUITTO, "-c", str(config), stderr=asyncio.subprocess.DEVNULL)
    try:
        for listener in (made.plain, made.tls):
            if listener is not None:
                await _until_listening(listener.port)
        yield msgspec.structs.replace(made, pid=process.pid)
    finally:
        await stop(process)


def _config(listeners: Listeners) -> str:
    lines = ["allow_anonymous true", "max_queued_messages 0"]
    # If root starts it, it becomes a user who may not read the file.
    lines += ["user root"] * (os.geteuid() == 0)
    lines += [f"listener {listeners.plain.port} {HOST}"]
    if listeners.tls is not None:
        certificate = listeners.tls.ca_file
        lines += [f"listener {listeners.tls.port} {HOST}", f"certfile {certificate}"]
        lines += [f"keyfile {Path(certificate).with_suffix('.key')}"]
    return "\n".join(lines) + "\n"


def _certificate(folder: Path) -> Path | None:
    """Make a self-signed certificate for :data:`HOST`, its key beside it; None without openssl."""
    tool = shutil.which("openssl")
    if tool is None:
        return None
    certificate = folder / "broker.pem"
    subprocess.run(  # noqa: S603 - arguments of ours
        [tool, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=broker", "-addext", f"subjectAltName=IP:{HOST}",
         "-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate


async def _until_listening(port: int) -> None:
    """Return once a server accepts connections on *port*.

    :raises GarduError: if none does within 20 s
    """
    for _ in range(int(_START_REAL_S / _CHECK_S)):
        if await listens(HOST, port):
            return
        await asyncio.sleep(_CHECK_S)
    raise GarduError(f"nothing listens on port {port}")
