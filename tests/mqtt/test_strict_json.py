"""Duplicate keys in JSON, at any depth; nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.mqtt.strict_json import duplicate_key


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b'{"a":1,"b":{"a":2}}', None),
        (b'[{"a":1},{"a":2}]', None),
        (b'{"a":1,"a":1}', "a"),
        (b'{"a":1,"\\u0061":2}', "a"),
        (b'{"x":[{"deep":{"k":1,"k":2}}]}', "k"),
        (b"[" * 100_000, ""),
        (b"\xff", ""),
    ],
)
def test_the_key_that_stands_twice(data: bytes, key: str | None) -> None:
    """In any spelling; what this reader does not understand counts as wrong."""
    assert duplicate_key(data) == key


@given(st.binary(max_size=100))
def test_no_bytes_raise(data: bytes) -> None:
    """An exception here would end the connection to the broker."""
    duplicate_key(data)
