"""TOML as people type it: every error with its line and its cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.toml_text import DEEPEST, parse_toml
from edge.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = 1\nb = \u201ckantor\u201d", "line 2, column 5: Invalid value: the line has '“'"),
        ("b = \u201ckantor\u201d", 'typographic quote); TOML needs " there'),
        ("b = \u2018kantor\u2019", "typographic quote); TOML needs ' there"),
        ('b = "kantor\u201d', "the line has '”'"),
        ("site\u00a0= 1", "line 1, column 5: Expected '=' after a key"),
        ("site\u00a0= 1", "U+00A0, no-break space); TOML needs a plain blank there"),
        ("a = 1\n\ufeffb = 1", "line 2, column 1"),
        ("a\u200b = 1", "U+200B, zero width space); TOML needs no character there"),
        ("pin = \u22121", "U+2212, minus sign); TOML needs - there"),
        ("pin \uff1d 1", "TOML needs = there"),
        ("a = 1\nsite = kantor", "line 2, column 8: Invalid value: text stands in quotes"),
        ("a = True", "true and false are lower case"),
        ("a = '\x1b'", "'\\x1b' is a control character; remove it"),
        ("a = 1\na = 2", "line 2, at the end: Cannot overwrite a value"),
        ("a: 1", "line 1, column 2: Expected '=' after a key"),
        ('x = """\na\nb', "line 3, at the end: Unterminated string"),
        ("x = [1,\n2", "line 2"),
        ("a = 1\nb = " + "9" * 5000, "line 2: a number has more than 4300 digits"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "[" * 100 + "]" * 100, "nested too deeply"),
        ("a = 1\n" + "b." * 50_000 + "c = 1", "line 2: nested too deeply"),
        ("a = 1\n['b' . " + '"b".' * 50_000 + "c]", "line 2: nested too deeply"),
        ("a = 2026-02-30", "line 1"),
    ],
)
def test_an_error_has_its_line_and_cause(text: str, words: str) -> None:
    """The character that a telephone or a word processor wrote is named, with the right one."""
    with pytest.raises(ConfigError) as refused:
        parse_toml(text, "gardu.toml")
    (problem,) = refused.value.problems
    assert problem.startswith("gardu.toml: is not valid TOML: ")
    assert words in problem
    assert len(problem) < 200


@pytest.mark.parametrize(
    "text",
    [
        'place = "Lobi “utama” — ruang\u00a0tunggu"',
        "'" + "a" * 250_000 + "' = 1",
        'note = "' + "." * 5000 + '"',
        "a = " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1),
    ],
)
def test_what_is_valid_stays_valid(text: str) -> None:
    """Typographic characters within quotes, and long texts, are the office's own."""
    assert parse_toml(text, "f")


@given(st.text(st.sampled_from("ab.=[]{}\"'#,1_-:T \n\\\u201c\u00a0\x00")))
def test_any_text_is_toml_or_a_named_problem(text: str) -> None:
    """No text raises another exception."""
    problems: list[str] = []
    try:
        parse_toml(text, "f")
    except ConfigError as error:
        problems = error.problems
    assert all(problem.startswith("f: is not valid TOML: ") for problem in problems)
