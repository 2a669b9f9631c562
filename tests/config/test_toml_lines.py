"""The line of each key of a TOML text."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from edge.config.places import default_config_folder
from edge.config.toml_lines import lines_of_keys

TEXT = '''a = 1.5
"b c".d = """x
 ] = "" """""
[t] # [not]
x = [1, 2,
  {y = 1, z.w = '#'}, # c [

 [3,
  4]]
[[q]]
n = 1979-05-27 07:32:00
[[q]]
[q.r]
'm' = 1
[[q.s]]
v = \'\'\'
x = 1\'\'\'
w = "\\"" # "
'''


def test_every_form_of_a_key_has_its_line() -> None:
    """Dotted and quoted keys, tables, lists of tables, inline tables and items are found."""
    assert lines_of_keys(TEXT) == {
        "a": 1, "b c": 2, "b c.d": 2, "t": 4, "t.x": 5, "t.x[0]": 5, "t.x[1]": 5, "t.x[2]": 6,
        "t.x[2].y": 6, "t.x[2].z": 6, "t.x[2].z.w": 6, "t.x[3]": 8, "t.x[3][0]": 8, "t.x[3][1]": 9,
        "q": 10, "q[0]": 10, "q[0].n": 11, "q[1]": 12, "q[1].r": 13, "q[1].r.m": 14, "q[1].s": 15,
        "q[1].s[0]": 15, "q[1].s[0].v": 16, "q[1].s[0].w": 18,
    }  # fmt: skip


def keys(raw: Any, where: str = "") -> Iterator[str]:
    """Yield the key of everything in *raw*, as a problem names it."""
    if isinstance(raw, dict):
        parts = [(f"{where}.{key}" if where else key, item) for key, item in raw.items()]
    elif isinstance(raw, list):
        parts = [(f"{where}[{number}]", item) for number, item in enumerate(raw)]
    else:
        return
    for key, item in parts:
        yield key
        yield from keys(item, key)


@pytest.mark.parametrize("file", [*default_config_folder().rglob("*.toml")], ids=str)
def test_the_files_of_gardu_have_all_their_keys(file: Any) -> None:
    """In Gardu's own files every key is found, on a line that contains its last word."""
    text = file.read_text(encoding="utf-8")
    found, lines = lines_of_keys(text), text.splitlines()
    assert set(keys(tomllib.loads(text))) <= found.keys()
    for key, number in found.items():
        if last := re.search(r"(?:^|\.)([\w-]+)\Z", key):
            assert last[1] in lines[number - 1]


NAMES = st.text(st.sampled_from("ab-\"'é#[ .\n"), min_size=1, max_size=4)
VALUES = st.one_of(
    st.integers(), st.booleans(), st.dates(), st.text(st.sampled_from("a\"'\\]}=#,\n "))
)
TABLES = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    ),
    max_size=4,
)


@given(TABLES, st.booleans())
def test_every_key_of_any_document_is_found(raw: dict[str, Any], multiline: bool) -> None:
    """In every valid TOML text each key has a line."""
    text = tomli_w.dumps(raw, multiline_strings=multiline)
    found = lines_of_keys(text)
    assert set(keys(tomllib.loads(text))) <= found.keys()
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())


@given(st.text(st.sampled_from("ab.=[]{}\"'#,1 \n\\")))
def test_no_valid_text_makes_it_fail(text: str) -> None:
    """Each key of any text that tomllib reads is found; a message about an error must not fail."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(keys(raw)) <= lines_of_keys(text).keys()
