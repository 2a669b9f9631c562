"""The number of rounds of a run."""

import pytest

from virtual_pi.errors import CannotRun
from virtual_pi.rounds import rounds


def test_few_rounds_unless_more_are_asked_for() -> None:
    """ROUNDS is for a night; an empty one is none."""
    assert rounds(4, {}) == 4
    assert rounds(4, {"ROUNDS": ""}) == 4
    assert rounds(4, {"ROUNDS": "100"}) == 100


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_wrong_number_is_refused(text: str) -> None:
    """A run of no rounds would show nothing."""
    with pytest.raises(CannotRun, match="ROUNDS"):
        rounds(4, {"ROUNDS": text})
