"""Duplicate keys in JSON: readers differ in which of the two counts, so requests have none."""

import json
from collections.abc import Sequence
from typing import Any


class _Duplicate(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def duplicate_key(data: bytes) -> str | None:
    """Return a key that an object in *data* has twice; None if there is none.

    Empty if this reader does not understand what another one did: that is refused too.

    :param data: JSON that was decoded without an error
    """
    try:
        json.loads(data, object_pairs_hook=_no_duplicates)
    except _Duplicate as found:
        return found.key
    except (ValueError, RecursionError):
        return ""
    return None


def _no_duplicates(pairs: Sequence[tuple[str, Any]]) -> None:
    seen = set[str]()
    for key, _ in pairs:
        if key in seen:
            raise _Duplicate(key)
        seen.add(key)
