"""The numbers of visitor cards: those of an answer, those of a file, or stand-ins."""

from pathlib import Path

from edge.config.sections.values import CardNumber
from edge.config.text_files import read_text
from edge.config.validation import Problems, convert

# Lengths of the numbers that readers give, hexadecimal digits; docs/cards.md.
_DIGITS = {"pn532": 8, "wiegand": 8}


def card_numbers(pool: list[str] | str, folder: Path) -> list[str]:
    """Return the numbers of *pool*: a list, or the name of a file with one number a line.

    In a file, empty lines and lines that begin with # do not count.

    :raises ConfigError: if the file cannot be read, or a number is none or there twice
    """
    if isinstance(pool, list):
        return pool
    path = folder / pool
    text = read_text(path)
    problems = Problems(str(path))
    found: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip().upper()
        if not word or word.startswith("#"):
            continue
        if convert(CardNumber, word, f"line {number}", problems) is not None and word in found:
            problems.add(f"line {number}", f"is {word!r} again; allowed: each card once")
        found.append(word)
    if not found:
        problems.add("", "has no card numbers; allowed: one a line")
    problems.raise_any()
    return found


def stand_ins(count: int, driver: str) -> list[str]:
    """Return *count* numbers that hold the place of cards whose numbers are not known yet.

    They are small multiples of 256: no card of a maker has such a number, so that all cards are
    refused until the real ones are filled in.
    """
    digits = _DIGITS.get(driver, 10)
    return [f"{256 * number:0{digits}X}" for number in range(1, count + 1)]
