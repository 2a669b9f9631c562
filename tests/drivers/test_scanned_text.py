"""The characters that scanners add to a code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.scanned_text import code_in

CODE = "GARDU1:KZDVVJ4XYQIA7D5N"

added = st.sampled_from(["]Q1", "]Q3", "]d2", "\\000026", "\\000003", "\ufeff", " ", "\t", "\x1d"])
after = st.text(" \t\x1d", max_size=4)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (CODE, CODE),
        ("\\000026" + CODE, CODE),
        ("\\000003" + CODE, CODE),
        ("]Q1" + CODE, CODE),
        ("]Q2\\000026" + CODE, CODE),
        ("\ufeff\\000026" + CODE, CODE),
        ("\x1d" + CODE + "\x1d", CODE),
        ("  " + CODE + "\t ", CODE),
        (CODE.lower(), CODE),
        ("]q1\\000026" + CODE.lower(), CODE),
        # A broken prefix stays: the refusal then names it.
        ("\\00002" + CODE, "\\00002" + CODE),
        ("]" + CODE, "]" + CODE),
        ("QR:" + CODE, "QR:" + CODE),
        # No letter is changed in a text of both cases: it is no code in the wrong case.
        ("Gardu1:ABC", "Gardu1:ABC"),
        # Within a code nothing is removed.
        (CODE + "]Q1" + CODE, CODE + "]Q1" + CODE),
        ("", ""),
        ("]Q1", ""),
        ("\x1d \x1d", ""),
    ],
)
def test_what_is_added_is_no_part_of_the_code(sent: str, code: str) -> None:
    """Usual prefixes, blanks and a scanner's wrong case are removed, and no other character."""
    assert code_in(sent) == code


@given(st.lists(added, max_size=6).map("".join), after)
def test_any_mixture_of_prefixes_is_removed(before: str, behind: str) -> None:
    """A scanner may send several prefixes; the invitation is the same."""
    assert code_in(before + CODE + behind) == CODE


@given(st.text(max_size=40))
def test_a_code_is_never_made_of_other_text(text: str) -> None:
    """Only a text that ends with the code gives it: nothing within is removed or exchanged."""
    code = code_in(text)
    assert code.lower() in text.lower()
    assert code_in(code) == code
