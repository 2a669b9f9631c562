"""The technician: a person at the terminal, or a program in the tests (rehearsal.py)."""

import os
from pathlib import Path
from typing import Protocol, Self

import pytest

TERMINAL = Path("/dev/tty")


class Technician(Protocol):
    """The technician, who carries out instructions and answers questions."""

    def hears(self, words: str) -> None:
        """Give a piece of information."""

    def does(self, instruction: str) -> None:
        """Give an instruction; returns when it is done."""

    def says(self, question: str) -> bool:
        """Ask a question; return True for yes."""

    def counts(self, question: str) -> int:
        """Ask for a number and return it."""


class Person:
    """The person at the terminal. Use as ``with``.

    Enter: it is done. ``s`` skips the test (it cannot be done here), ``q`` ends everything.
    """

    def __init__(self, terminal: Path = TERMINAL) -> None:
        try:
            # Two files: a terminal cannot seek. Not stdin: pytest uses that.
            self._in = terminal.open(encoding="utf-8")
            self._out = terminal.open("r+b", buffering=0)
        except OSError as error:
            pytest.skip(f"needs a terminal with a technician at it: {error}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._in.close()
        self._out.close()

    def hears(self, words: str) -> None:
        """Write *words* to the terminal."""
        self._out.write(f"\n  {words}\n".encode())

    def does(self, instruction: str) -> None:
        """Write *instruction* and wait for Enter."""
        self._ask(f"  > {instruction}\n    Enter when done, s = cannot be done here, q = quit: ")

    def says(self, question: str) -> bool:
        """Ask until the answer is yes or no."""
        while True:
            answer = self._ask(f"  ? {question} [y/n] ")
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")

    def counts(self, question: str) -> int:
        """Ask until the answer is a number."""
        while True:
            answer = self._ask(f"  ? {question} [a number] ")
            if answer.isdigit():
                return int(answer)

    def _ask(self, words: str) -> str:
        self._out.write(words.encode())
        line = self._in.readline()
        answer = line.strip().lower()
        if not line or answer == "q":
            pytest.exit("the technician has ended it", returncode=os.EX_TEMPFAIL)
        if answer == "s":
            pytest.skip("the technician could not do it here")
        return answer
