"""Card numbers in the forms that readers type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.card_number import card_number
from edge.errors import ProtocolError


@pytest.mark.parametrize(
    ("form", "typed", "number"),
    [
        # A maker's own table for one card.
        ("hex", "01026F6C3A", "01026F6C3A"),
        ("hex", "026f6c3a", "026F6C3A"),
        ("decimal", "0040856634", "026F6C3A"),
        ("decimal", "004335823930", "01026F6C3A"),
        ("decimal", "0004335823930", "01026F6C3A"),
        ("facility-card", "111,27706", "006F6C3A"),
        ("facility-card", "00623,27706", "026F6C3A"),
        ("facility-card", "11127706", "006F6C3A"),
        # The card that is printed 0006547886 099,59822 and has the number 010063E9AE.
        ("decimal", "0006547886", "0063E9AE"),
        ("facility-card", "099,59822", "0063E9AE"),
        ("decimal", " 0006547886 ", "0063E9AE"),
        ("hex", "04A2241A2B3C80", "04A2241A2B3C80"),
    ],
)
def test_every_form_gives_the_hexadecimal_number(form: str, typed: str, number: str) -> None:
    """The number printed on the card leads to the number in the pool."""
    assert card_number(typed, form) == number  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("hex", "01026F6C3"), ("hex", "01026F6C3G"), ("hex", ""), ("hex", "0063E9AE99"[:9]),
        ("decimal", "6547886"), ("decimal", "9999999999"), ("decimal", "00065478AE"),
        ("decimal", "1099511627776"), ("decimal", "\u0661" * 10),
        ("facility-card", "256,00000"), ("facility-card", "001,65536"),
        ("facility-card", "65536,00000"), ("facility-card", "99,59822"), ("facility-card", "1"),
    ],
)  # fmt: skip
def test_what_is_no_number_of_the_form_is_refused(form: str, typed: str) -> None:
    """A number in another form than the config's is no card: it could be another card's."""
    with pytest.raises(ProtocolError):
        card_number(typed, form)  # type: ignore[arg-type]


def test_the_first_byte_makes_a_short_number_whole() -> None:
    """With the first byte, a reader of four bytes gives the number of a reader of five."""
    assert card_number("0006547886", "decimal", "01") == "010063E9AE"
    assert card_number("0004301515182", "decimal", "01") == "010063E9AE"


@given(st.integers(0, 2**32 - 1))
def test_no_two_cards_have_one_number(card: int) -> None:
    """A card's decimal and hexadecimal forms agree, for every card."""
    assert card_number(f"{card:010d}", "decimal") == f"{card:08X}"
    high, low = divmod(card, 65536)
    assert card_number(f"{high:05d},{low:05d}", "facility-card") == f"{card:08X}"


@given(st.text(max_size=20), st.sampled_from(["hex", "decimal", "facility-card"]))
def test_any_text_is_a_number_or_refused(text: str, form: str) -> None:
    """Whatever is typed, the result is a number of the pool's form, or a refusal."""
    try:
        number = card_number(text, form)  # type: ignore[arg-type]
    except ProtocolError:
        return
    assert len(number) in (8, 10, 14, 20)
    assert set(number) <= set("0123456789ABCDEF")
