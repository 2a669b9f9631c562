"""Tests that take long: `make test` leaves them out, or runs them in a short form.

A test of whole processes, with kills, cuts or a browser, is *slow*: `make test-slow` runs it, and
so does continuous integration. A test with a short and a long form is *longer*: `make soak` runs
the long one.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import pytest

T = TypeVar("T")

LONG = bool(os.environ.get("GARDU_SOAK"))
"""True in the soak: `GARDU_SOAK=1 pytest -m longer`."""

slow = pytest.mark.slow
"""Marks a test that takes more than about a second."""

longer = pytest.mark.longer
"""Marks a test that has a long form."""

# Prime, so that each of the two to four kinds of disk of each power cut comes in turn.
_STRIDE = 11


def either(short: T, long: T) -> T:
    """Return *long* in the soak, else *short*."""
    return long if LONG else short


def sample(cases: Iterable[T]) -> Iterator[T]:
    """Yield all *cases* in the soak, else every eleventh."""
    return islice(cases, 0, None, either(_STRIDE, 1))
