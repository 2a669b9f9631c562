r"""The text of a scanned code without the characters that scanners add to it. Pure.

Scanners can be set to send, before each code:

- an AIM symbology identifier (ISO/IEC 15424): ``]``, a letter, a digit: ``]Q1`` is a QR
  code, ``]Q2`` one with an ECI
- the ECI of the text (AIM's protocol): a backslash and six digits: ``\000026`` is UTF-8
- a UTF-8 byte order mark, blanks, tabs, or GS (1D, the FNC1 of GS1 codes)

Any number of these is removed at the front, and blanks, tabs and GS at the end. All other
characters belong to the code. No invitation begins with one of the removed ones.
"""

import re

_BLANKS = " \t\x1d"
_ADDED = re.compile(rf"\A(?:\][A-Za-z][0-9]|\\[0-9]{{6}}|[\ufeff{_BLANKS}])+")


def code_in(text: str) -> str:
    """Return the code in *text*, which a scanner has sent.

    A text all in lower case comes from a scanner that is set to send lower case, or that types with
    Caps Lock on; it is returned in upper case, because invitations are written so.
    """
    code = _ADDED.sub("", text, count=1).rstrip(_BLANKS)
    return code.upper() if code.isascii() and code.islower() else code
