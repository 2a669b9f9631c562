"""The widths of words in DejaVu Sans, and line breaks. Pure.

A drawing has no browser to break its lines. The widths are the font's own advance widths (version
2.37, in 1/1000 of the size), for the characters from space to tilde.
"""

import re
from functools import lru_cache
from typing import NamedTuple

# fmt: off
_PLAIN = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
)
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
    696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683,
    683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771,
    724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665,
    343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
)
# fmt: on
_WIDEST = 1000
# Names break after a hyphen or underscore that follows a part of this length at the least.
_PART = 4
# What an item of a list begins with: its number, its letter or a dash.
_MARK = re.compile(r"(?:\d{1,2}[.)]|[a-z][.)]|-)\s+")


class CellLine(NamedTuple):
    """A line of a cell, *indent* to the right of the cell's text."""

    words: str
    indent: float = 0.0


@lru_cache(maxsize=8192)
def width(words: str, size: float, *, bold: bool = False) -> float:
    """Return the width of *words* at *size*, in the unit of *size*."""
    table = _BOLD if bold else _PLAIN
    places = (ord(letter) - 32 for letter in words)
    return sum(table[n] if 0 <= n < len(table) else _WIDEST for n in places) * size / 1000


def fit(words: str, size: float, room: float, *, bold: bool = False) -> float:
    """Return the size, at most *size*, at which *words* are no wider than *room*."""
    return min(size, size * room / max(width(words, size, bold=bold), 0.01))


def elide(words: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return *words*; if they are wider than *room*, with an ellipsis for their middle."""
    most = len(words)
    shown = words
    while width(shown, size, bold=bold) > room and most > 1:
        most -= 1
        shown = f"{words[: most - most // 2]}…{words[len(words) - most // 2 :]}"
    return shown


def wrap(words: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Return *words* in lines no wider than *room*; only a letter may be wider.

    Lines break at the line breaks of *words*, at spaces, after slashes, and in long names after
    hyphens and underscores; a word that is too long by itself is cut.
    """
    given = words.splitlines()
    return [part for line in given for part in _wrapped(line, size, room, bold=bold)]


def list_mark(words: str) -> tuple[str, str]:
    """Return the mark of a list that *words* begin with, and the rest; the mark may be empty."""
    found = _MARK.match(words)
    return (found[0], words[found.end() :]) if found else ("", words)


def cell_lines(words: str, size: float, room: float) -> list[CellLine]:
    """Return *words* in lines for a cell; those of an item of a list are aligned behind its mark.

    Lines are no wider than *room*, with their indent; only a letter may be wider.
    """
    mark, rest = list_mark(words)
    indent = width(mark, size)
    if not mark or not rest or indent > room / 2:
        return [CellLine(line) for line in wrap(words, size, room)]
    first, *others = wrap(rest, size, room - indent)
    return [CellLine(mark + first), *(CellLine(line, indent) for line in others)]


def lines_that_fit(
    words: str, size: float, room: float, most: int, *, bold: bool = False
) -> tuple[list[str], float]:
    """Return *words* in at most *most* lines no wider than *room*, and the size at which they fit.

    It is *size*, or the largest smaller one, in steps of 0.1, at which no word is cut.
    """
    lines = wrap(words, size, room, bold=bold)
    while len(lines) > most or longest_word(words, size, bold=bold) > room:
        size = round(size - 0.1, 1)
        lines = wrap(words, size, room, bold=bold)
    return lines or [""], size


def _wrapped(words: str, size: float, room: float, *, bold: bool) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(words):
        if width((line + piece).rstrip(), size, bold=bold) <= room:
            line += piece
            continue
        if line:
            lines.append(line.rstrip())
        line = piece
        while width(line.rstrip(), size, bold=bold) > room and len(line) > 1:
            cut = next(
                n
                for n in range(len(line), 0, -1)
                if n == 1 or width(line[:n], size, bold=bold) <= room
            )
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(words: str) -> list[str]:
    pieces = [""]
    for before, letter in zip(" " + words, words, strict=False):
        after_part = before in "-_" and len(pieces[-1]) > _PART and letter not in "-_ /"
        if (before in " /" and letter not in " /") or after_part:
            pieces.append("")
        pieces[-1] += letter
    return [piece for piece in pieces if piece]


def longest_word(words: str, size: float, *, bold: bool = False) -> float:
    """Return the width of the longest piece of *words* that ``wrap`` does not cut."""
    pieces = [piece.strip() for piece in _pieces(words)]
    return max((width(piece, size, bold=bold) for piece in pieces), default=0.0)
