"""`gardu invitation`: keys, codes, checks, and mistakes reported in words."""

import base64
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from edge.clock import Clock
from edge.commands import main
from edge.guestbook.invitations import key_ring, read

TOMORROW = (datetime.fromtimestamp(Clock().wall_ms() / 1000, UTC) + timedelta(days=1)).isoformat(
    timespec="seconds"
)


class Gardu:
    """The command line in this process: its output and its exit code."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        """Run it; return exit code, stdout and stderr."""
        self._monkeypatch.setattr(sys, "argv", ["gardu", "invitation", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        out, err = self._capsys.readouterr()
        return int(ended.value.code or 0), out, err


@pytest.fixture
def gardu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gardu:
    """Return the command line."""
    return Gardu(monkeypatch, capsys)


@pytest.fixture
def key(gardu: Gardu, tmp_path: Path) -> Path:
    """Return a secret key's file."""
    gardu("key", "-o", tmp_path / "key")
    return tmp_path / "key"


def made(gardu: Gardu, key: Path, *more: str) -> str:
    """Return the text of an invitation."""
    code, out, err = gardu(
        "make", "--key", key, "--site", "setda", "--procedure", "pimpinan", "--until", TOMORROW,
        "-o", "-", *more,
    )  # fmt: skip
    assert (code, err) == (0, "")
    return out.strip()


def test_a_pair_of_keys_is_made_once(gardu: Gardu, tmp_path: Path) -> None:
    """A secret key is readable by its owner only, is not printed, and is never overwritten."""
    code, out, _ = gardu("key", "-o", tmp_path / "key")
    assert code == 0
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    public = (tmp_path / "key.pub").read_text().strip()
    assert f'protokol = "{public}"' in out
    secret = (tmp_path / "key").read_text()
    assert secret.split()[-1] not in out
    code, _, err = gardu("key", "-o", tmp_path / "key")
    assert code == 1
    assert "is there already" in err
    assert (tmp_path / "key").read_text() == secret


def test_what_is_made_is_read_at_its_checkpoint(gardu: Gardu, key: Path) -> None:
    """A made invitation is valid at its checkpoint with the printed public key."""
    text = made(gardu, key, "--checkpoint", "lobi", "--name", "Siti", "--head-count", "2")
    keys = key_ring([Path(f"{key}.pub").read_text().strip()])
    found = read(text, keys, Clock().wall_ms(), "setda", "lobi", ["pimpinan"])
    assert found.guest is not None
    assert (found.guest.name, found.guest.head_count) == ("Siti", 2)
    assert read(made(gardu, key), keys, Clock().wall_ms(), "setda", "x", ["pimpinan"]).guest is None


@pytest.mark.parametrize("which", ["key", "key.pub"])
def test_reading_shows_what_a_code_says(gardu: Gardu, key: Path, which: str) -> None:
    """A code is shown with its public key, or with its secret one."""
    text = made(gardu, key, "--name", "Siti Aminah")
    code, out, err = gardu("read", text, "--key-file", key.with_name(which))
    assert (code, err) == (0, "")
    for word in ("setda", "any of the site", "pimpinan", "Siti Aminah"):
        assert word in out


def test_reading_says_what_is_wrong(gardu: Gardu, key: Path, tmp_path: Path) -> None:
    """A refused code is explained in the words of a checkpoint, with exit code 1."""
    gardu("key", "-o", tmp_path / "other")
    text = made(gardu, key)
    past = ("--from", "2020-01-01T08:00Z", "--until", "2020-01-01T12:00Z")
    future = ("--from", "2099-01-01T08:00Z", "--until", "2099-01-01T12:00Z")
    assert gardu("read", text, "--key-file", tmp_path / "other")[::2] == (1, "unknown key\n")
    assert gardu("read", "hello", "--key-file", key)[::2] == (1, "not an invitation\n")
    assert gardu("read", made(gardu, key, *past), "--key-file", key)[::2] == (1, "expired\n")
    assert gardu("read", made(gardu, key, *future), "--key-file", key)[::2] == (
        1, "not yet valid\n",
    )  # fmt: skip


def test_pictures_are_what_their_names_say(gardu: Gardu, key: Path, tmp_path: Path) -> None:
    """The SVG is XML, the PNG has its signature, and the terminal shows blocks."""
    words = ("make", "--key", key, "--site", "s", "--procedure", "p", "--until", TOMORROW)
    assert gardu(*words, "-o", tmp_path / "code.svg")[0] == 0
    assert ET.parse(tmp_path / "code.svg").getroot().tag.endswith("svg")
    assert gardu(*words, "-o", tmp_path / "code.png")[0] == 0
    assert (tmp_path / "code.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    code, out, _ = gardu(*words)
    assert code == 0
    assert "█" in out
    assert "GARDU1:" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--until", "tomorrow"], "is no time"),
        (["--until", "2099-01-01"], "31 days"),
        (["--site", "Setda"], "site"),
        (["--head-count", "0"], "guest"),
        (["-o", "code.jpg"], ".svg or .png"),
        (["-o", "/nowhere/code.svg"], "No such file"),
        (["--key", "nowhere"], "cannot be read"),
    ],
)
def test_mistakes_are_told_in_words(gardu: Gardu, key: Path, words: list[str], told: str) -> None:
    """A mistake ends with 1 and the allowed values, without a traceback."""
    right = ["--key", str(key), "--site", "s", "--procedure", "p", "--until", TOMORROW]
    code, _, err = gardu("make", *right, *words)
    assert code == 1
    assert told in err
    assert "Traceback" not in err


def test_a_public_key_signs_nothing(gardu: Gardu, key: Path) -> None:
    """A public key is recognised and refused for signing."""
    words = ("--site", "s", "--procedure", "p", "--until", TOMORROW)
    code, _, err = gardu("make", "--key", f"{key}.pub", *words)
    assert (code, "is no secret key" in err) == (1, True)


def test_a_damaged_key_is_told(gardu: Gardu, tmp_path: Path) -> None:
    """A key of the wrong length is refused."""
    (tmp_path / "key").write_text("gardu-secret-key " + base64.b64encode(bytes(31)).decode())
    code, _, err = gardu("read", "x", "--key-file", tmp_path / "key")
    assert (code, "holds no key" in err) == (1, True)
