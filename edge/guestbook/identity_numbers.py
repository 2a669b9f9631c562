"""Recognises identity numbers in texts, however they are spelled: they must not be stored. Pure.

Rules
-----
1. A NIK has 16 digits, an NPWP 15 or 16, a SIM 12 to 16. So twelve digits are an identity number if
   no letter stands between them; blanks, punctuation and invisible characters may.
2. Digits of any script count. So do letters that look like digits (O, l, I), if most are digits.
3. Dates and times, between blanks, do not count: "12/12/2026 09.00-11.30" is no number.
4. A NIK can be split over the texts of one form. Then it counts if it is built like one: province,
   regency, district, date of birth (day plus 40 for women), serial number.
5. A telephone number begins with + and has at most 15 digits (E.164), or with 0 and has at most 14.
"""

import re
import unicodedata
from collections.abc import Mapping

LEAST_DIGITS = 12
"""Digits of the shortest identity number."""

# Letters among the twelve, at most.
_LOOK_ALIKES = {"O": "0", "o": "0", "I": "1", "l": "1", "|": "1"}
_MOST_LOOK_ALIKES = 3
# Marks (such as those of a keycap), and characters that are not shown.
_INVISIBLE = ("Mn", "Me", "Cf", "Cc")

_TIME = r"(?:[01]?[0-9]|2[0-3])[.:][0-5][0-9]"
_DATE = r"(?:0?[1-9]|[12][0-9]|3[01])([-./])(?:0?[1-9]|1[0-2])\1(?:19|20)[0-9]{2}"
_ISO_DATE = r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_MOMENT = re.compile(rf"\(?(?:{_DATE}|{_ISO_DATE}|{_TIME}(?:[-\u2013]{_TIME})?)[).,;]*")

_DIGIT = r"[0-9]"
_RUN = re.compile(r"[0-9](?:[^0-9a-z]*[0-9a-b])+")

# Codes of the provinces (Kepmendagri 300.2.2-2138 of 2025).
_PROVINCE = r"(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-6])"
_NIK = re.compile(
    rf"(?=({_PROVINCE}(?:0[1-9]|[1-7][0-9])(?!00)[0-9]{{2}}"
    r"(?:0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(?:0[1-9]|1[0-2])[0-9]{2}(?!0000)[0-9]{4}))"
)
_NIK_DIGITS = 16

_LONGEST_TELEPHONE = {"+": 15, "0": 14}


def holds_identity_number(text: str) -> bool:
    """Return True if *text* holds what looks like an identity number."""
    return any(_is_number(run) for run in _RUN.findall(_spelled(text)))


def text_with_identity_number(texts: Mapping[str, str], telephone: str = "") -> str | None:
    """Return the key of the text that holds an identity number, or in which a split one begins.

    :param texts: the texts of one form in its order, by their keys
    :param telephone: the key of the telephone number among them, for which rule 5 holds
    :return: None if there is none
    """
    for key, text in texts.items():
        found = _is_no_telephone(text) if key == telephone else holds_identity_number(text)
        if found:
            return key
    others = {key: text for key, text in texts.items() if key != telephone or not _dialled(text)}
    return _split(others)


def _spelled(text: str) -> str:
    """Return *text* with plain digits; look-alikes as a and b, other letters as x."""
    shown = "".join(map(_spelled_character, unicodedata.normalize("NFKC", text)))
    return " ".join("x" if _MOMENT.fullmatch(word) else word for word in shown.split())


def _spelled_character(character: str) -> str:
    value = unicodedata.numeric(character, -1)
    if value in range(10):
        return str(int(value))
    if character in _LOOK_ALIKES:
        return "ab"[int(_LOOK_ALIKES[character])]
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    return "x" if character.isalnum() else character


def _is_number(run: str) -> bool:
    look_alikes = len(re.findall(r"[ab]", run))
    digits = len(re.findall(_DIGIT, run))
    return look_alikes <= _MOST_LOOK_ALIKES and digits + look_alikes >= LEAST_DIGITS


def _is_no_telephone(text: str) -> bool:
    digits = re.findall(_DIGIT, _spelled(text))
    begin = text.strip()[:1]
    return len(digits) >= LEAST_DIGITS and len(digits) > _LONGEST_TELEPHONE.get(begin, 0)


def _dialled(text: str) -> bool:
    return text.strip()[:1] in _LONGEST_TELEPHONE


def _split(texts: Mapping[str, str]) -> str | None:
    """Return the key of the text in which a NIK begins that ends in a later one."""
    owners: list[str] = []
    digits = ""
    for key, text in texts.items():
        own = "".join(re.findall(_DIGIT, _spelled(text)))
        digits += own
        owners += [key] * len(own)
    for found in _NIK.finditer(digits):
        first, last = owners[found.start()], owners[found.start() + _NIK_DIGITS - 1]
        if first != last:
            return first
    return None
