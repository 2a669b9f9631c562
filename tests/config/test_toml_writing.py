"""TOML for people: it is read back as it was."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.config.toml_writing import WIDTH, pair

TEXTS = st.text(st.characters(codec="utf-8"), max_size=150)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(TEXTS, VALUES)
def test_what_is_written_is_read_back(key: str, value: Any) -> None:
    """Any key and value, with line breaks, quotes and long lists of sentences."""
    assert tomllib.loads("\n".join(pair(key, value))) == {key: value}


def test_a_long_list_has_several_lines() -> None:
    """Words are wrapped, sentences and tables have a line each."""
    words = ["word"] * 40
    assert max(map(len, pair("words", words))) <= WIDTH
    assert len(pair("words", words)) < 8
    assert len(pair("sentences", ["two words"] * 40)) == 42
    assert len(pair("on", [{"event": "button.done", "to": "@next"}] * 4)) == 6
