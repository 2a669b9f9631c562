"""The store when its process is killed, and when a second process opens it."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from edge.clock import Clock
from edge.errors import StoreError
from edge.store.store import Store
from tests.longer import slow

ROUNDS = 20


@contextmanager
def child(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run tests/store_child.py on *folder* until it is ready; kill it at the end."""
    command = [sys.executable, "-m", "tests.store_child", str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def said_until_killed(folder: Path, lines: int) -> list[str]:
    """Kill the child after *lines* lines of output; return its whole output."""
    with child(folder) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        return said + process.stdout.readlines()


@slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """After every SIGKILL each confirmed commit is there, whole and in sequence."""
    dice = random.Random(2017)
    promised = acknowledged = 0
    for _ in range(ROUNDS):
        # A line that the kill cut short ends without a newline: it confirms no commit.
        for line in said_until_killed(tmp_path, dice.randrange(1, 40)):
            word, _, number = line.partition(" ")
            if not line.endswith("\n"):
                continue
            if word == "committed":
                promised = int(number)
            else:
                acknowledged = int(number)
        check(tmp_path, promised, acknowledged)
    assert promised > ROUNDS


def check(folder: Path, promised: int, acknowledged: int) -> None:
    """Open the store as a restarted daemon does and compare all its tables with each other."""
    store = Store(folder, "/gardu/site/checkpoint", Clock())
    try:
        ledger = store.ledger()
        last = ledger.last
        assert last in (promised, promised + 1)
        assert store.load() == ({"number": last}, [{"number": last}])
        store.next_session(3600)
        recent = store.to_send_again(0, last)
        unsent = store.waiting(0, last)
        assert not {row.sequence for row in recent} & {row.sequence for row in unsent}
        rows = sorted(recent + unsent, key=lambda row: row.sequence)
        assert [row.sequence for row in rows] == list(range(1, last + 1))
        assert [row.visit for row in rows] == [f"v{number}" for number in range(1, last + 1)]
        assert len({row.id for row in rows}) == last
        assert all(msgspec.json.decode(row.payload)["id"] == row.id for row in rows)
        assert {row.sequence for row in recent} >= {acknowledged, acknowledged - 1} - {0, -1}
        assert ledger.waiting == len(unsent)
    finally:
        store.close()


def test_second_process_is_refused(tmp_path: Path) -> None:
    """While a process uses the folder, another is refused with its number; its end frees it."""
    with child(tmp_path) as process, pytest.raises(StoreError) as refusal:
        Store(tmp_path, "/gardu/site/checkpoint", Clock())
    assert f"{tmp_path} is in use by process {process.pid}" in str(refusal.value)
    Store(tmp_path, "/gardu/site/checkpoint", Clock()).close()


def test_second_store_in_one_process_is_refused(tmp_path: Path) -> None:
    """The lock also holds within one process; closing twice releases it once."""
    store = Store(tmp_path, "/gardu/site/checkpoint", Clock())
    with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
        Store(tmp_path, "/gardu/site/checkpoint", Clock())
    store.close()
    store.close()
    Store(tmp_path, "/gardu/site/checkpoint", Clock()).close()
