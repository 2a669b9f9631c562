"""Scrubber: removes known texts (card numbers, passwords, guests' names) from other texts."""

import re
from collections import defaultdict
from collections.abc import Iterable

from edge.config.redaction import REMOVED

_WORD = re.compile(r"\w+")

SHORTEST = 4
"""Texts with fewer characters are not searched for: they are parts of ordinary words."""


class Scrubber:
    """Removes all of *secrets* where they stand as whole words, in any case of letters.

    The cost does not grow with the number of secrets: each word of a text is looked up, once for
    each length of those that begin with it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = set[str]()  # in lower case
        self._lengths = defaultdict[str, set[int]](set)  # of those that begin with a word
        self._other = list[str]()  # those that do not begin with a word
        for secret in sorted({one.strip() for one in secrets}, key=len, reverse=True):
            if len(secret) < SHORTEST:
                continue
            first = _WORD.match(secret)
            if first is None:
                self._other.append(secret)
            else:
                self._secrets.add(secret.lower())
                self._lengths[first[0].lower()].add(len(secret.lower()))

    def scrub(self, text: str) -> tuple[str, int]:
        """Return *text* without the secrets, and how many were removed."""
        count = 0
        for secret in self._other:
            count += text.count(secret)
            text = text.replace(secret, REMOVED)
        parts, end = list[str](), 0
        for word in _WORD.finditer(text):
            if word.start() < end:
                continue
            found = self._found(text, word)
            if found:
                parts += (text[end : word.start()], REMOVED)
                end = word.start() + found
                count += 1
        return "".join((*parts, text[end:])), count

    def _found(self, text: str, word: re.Match[str]) -> int:
        """Return the length of the secret that begins with *word*; 0 if none does."""
        for length in sorted(self._lengths.get(word[0].lower(), ()), reverse=True):
            end = word.start() + length
            if text[word.start() : end].lower() in self._secrets and not _WORD.match(text, end):
                return length
        return 0
