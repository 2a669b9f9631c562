"""The corpus of `make fuzz`: every reader reads it as its target says."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import ProtocolError
from tests.fuzz import targets
from tests.fuzz.__main__ import CORPUS
from tests.fuzz.targets import TARGETS
from tests.longer import slow


@pytest.mark.parametrize("name", TARGETS)
def test_each_reader_reads_its_corpus(name: str) -> None:
    """Bytes that once reached a new branch, or broke a reader, are read well."""
    files = sorted((CORPUS / name).iterdir())
    assert len(files) > 1
    for file in files:
        TARGETS[name](file.read_bytes())


def test_each_corpus_has_a_target() -> None:
    """No folder is left of a target that was renamed."""
    assert {folder.name for folder in CORPUS.iterdir()} == TARGETS.keys()


class _Forgetful:
    """A framer that forgets what came before: a frame in two parts is lost."""

    def feed(self, data: bytes, /) -> list[bytes | ProtocolError]:
        """Find the frame only in one piece."""
        return [b"frame"] if b"frame" in data else []


def test_a_target_shows_a_broken_reader() -> None:
    """A framer that depends on how bytes are split breaks the rule of all framers."""
    with pytest.raises(AssertionError):
        targets._split_alike(_Forgetful, b"a frame")


@slow
def test_the_search_runs(tmp_path: Path) -> None:
    """The search begins at the corpus and ends after its time."""
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", "2", "modbus-rtu"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "inputs, all read well" in done.stdout
