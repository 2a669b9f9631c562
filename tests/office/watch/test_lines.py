"""Records as lines: whole lines only, also on a disk that fails, and JSON in ASCII."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from office.watch.consumer import Consumer
from office.watch.lines import OutputFailed, RecordLines, line_of, lines_to_file
from tests.faults.test_mqtt_floods import EVENT, record

# The disk is full after 1,000 bytes: the kernel accepts a part of a write.
FULL = """
import resource, sys
from pathlib import Path
from office.watch.lines import OutputFailed, lines_to_file
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
lines = lines_to_file(Path(sys.argv[1]))
lines.write(["x" * 599 + "\\n"])
try:
    lines.write(["y" * 599 + "\\n"])
except OutputFailed as error:
    print(error)
"""


def test_a_record_is_one_line_of_ascii() -> None:
    """Controls, overrides and letters of any script are JSON escapes; the content is the same."""
    why = "kabel → \x1b[31m\u202e\u2028\x7f\x9b [/red] 😀\n"
    consumer = Consumer()
    seen = consumer.take(EVENT, record(1, data={"why": why}), {}, "", 0.0)
    line = line_of(seen, consumer, 0.0)
    assert line is not None
    assert line.endswith("\n")
    assert line[:-1].isascii()
    assert line[:-1].isprintable()
    assert json.loads(line)["data"]["why"] == why
    assert line_of(consumer.take(EVENT, record(1), {}, "", 0.0), consumer, 0.0) is None


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """A line that was written in part is removed again; the error names the file."""
    file = tmp_path / "records.jsonl"
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(file)], capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"{file}: file too large\n"
    assert file.read_text() == "x" * 599 + "\n"


@pytest.mark.parametrize("torn", [b"", b'{"half', b"x" * 200_000])
def test_a_torn_last_line_is_removed_at_the_start(tmp_path: Path, torn: bytes) -> None:
    """After a power cut the file ends with a whole line; its record comes again."""
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"first\nsecond\n" + torn)
    lines_to_file(file).write(["third\n"])
    assert file.read_bytes() == b"first\nsecond\nthird\n"


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b"x\n"), (b"a\n", b"a\nx\n"), (b'a\n{"half', b'a\n{"half\nx\n')]
)
def test_after_a_torn_line_on_stdout_a_new_one_begins(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    """With `--json >> FILE` the file may be another program's too: a torn line stays, alone."""
    file = tmp_path / "records.jsonl"
    file.write_bytes(before)
    number = os.open(file, os.O_WRONLY | os.O_APPEND)
    RecordLines(number, "stdout").write(["x\n"])
    os.close(number)
    assert file.read_bytes() == after


def test_a_file_has_one_writer(tmp_path: Path) -> None:
    """A second process may not write into the same file."""
    file = tmp_path / "records.jsonl"
    first = lines_to_file(file)
    with pytest.raises(OutputFailed, match="another process"):
        lines_to_file(file)
    first.write(["still here\n"])


@pytest.mark.parametrize("name", ["no-folder/records.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    """The error names the file and the reason."""
    with pytest.raises(OutputFailed, match=str(tmp_path)):
        lines_to_file(tmp_path / name)


def test_a_reader_that_has_ended_is_told_apart() -> None:
    """EPIPE, as of `| head`, is no damage to the records."""
    ours, theirs = os.pipe()
    os.close(ours)
    with pytest.raises(OutputFailed) as failed:
        RecordLines(theirs, "stdout").write(["x\n"])
    os.close(theirs)
    assert failed.value.reader_gone
