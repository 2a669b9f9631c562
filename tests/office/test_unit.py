"""The unit of the central office: systemd reads it, its sandbox is tight, its command is one."""

import json
import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest
import typer.main

from office.commands.app import app

FOLDER = Path(__file__).parents[2] / "systemd" / "office"
UNIT, USERS = FOLDER / "gardu-office.service", FOLDER / "gardu-office.sysusers"
DOCS = Path(__file__).parents[2] / "docs" / "office.md"
# Of 10: what stays is the network, which broker, database and browsers need.
MOST_EXPOSED = 1.5
# Settings that systemd calls exposed, and must be: the office serves and uses the network, as a
# user that is made before; it needs a file system of the machine's.
OPEN = {
    "PrivateNetwork=", "RestrictAddressFamilies=~AF_(INET|INET6)",
    "RestrictAddressFamilies=~AF_UNIX", "IPAddressDeny=", "DeviceAllow=",
    "RootDirectory=/RootImage=",
}  # fmt: skip

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (Debian's systemd)"
)


def service() -> dict[str, str]:
    """Return the keys of the unit's service; of a key that stands twice the last value."""
    found = RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[method-assign,assignment]  # as its manual shows
    found.read(UNIT, encoding="utf-8")
    return dict(found["Service"])


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze."""
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )


@needs_systemd
@pytest.mark.parametrize(("restart", "complaints"), [("always", 0), ("sometimes", 1)])
def test_systemd_reads_every_line(tmp_path: Path, restart: str, complaints: int) -> None:
    """No unknown key and no value that is ignored; a mistake would be shown."""
    text = UNIT.read_text(encoding="utf-8")
    text = re.sub(r"/opt/gardu-office/bin/gardu", "/bin/true", text)
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace("Restart=always", f"Restart={restart}"), encoding="utf-8")
    said = analyze("verify", str(copy)).stderr
    assert len([line for line in said.splitlines() if str(tmp_path) in line]) == complaints


@needs_systemd
def test_the_sandbox_does_not_become_weaker() -> None:
    """Systemd's own score stays below the limit, and only the network and its kind stay open."""
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    done = analyze("security", "--offline=true", threshold, "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout
    listing = analyze("security", "--offline=true", "--json=short", "--no-pager", str(UNIT)).stdout
    rows = json.loads(listing)
    assert {row["name"] for row in rows if float(row["exposure"] or 0)} <= OPEN


def test_the_command_is_one_that_gardu_has() -> None:
    """Its words are a command of `gardu office` with options that this has."""
    program, group, *words = shlex.split(service()["ExecStart"])
    assert (Path(program).name, group) == ("gardu", "office")
    top = typer.main.get_group(app)
    with top.make_context("office", words[:1], resilient_parsing=True) as above:
        name, command, _ = top.resolve_command(above, words)
        assert command is not None
        with command.make_context(name, words[1:], parent=above) as made:
            assert made.params == {"config": Path("/etc/gardu-office/office.toml")}


def test_its_files_are_for_its_user_alone() -> None:
    """Passwords are credentials; no memory of them is dumped; the user is the one that is made."""
    found = service()
    assert found["LoadCredential"] == "office:/etc/gardu-office/credentials"
    plain = {key: found[key] for key in ("UMask", "LimitCORE", "StateDirectoryMode")}
    assert plain == {"UMask": "0077", "LimitCORE": "0", "StateDirectoryMode": "0700"}
    assert f"\nu {found['User']} - " in USERS.read_text(encoding="utf-8")


def test_the_docs_name_the_places_of_the_unit() -> None:
    """Who follows the installation has every file where the unit expects it."""
    text, found = DOCS.read_text(encoding="utf-8"), service()
    for place in ("/opt/gardu-office/bin", "/etc/gardu-office/credentials",
                  "/etc/gardu-office/office.toml", "/var/lib/gardu-office",
                  f"/run/credentials/{UNIT.name}/office_", USERS.name):  # fmt: skip
        assert place in text, place
    assert found["StateDirectory"] == "gardu-office"
