"""What differs between two wordings, word by word. Pure."""

from difflib import SequenceMatcher
from typing import Literal, NamedTuple


class Piece(NamedTuple):
    """Some words that are in both wordings, only in the old one, or only in the new one."""

    kind: Literal["same", "gone", "new"]
    words: str


def pieces(old: str, new: str) -> list[Piece]:
    """Return *old* and *new* as one text: what stayed, what is gone, what is new."""
    before, after = old.split(), new.split()
    found: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", " ".join(before[i1:i2])))
            continue
        if i2 > i1:
            found.append(Piece("gone", " ".join(before[i1:i2])))
        if j2 > j1:
            found.append(Piece("new", " ".join(after[j1:j2])))
    return found


def marked(old: str, new: str) -> str:
    """Return the difference as plain text: ``a [-b-] {+c+} d``."""
    marks = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return " ".join(marks[piece.kind].format(piece.words) for piece in pieces(old, new))
