"""The sheets of paper for forms: A4, and F4 (*folio*), which Indonesian offices use."""

from enum import StrEnum
from typing import NamedTuple


class Paper(StrEnum):
    """The sizes of paper."""

    A4 = "a4"
    F4 = "f4"


class Sheet(NamedTuple):
    """A sheet as it is printed on: wider than high, or upright. Millimetres."""

    width: float
    height: float


# ISO 216; F4 as Indonesian printers and office programs name it (folio).
_SIZES = {Paper.A4: (210.0, 297.0), Paper.F4: (210.0, 330.0)}


def upright(paper: Paper) -> Sheet:
    """Return the sheet *paper*, higher than wide."""
    return Sheet(*_SIZES[paper])


def across(paper: Paper) -> Sheet:
    """Return the sheet *paper*, wider than high."""
    return Sheet(*reversed(_SIZES[paper]))
