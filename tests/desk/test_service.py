"""`gardu desk` as a process: it serves with TLS, stops on a signal, and says what is wrong."""

import os
import signal
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import trustme

from desk.pins import make_pin, write_pin
from desk.roles import Role
from sim.stage.process import gardu
from tests.daemons import DaemonChild
from tests.desk.conftest import RECEPTION_PIN
from tests.desk.screen import Screen
from tests.longer import slow


def free_port() -> int:
    """Return a TCP port of this machine that no program uses now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def start(config: Path, port: int, *lines: str) -> subprocess.Popen[str]:
    """Start the desk of *config* at *port*, with more *lines* in its section."""
    text = config.read_text(encoding="utf-8")
    config.write_text("\n".join([text.rstrip("\n"), f"port = {port}", *lines, ""]), "utf-8")
    return subprocess.Popen(
        [*gardu(), "desk", "--config", str(config)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the first line that *process* says."""
    assert process.stderr is not None
    return process.stderr.readline()


def test_it_serves_encrypted_pages_and_stops(config: Path, tmp_path: Path) -> None:
    """With a certificate the page is https, the cookie is for https only, SIGTERM ends it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "desk.key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "desk.pem")
    port = free_port()
    process = start(config, port, 'cert_file = "desk.pem"', 'key_file = "desk.key"')
    assert f"https://127.0.0.1:{port}/" in line_of(process)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with urllib.request.urlopen(f"https://localhost:{port}/", context=trust, timeout=60) as page:
        assert "Belum ada PIN" in page.read().decode()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) in {0, -signal.SIGTERM}
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@slow
def test_it_stops_while_screens_follow_the_lobby(
    config: Path, daemon: DaemonChild, tmp_path: Path
) -> None:
    """Screens whose pages stay open do not hold up a stop, and it is as clean as without them."""
    write_pin(tmp_path / "pins.json", Role.RECEPTION, make_pin(RECEPTION_PIN))
    port = free_port()
    process = start(config, port, f'pin_file = "{tmp_path / "pins.json"}"')
    line_of(process)
    screens = [Screen(f"http://127.0.0.1:{port}/") for _ in range(3)]
    for one in screens:
        one.login(Role.RECEPTION, RECEPTION_PIN)
    streams = [one.follow() for one in screens]
    for stream in streams:
        assert stream.readline() == b"event: lobby\r\n"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGTERM}
    assert said == ""
    for stream in streams:
        stream.close()


def test_what_it_cannot_use_is_said_in_words(config: Path, tmp_path: Path) -> None:
    """A certificate that is none is one line, not a traceback."""
    (tmp_path / "desk.pem").write_text("none", encoding="utf-8")
    lines = ('cert_file = "desk.pem"', 'key_file = "desk.pem"')
    with start(config, free_port(), *lines) as process:
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert process.stderr.read().startswith("gardu: desk.cert_file and desk.key_file are no")
