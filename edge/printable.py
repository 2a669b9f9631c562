"""Foreign text made safe to print (from messages, files, devices, databases), and counted nouns.

A terminal obeys control characters and escape sequences, and shows the letters after a Unicode
direction override in another order. A line break begins a line that looks like one of Gardu's own.
XML forbids most control characters even as references: one in a title makes a drawing unreadable.
Pure.
"""

import re
import unicodedata

# Marks over and under one letter: more of them cover the lines above and below.
_MOST_MARKS = 3
# A line break of a document with several lines stands between values.
_OTHER_THAN_ASCII = re.compile(r"[^ -~\n]")
# The last two characters of each plane of Unicode are no characters.
_NO_CHARACTERS = "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000)
                         for last in (0xFFFE, 0xFFFF))  # fmt: skip
# Control characters but tab and line break, controls of the writing direction, separators of lines
# and paragraphs, halves of characters, and what is no character.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
    f"\ufdd0-\ufdef{_NO_CHARACTERS}]"
)


def printable(text: str, longest: int | None = None) -> str:
    r"""Return *text* with each character that does not print as an escape: ``\x1b``, ``\u202e``.

    :param longest: number of characters that the result has at most; the last is then ``…``
    """
    shown = text if longest is None else text[: longest + 1]
    if not (shown.isascii() and shown.isprintable()):
        shown = _escaped(shown)
    if longest is None or (len(shown) <= longest and len(text) <= longest):
        return shown
    return shown[: max(0, longest - 1)] + "…"


def printable_lines(text: str) -> str:
    """Return *text* as :func:`printable` does, line by line: its line breaks stay."""
    return "\n".join(map(printable, text.split("\n")))


def unfit(text: str) -> str:
    """Return the first character of *text* that no text of a file may hold; empty if none.

    That is one which steers a terminal, changes the order of what is shown, or breaks XML. Tabs and
    line breaks are allowed.
    """
    found = _UNFIT.search(text)
    return found[0] if found else ""


def in_document(text: str) -> str:
    """Return *text* for a drawing, a page or a workbook: characters that it cannot hold as escapes.

    Tabs, line breaks, spaces of every width and accents stay.
    """
    return _UNFIT.sub(lambda found: _escape(found[0]), text)


def ascii_json(data: bytes) -> str:
    """Return the JSON document *data* with ASCII alone; all else is in strings and is escaped."""
    text = data.decode()
    if text.isascii() and text.isprintable():
        return text
    return _OTHER_THAN_ASCII.sub(_json_escape, text)


def counted(number: int, noun: str) -> str:
    """Return *number* and *noun*, which has an s behind it unless it is one: ``2 problems``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _escaped(text: str) -> str:
    characters = list[str]()
    marks = 0
    for one in text:
        marks = marks + 1 if unicodedata.combining(one) else 0
        if one.isprintable() and marks <= _MOST_MARKS:
            characters.append(one)
        elif unicodedata.category(one) == "Zs":  # a space of another width
            characters.append(" ")
        else:
            characters.append(_escape(one))
    return "".join(characters)


def _escape(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
