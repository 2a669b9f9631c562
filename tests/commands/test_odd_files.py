"""Commands on files that are no files: the cause in words, at once, without a traceback."""

import os
from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from tests.command_line import invoke

SOP = default_config_folder() / "sop" / "jatim.toml"
CAUSE = "cannot be read: it is a named pipe; allowed: a file"


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--config", "PIPE"],
        ["day", "--config", "PIPE"],
        ["doctor", "--config", "PIPE"],
        ["guestbook", "purge", "--before", "2026-11-21", "--config", "PIPE"],
        ["invitation", "make", "--key", "PIPE", "--site", "a", "--procedure", "b", "--until",
         "2026-11-21"],
        ["panel", "--config", "PIPE"],
        ["records", "--config", "PIPE"],
        ["reload", "--config", "PIPE"],
        ["report", "--config", "PIPE"],
        ["run", "--config", "PIPE"],
        ["sop", "diff", "PIPE", str(SOP)],
        ["sop", "reasons", "--file", "PIPE"],
        ["sop", "show", "pipe", "--folder", "FOLDER"],
        ["sop", "verify", "PIPE"],
        ["verify", "--config", "PIPE"],
        ["wiring", "--config", "PIPE"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_pipe_in_place_of_a_file_is_named(words: list[str], tmp_path: Path) -> None:
    """No command waits for a pipe to be written to."""
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    places = {"PIPE": str(pipe), "FOLDER": str(tmp_path)}
    done = invoke([places.get(word, word) for word in words])
    assert done.exit_code != 0
    assert f"{pipe}: {CAUSE}" in f"{done.stdout}{done.stderr}{done.exception}"


def test_pipes_among_the_procedures_are_problems_of_the_config(tmp_path: Path) -> None:
    """A procedure file that has become a pipe is a problem of the config, not a hang."""
    text = (default_config_folder() / "gardu.toml").read_text(encoding="utf-8")
    (tmp_path / "sop").mkdir()
    for name in ("pimpinan", "eselon-2-3", "eselon-4-asn"):
        os.mkfifo(tmp_path / "sop" / f"{name}.toml")
    config = tmp_path / "gardu.toml"
    config.write_text(text, encoding="utf-8")
    done = invoke(["check", "--config", str(config)])
    assert done.exit_code == 2
    assert done.stderr.count(CAUSE) == 3
