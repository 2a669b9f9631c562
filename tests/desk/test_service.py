"""`gardu desk` as a process: it serves with TLS, stops on a signal, and says what is wrong."""

import os
import signal
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import trustme

from sim.stage.process import gardu


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


def test_what_it_cannot_use_is_said_in_words(config: Path, tmp_path: Path) -> None:
    """A certificate that is none is one line, not a traceback."""
    (tmp_path / "desk.pem").write_text("none", encoding="utf-8")
    lines = ('cert_file = "desk.pem"', 'key_file = "desk.pem"')
    with start(config, free_port(), *lines) as process:
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert process.stderr.read().startswith("gardu: desk.cert_file and desk.key_file are no")
