"""`gardu invitation`: keys, codes, checks, and mistakes reported in words."""

import base64
import io
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

    def __call__(self, *words: str | Path, entered: str = "") -> tuple[int, str, str]:
        """Run it with *entered* on standard input; return exit code, stdout and stderr."""
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(entered.encode())))
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


def made(gardu: Gardu, key: Path, *more: str, entered: str = "") -> str:
    """Return the text of an invitation."""
    code, out, err = gardu(
        "make", "--key", key, "--site", "setda", "--procedure", "pimpinan", "--until", TOMORROW,
        "-o", "-", *more, entered=entered,
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
    text = made(
        gardu, key, "--checkpoint", "lobi", "--guest", "-", "--head-count", "2",
        entered='name = "Siti"',
    )  # fmt: skip
    keys = key_ring([Path(f"{key}.pub").read_text().strip()])
    found = read(text, keys, Clock().wall_ms(), "setda", "lobi", ["pimpinan"])
    assert found.guest is not None
    assert (found.guest.name, found.guest.head_count) == ("Siti", 2)
    assert read(made(gardu, key), keys, Clock().wall_ms(), "setda", "x", ["pimpinan"]).guest is None


@pytest.mark.parametrize("which", ["key", "key.pub"])
def test_reading_shows_what_a_code_says(gardu: Gardu, key: Path, which: str) -> None:
    """A code is shown with its public key, or with its secret one."""
    guest = key.with_name("tamu.toml")
    guest.write_text('name = "Siti Aminah"\npurpose = "Rapat"\n', encoding="utf-8")
    text = made(gardu, key, "--guest", str(guest))
    code, out, err = gardu("read", "--key-file", key.with_name(which), entered=text)
    assert (code, err) == (0, "")
    for word in ("setda", "any of the site", "pimpinan", "Siti Aminah", "Rapat"):
        assert word in out


def test_reading_says_what_is_wrong(gardu: Gardu, key: Path, tmp_path: Path) -> None:
    """A refused code is explained in the words of a checkpoint, with exit code 1."""
    gardu("key", "-o", tmp_path / "other")
    text = made(gardu, key)
    past = ("--from", "2020-01-01T08:00Z", "--until", "2020-01-01T12:00Z")
    future = ("--from", "2099-01-01T08:00Z", "--until", "2099-01-01T12:00Z")
    assert gardu("read", "--key-file", tmp_path / "other", entered=text)[::2] == (
        1,
        "unknown key\n",
    )
    assert gardu("read", "-", "--key-file", key, entered="hello")[::2] == (1, "not an invitation\n")
    assert gardu("read", "--key-file", key, entered=made(gardu, key, *past))[::2] == (
        1,
        "expired\n",
    )
    assert gardu("read", "--key-file", key, entered=made(gardu, key, *future))[::2] == (
        1, "not yet valid\n",
    )  # fmt: skip


def test_a_guest_s_details_are_no_argument(gardu: Gardu, key: Path, tmp_path: Path) -> None:
    """Every user of a computer can list the arguments of its commands."""
    code, _, err = gardu("read", "GARDU1:0", "--key-file", key)
    assert (code, "standard input" in err) == (1, True)
    right = ("make", "--key", key, "--site", "s", "--procedure", "p", "--until", TOMORROW)
    assert gardu(*right, "--name", "Siti")[0] == 2
    for text, told in (("Siti", "a line is like"), ('nama = "Siti"', "nama")):
        (tmp_path / "tamu.toml").write_text(text, encoding="utf-8")
        code, _, err = gardu(*right, "--guest", tmp_path / "tamu.toml")
        assert (code, told in err, "Traceback" in err) == (1, True, False)
    assert gardu(*right, "--guest", tmp_path / "none")[0] == 1


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
    code, _, err = gardu("read", "--key-file", tmp_path / "key", entered="x")
    assert (code, "holds no key" in err) == (1, True)
