"""Another program at the database: a person's table viewer, as a process of its own."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

_SCRIPT = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
rows = [file.execute(statement) for statement in sys.argv[2:]]
[row.fetchone() for row in rows]
print("ready", flush=True)
sys.stdin.read()
"""

# An edit that was not committed, and a query that was not read to its end.
EDIT = ("BEGIN IMMEDIATE",)
QUERY = ("BEGIN", "SELECT * FROM checkpoint")
# The whole file for itself, as some programs take it while no other has it open.
ALONE = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")


class OtherProgram:
    """A process with *statements* begun in the database *path*, until the end of ``with``."""

    def __init__(self, path: Path, *statements: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(path), *statements],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate()
