"""Foreign text made safe to print, and JSON that every terminal and encoding accepts."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.printable import ascii_json, counted, printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("lobi utama", "lobi utama"),
        ("pemeriksaan → lobi é 門", "pemeriksaan → lobi é 門"),
        ("[/] [red]x[/red] [link=http://x]", "[/] [red]x[/red] [link=http://x]"),
        ("\x1b]0;judul\x07", r"\x1b]0;judul\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc\x7f", r"a\r\nb\tc\x7f"),
        ("\u202efdp.exe\u2066", r"\u202efdp.exe\u2066"),
        ("a\u200bb\u2028c", r"a\u200bb\u2028c"),
        ("\ud800", r"\ud800"),
        ("a\u00a0b", "a b"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + r"\u0301\u0301"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_instead(text: str, shown: str) -> None:
    """Letters and brackets stay; control characters, overrides and stacks of marks are escaped."""
    assert printable(text) == shown


@given(st.text(max_size=60), st.none() | st.integers(1, 30))
def test_any_text_prints_on_one_line(text: str, longest: int | None) -> None:
    """No character is left that a terminal obeys, and the limit holds."""
    shown = printable(text, longest)
    assert shown.isprintable()
    assert longest is None or len(shown) <= longest
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_long_text_is_cut_visibly() -> None:
    """A cut text ends with an ellipsis; one that fits does not."""
    assert printable("x" * 10, 10) == "x" * 10
    assert printable("x" * 1_000_000, 10) == "x" * 9 + "…"
    assert printable("\x1b" * 5, 10) == r"\x1b\x1b\…"


def test_a_message_keeps_its_lines() -> None:
    """A list of problems stays a list; only what is in its lines is escaped."""
    assert printable_lines("first\x1b\nsecond") == "first\\x1b\nsecond"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


@given(JSON)
def test_ascii_json_means_the_same(value: Any) -> None:
    """The document has ASCII letters alone, on one line, and the same content."""
    line = ascii_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == json.loads(
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    )


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 problems"), (1, "1 problem"), (2, "2 problems")]
)
def test_a_noun_is_counted(number: int, shown: str) -> None:
    """One problem is not "1 problems"."""
    assert counted(number, "problem") == shown
