"""Slows down the syncs of a process, as a slow memory card does (``slow_card.c``, preloaded).

Slow are ``fsync`` and ``fdatasync`` alone. Not shown: slow writes and reads, and a card that is
slower at some syncs than at others, because its controller collects garbage.
"""

import mmap
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.bed import Bed
from edge.errors import GarduError

MISSING = "no C compiler (cc) is installed: rows with a slow card are left out"

_SOURCE = Path(__file__).with_name("slow_card.c")
_DELAY, _UNTIL, _SYNCS, _NUMBERS = range(4)


class SlowCard:
    """A card for the processes that are started with :attr:`environment`.

    :param folder: an existing one, for the library and for the numbers shared with the processes
    :raises GarduError: if there is no C compiler, or it refuses the library
    """

    def __init__(self, folder: Path) -> None:
        library, numbers = folder / "slow_card.so", folder / "card"
        _compile(library)
        numbers.write_bytes(bytes(8 * _NUMBERS))
        with numbers.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
        self.environment = {"LD_PRELOAD": str(library), "GARDU_CARD": str(numbers)}

    @property
    def syncs(self) -> int:
        """How many syncs have ended so far."""
        return self._numbers[_SYNCS]

    @asynccontextmanager
    async def slowed(self, delay_ms: float) -> AsyncIterator[None]:
        """Lengthen every sync by *delay_ms* within the context."""
        self._numbers[_DELAY] = int(delay_ms * 1e6)
        try:
            yield
        finally:
            self._numbers[_DELAY] = 0

    def stall(self, seconds: float) -> None:
        """Let no sync end within the next *seconds*."""
        self._numbers[_UNTIL] = time.monotonic_ns() + int(seconds * 1e9)


def slow_card(bed: Bed) -> SlowCard | None:
    """Return a card as fast as the disk until it is slowed; None without a C compiler."""
    return SlowCard(bed.new_folder("card")) if _compiler() else None


def _compiler() -> str | None:
    return shutil.which(os.environ.get("CC") or "cc")


def _compile(library: Path) -> None:
    compiler = _compiler()
    if compiler is None:
        raise GarduError(MISSING)
    command = [compiler, "-std=c11", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-pthread"]
    made = subprocess.run(  # noqa: S603 - arguments of ours
        [*command, "-o", str(library), str(_SOURCE), "-ldl"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise GarduError(f"{_SOURCE} cannot be compiled: {made.stderr}")
