"""Proposes the word that was meant."""

from collections.abc import Iterable
from difflib import SequenceMatcher

# A longer word is no slip of the pen, and comparing it would take long.
_LONGEST = 64
# Likeness from which a word is proposed, 0 to 1: two letters that changed places in a word of four
# give 0.75.
_LEAST = 0.7


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return `` (did you mean X?)`` for the word of *known* most like *word*, or nothing."""
    meant = closest(word, known)
    return f" (did you mean {meant}?)" if meant not in ("", word) else ""


def closest(word: object, known: Iterable[str]) -> str:
    """Return the word of *known* that is most like *word*; empty if none is like it, or two are.

    Upper and lower case are equal here, as are ``-`` and ``_``.
    """
    if not isinstance(word, str) or len(word) > _LONGEST:
        return ""
    likeness = {one: SequenceMatcher(None, _plain(one), _plain(word)).ratio() for one in known}
    best = max(likeness.values(), default=0.0)
    meant = [one for one, found in likeness.items() if found == best]
    return meant[0] if best >= _LEAST and len(meant) == 1 else ""


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
