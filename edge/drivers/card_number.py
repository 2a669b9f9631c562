"""Card numbers in other forms, converted to the form of the pool: hexadecimal digits. Pure.

What is printed on a 125 kHz card, and typed by USB readers, for card 01026F6C3A:

=================== ====================== =========== =================================
form                typed                  gives       makers' name
=================== ====================== =========== =================================
``hex``             ``01026F6C3A``         01026F6C3A  10H
``hex``             ``026F6C3A``           026F6C3A    8H
``decimal``         ``0040856634``         026F6C3A    8H10D: the last four bytes
``decimal``         ``0004335823930``      01026F6C3A  10H13D, 10H12D: all five bytes
``facility-card``   ``111,27706``          006F6C3A    2H4H: bytes 3, and 4 and 5
``facility-card``   ``00623,27706``        026F6C3A    4H4H
=================== ====================== =========== =================================
"""

import re

from edge.config.sections.values import NumberForm
from edge.errors import ProtocolError

_HEX = re.compile(r"[0-9A-F]{8}|[0-9A-F]{10}|[0-9A-F]{14}|[0-9A-F]{20}")
_DECIMAL = re.compile(r"[0-9]{10}|[0-9]{12,13}", re.ASCII)
_FACILITY = re.compile(r"([0-9]{3}|[0-9]{5})[,.:/ -]?([0-9]{5})", re.ASCII)
_SHORT = 8


def card_number(typed: str, form: NumberForm, first_byte: str = "") -> str:
    """Return the number of the card that *typed* names, in upper-case hexadecimal digits.

    :param first_byte: two digits that are put before a number of eight
    :raises ProtocolError: if *typed* is no number of that form
    """
    number = _PARSERS[form](typed.strip().upper())
    return first_byte + number if len(number) == _SHORT else number


def facility_card(facility: int, card: int) -> str:
    """Return the number of a card with a facility code (16 bits at most) and 16 bits of its own.

    :raises ProtocolError: if one of them is out of range
    """
    if facility > 0xFFFF or card > 0xFFFF:
        raise ProtocolError("facility code or card number out of range")
    return f"{facility:04X}{card:04X}"


def _hex(typed: str) -> str:
    if not _HEX.fullmatch(typed):
        raise ProtocolError("not a card number in hexadecimal digits (number)")
    return typed


def _decimal(typed: str) -> str:
    if not _DECIMAL.fullmatch(typed):
        raise ProtocolError("not a card number of 10, 12 or 13 decimal digits (number)")
    digits = 8 if len(typed) == 10 else 10
    number = f"{int(typed):0{digits}X}"
    if len(number) > digits:
        raise ProtocolError("card number out of range")
    return number


def _facility(typed: str) -> str:
    found = _FACILITY.fullmatch(typed)
    if found is None or (len(found[1]) == 3 and int(found[1]) > 0xFF):
        raise ProtocolError("not a facility code and a card number (number)")
    return facility_card(int(found[1]), int(found[2]))


_PARSERS = {"hex": _hex, "decimal": _decimal, "facility-card": _facility}
