"""The files that init writes: nothing is overwritten, and nothing is left half written."""

import grp
import os
from pathlib import Path
from typing import Any

import pytest

from edge.commands.init.files import NewFile, config_file, write_all
from edge.errors import GarduError
from tests.commands.init.offices import init

JATIM: dict[str, Any] = {"checkpoint": {"procedures": ["jatim"]}}


def test_a_config_that_is_there_is_refused(tmp_path: Path) -> None:
    """The second run ends with 2 and names the way out; the file is as it was."""
    config, _ = init(tmp_path, JATIM)
    config.write_text("mine", encoding="utf-8")
    _, result = init(tmp_path, JATIM)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert config.read_text(encoding="utf-8") == "mine"


def test_force_renames_the_config_that_was_there(tmp_path: Path) -> None:
    """With --force the old config stays under another name, which is printed."""
    config, _ = init(tmp_path, JATIM)
    config.write_text("mine", encoding="utf-8")
    _, result = init(tmp_path, JATIM, "--force")
    assert result.exit_code == 0
    (aside,) = config.parent.glob("gardu.toml.replaced-*")
    assert aside.read_text(encoding="utf-8") == "mine"
    assert aside.name in result.stdout


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    """A link at the config's place, even a broken one, is a file that is there."""
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "gardu.toml").symlink_to(tmp_path / "elsewhere")
    _, result = init(tmp_path, JATIM)
    assert result.exit_code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_the_offices_own_procedures_are_used_and_left(tmp_path: Path) -> None:
    """If there is a folder sop beside the config, its procedures are offered, and not changed."""
    first, _ = init(tmp_path, JATIM)
    sop = first.parent / "sop" / "jatim.toml"
    own = sop.read_text(encoding="utf-8").replace("Biro Umum, Sekretariat", "Bagian X, Sekretariat")
    sop.write_text(own, encoding="utf-8")
    config, result = init(tmp_path, JATIM, "--force")
    assert result.exit_code == 0, result.output
    assert "Bagian X" in config.read_text(encoding="utf-8")
    assert sop.read_text(encoding="utf-8") == own


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_write_that_fails_leaves_nothing(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or a failing card: an error with its reason, and no file, whole or in parts."""

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(os, call, fail)
    wanted = [NewFile(tmp_path / "a.svg", b"a"), NewFile(tmp_path / "sop" / "b.toml", b"b")]
    with pytest.raises(GarduError, match="No space left"):
        write_all(wanted, config_file(tmp_path / "gardu.toml", "x"), force=False)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_stop_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between two files: none of them is there."""
    calls: list[int] = []
    sync = os.fsync

    def interrupt(number: int) -> None:
        calls.append(number)
        if len(calls) == 2:
            raise KeyboardInterrupt
        sync(number)

    monkeypatch.setattr(os, "fsync", interrupt)
    wanted = [NewFile(tmp_path / "a.svg", b"a"), NewFile(tmp_path / "b.txt", b"b")]
    with pytest.raises(KeyboardInterrupt):
        write_all(wanted, config_file(tmp_path / "gardu.toml", "x"), force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_config_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """A second technician was faster: the file is as it was, and that is an error."""
    config = tmp_path / "gardu.toml"
    config.write_text("mine", encoding="utf-8")
    with pytest.raises(GarduError, match="exists"):
        write_all([], config_file(config, "x"), force=False)
    assert config.read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to a group")
def test_root_gives_the_config_to_the_daemons_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon can read the config and not change it; others cannot read card numbers."""
    entry = grp.getgrgid(1)
    monkeypatch.setattr(grp, "getgrnam", lambda _name: entry)
    config, _ = init(tmp_path, JATIM)
    found = config.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 1, 0o640)
