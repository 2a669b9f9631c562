"""Identity numbers: found in every spelling, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.guestbook.identity_numbers import holds_identity_number, text_with_identity_number

NIK = "1571020304050607"
_ARABIC, _FULL_WIDTH, _CIRCLED = 0x0660, 0xFF10, "⓪①②③④⑤⑥⑦⑧⑨"


@pytest.mark.parametrize(
    "text",
    [
        NIK,
        f"NIK{NIK}a",
        "1571 0203 0405 0607",
        "1571 . 0203 . 0405 . 0607",
        "1571/0203/0405/0607",
        "(1571) (0203) (0405) (0607)",
        "1571\u20130203\u20130405\u20130607",
        "1571\u200b0203\u200b0405\u200b0607",
        "1571\u00ad0203\ufeff0405\u20600607",
        "".join(chr(_ARABIC + int(digit)) for digit in NIK),
        "".join(chr(_FULL_WIDTH + int(digit)) for digit in NIK),
        "".join(_CIRCLED[int(digit)] for digit in NIK),
        "".join(f"{digit}\ufe0f\u20e3" for digit in NIK),
        "l57lO2O304050607",
        "15.710.203.0-405.060",
        "1571 0203 0405",
    ],
)
def test_every_spelling_is_found(text: str) -> None:
    """Blanks, punctuation, invisible characters, other digits and look-alikes hide no number."""
    assert holds_identity_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rapat 12/12/2026 09.00-11.30",
        "Rapat (12-12-2026), 09:00, ruang 4",
        "2026-12-01 10:00",
        "Surat 045/123/SETDA/2026",
        "PT 3M, Jl. Sudirman 12 RT 01/02",
        "B 1234 XY",
        "O" * 12,
        "lIlOlIlO1234",
    ],
)
def test_what_is_no_number_passes(text: str) -> None:
    """Dates, times, numbers of letters and plates, and words stay possible."""
    assert not holds_identity_number(text)


@given(
    st.lists(st.integers(0, 9), min_size=12, max_size=16),
    st.sampled_from([0x30, _ARABIC, 0x0966, _FULL_WIDTH, 0x1D7CE]),
    st.text(st.sampled_from(" .-_/,:;()\t\u00a0\u2009\u200b\u200d\u2060\u00b7\u2013"), max_size=3),
    st.text(st.sampled_from("abcxyz "), max_size=10),
)
def test_no_separator_hides_twelve_digits(
    digits: list[int], zero: int, between: str, around: str
) -> None:
    """Twelve digits of any script are found, with the same separator after each."""
    number = between.join(chr(zero + digit) for digit in digits)
    assert holds_identity_number(f"{around}{number}{around}")


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"name": "Siti", "purpose": f"NIK {NIK}"}, "purpose"),
        ({"name": "Siti 15710203", "purpose": "04050607"}, "name"),
        ({"name": "Siti 1571", "organisation": "0203", "purpose": "0405-0607"}, "name"),
        ({"name": "Siti 15710203", "phone": "04050607"}, None),  # it begins as one
        ({"name": "Siti 157102030", "phone": "4050607"}, "name"),
        ({"name": "Siti", "phone": NIK}, "phone"),
        ({"name": "Siti", "phone": f"+{NIK}"}, "phone"),
        ({"name": "Siti", "phone": f"0{NIK[1:]}"}, "phone"),
        ({"name": "Siti", "phone": "+62 812-3456-78901"}, None),
        ({"name": "Siti", "phone": "0812 3456 78901"}, None),
        ({"name": "Rombongan 12", "purpose": "Surat 045/123, 12 orang"}, None),
    ],
)
def test_the_texts_of_a_form_are_read_together(texts: dict[str, str], found: str | None) -> None:
    """A number split over fields is found; telephone numbers stay possible."""
    assert text_with_identity_number(texts, "phone") == found
