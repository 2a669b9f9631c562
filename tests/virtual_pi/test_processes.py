"""Programs and commands: the agent's two ends, QEMU's monitor, the end of what was started."""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtual_pi import commands
from virtual_pi.agent import Agent
from virtual_pi.build.package import given_package, make_variant, version
from virtual_pi.errors import CannotRun, CommandFailed, Unreachable
from virtual_pi.inside.agent import serve
from virtual_pi.monitor import Monitor


class VirtioPort(io.FileIO):
    """A port of the guest: as the kernel's, it accepts at most 32 KiB in one write."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "r+")

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """Write the beginning of *data* and return its length."""
        return super().write(data[: 32 * 1024])


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """Run the guest's side of the agent behind a socket, as QEMU does with its port."""
    path = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                port = VirtioPort(connection.detach())
                threading.Thread(target=serve, args=(port,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield Agent(path)
        server.shutdown(socket.SHUT_RDWR)


def test_command_in_the_guest(agent: Agent) -> None:
    """A command's output and exit code come back whole, also if they are long."""
    assert agent.run("echo one; echo two >&2") == "one\ntwo\n"
    assert len(agent.run("head -c 300000 /dev/zero | tr '\\0' x")) == 300000
    assert agent.ask("exit 7") == (7, "")


def test_failed_command_shows_its_output(agent: Agent) -> None:
    """The reason of a failure is in the error, not only the code."""
    with pytest.raises(CommandFailed, match=r"exit code 3\nno such thing"):
        agent.run("echo no such thing; exit 3")


def test_command_without_an_end_is_ended(agent: Agent) -> None:
    """A command that hangs in the guest does not hang the run."""
    code, _ = agent.ask("exec sleep 60", timeout=0.2)
    assert code == 124


def test_guest_that_is_off_is_unreachable(tmp_path: Path) -> None:
    """A guest that has ended is distinguished from one that is slow."""
    with pytest.raises(Unreachable):
        Agent(tmp_path / "none").run("true")
    with pytest.raises(Unreachable):
        Agent(tmp_path / "none", lambda: False).wait(30)


def qmp(path: Path, answers: list[dict[str, object]]) -> threading.Thread:
    """Serve one connection of QEMU's monitor with these answers."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def run() -> None:
        with server, server.accept()[0] as connection, connection.makefile("rwb") as lines:
            lines.write(b'{"QMP": {}}\n')
            lines.flush()
            for answer in answers:
                lines.readline()
                lines.write(b'{"event": "RESUME"}\n' + json.dumps(answer).encode() + b"\n")
                lines.flush()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_monitor_returns_the_value(tmp_path: Path) -> None:
    """Events between a command and its answer are skipped."""
    qmp(tmp_path / "monitor", [{"return": {}}, {"return": {"status": "paused"}}])
    assert Monitor(tmp_path / "monitor").execute("query-status") == {"status": "paused"}


def test_monitor_names_the_refusal(tmp_path: Path) -> None:
    """QEMU's own words are in the error."""
    qmp(tmp_path / "monitor", [{"return": {}}, {"error": {"desc": "no such device"}}])
    with pytest.raises(CommandFailed, match="no such device"):
        Monitor(tmp_path / "monitor").execute("device_del", id="x")


def test_failed_command_of_this_machine_shows_its_output() -> None:
    """A build that fails shows the end of what it printed."""
    with pytest.raises(CommandFailed, match=r"exit code 4\nno space"):
        commands.run("sh", "-c", "echo no space; exit 4")
    with pytest.raises(CommandFailed, match="not installed"):
        commands.run("no-such-program")


def test_started_program_ends_with_this_process(tmp_path: Path) -> None:
    """No virtual machine stays behind, also if the run is killed by SIGKILL."""
    script = (
        "import sys, time; from pathlib import Path; from virtual_pi.commands import start; "
        f"print(start('sleep', '600', log=Path({str(tmp_path / 'log')!r})).pid, flush=True); "
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        while Path(f"/proc/{child}/comm").read_text().strip() != "sleep":  # it is being started
            time.sleep(0.01)
        parent.kill()
    end = time.monotonic() + 30
    while Path(f"/proc/{child}/stat").exists() and time.monotonic() < end:
        if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.01)
    else:
        if Path(f"/proc/{child}").exists():
            os.kill(child, signal.SIGKILL)
            pytest.fail("the program still runs")


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_variant_of_a_package(tmp_path: Path) -> None:
    """Another version of the package has its own name, version and contents."""
    folder = tmp_path / "made"
    (folder / "DEBIAN").mkdir(parents=True)
    (folder / "DEBIAN/control").write_text(
        "Package: gardu\nVersion: 1\nArchitecture: amd64\nMaintainer: a <a@b>\nDescription: d\n"
    )
    (folder / "file").write_text("one")
    package = tmp_path / "gardu_1_amd64.deb"
    commands.run("dpkg-deb", "-Znone", "-b", folder, package)
    script = 'sed -i "s/^Version: .*/Version: $1/" DEBIAN/control; echo two > file'
    made = make_variant(package, tmp_path, "2", script)
    assert made.name == "gardu_2_amd64.deb"
    assert version(made) == "2"
    commands.run("dpkg-deb", "-x", made, tmp_path / "out")
    assert (tmp_path / "out/file").read_text() == "two\n"


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_file_that_is_no_package_is_refused(tmp_path: Path) -> None:
    """A wrong file after --package is named before anything is built."""
    (tmp_path / "x.deb").write_text("no package")
    with pytest.raises(CannotRun, match=r"x\.deb is no Debian package"):
        given_package(tmp_path / "x.deb")
