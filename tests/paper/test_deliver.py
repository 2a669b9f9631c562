"""Files that commands write: when an existing file is replaced, and when it is not."""

import stat
from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from edge.errors import GarduError
from edge.paper.deliver import NEW_ONLY, REPLACES, write, write_secret
from tests.command_line import invoke

SOP = default_config_folder() / "sop"


def test_an_open_file_is_replaced_whole(tmp_path: Path) -> None:
    """A reader that has the old file open goes on reading the old content."""
    out = tmp_path / "november.html"
    write(out, b"old")
    with out.open("rb") as reader:
        write(out, b"new")
        assert reader.read() == b"old"
    assert out.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [out]


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """A failure raises GarduError; a folder is not replaced either."""
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "inside").write_bytes(b"x")
    for path in (tmp_path / "absent" / "a.pdf", folder):
        with pytest.raises(GarduError, match="cannot be written"):
            write(path, b"y")
    assert (folder / "inside").read_bytes() == b"x"


def test_a_device_is_written_to_not_replaced() -> None:
    """`-o /dev/null` and `-o /dev/stdout` write to the device, as with other programs."""
    write(Path("/dev/null"), b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_secret_file_replaces_nothing(tmp_path: Path) -> None:
    """Names and keys are never overwritten; the message names the remedy."""
    out = tmp_path / "guests.csv"
    write_secret(out, b"x")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(GarduError, match="delete it, or name another file"):
        write_secret(out, b"y")
    assert out.read_bytes() == b"x"


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("sop show", REPLACES),
        ("sop diff", REPLACES),
        ("report", REPLACES),
        ("guestbook export", NEW_ONLY),
        ("invitation key", NEW_ONLY),
        ("invitation make", "that is not there yet"),
    ],
)
def test_help_says_which_rule_holds(command: str, rule: str) -> None:
    """The help text of each command states its rule."""
    wide = {"COLUMNS": "400", "TERM": "dumb", "NO_COLOR": "1"}
    said = invoke([*command.split(), "--help"], env=wide).output
    assert rule in " ".join(said.split())


@pytest.mark.parametrize(
    "words",
    [
        ["sop", "show", "pimpinan", "--folder", str(SOP), "--form", "flowchart", "--format", "svg"],
        ["sop", "diff", str(SOP / "pimpinan.toml"), str(SOP / "eselon-2-3.toml"),
         "--format", "html"],
        ["sop", "diff", "pimpinan", "eselon-2-3", "--folder", str(SOP), "--format", "html"],
    ],
)  # fmt: skip
def test_commands_without_secrets_replace_their_file(words: list[str], tmp_path: Path) -> None:
    """A form is written again into the same file."""
    out = tmp_path / "form"
    out.write_bytes(b"old")
    assert invoke([*words, "-o", str(out)]).exit_code == 0
    assert out.read_bytes() != b"old"
