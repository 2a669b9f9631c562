"""The number of rounds of a run."""

import pytest

from virtual_pi.errors import CannotRun
from virtual_pi.rounds import MANY, rounds


def test_few_rounds_unless_more_are_asked_for() -> None:
    """ROUNDS is for a night; an empty one is none."""
    assert rounds(4, "tcg", {}) == 4
    assert rounds(4, "tcg", {"ROUNDS": ""}) == 4
    assert rounds(4, "tcg", {"ROUNDS": "100"}) == 100
    assert rounds(4, "kvm", {}) == MANY
    assert rounds(4, "kvm", {"ROUNDS": "3"}) == 3


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_wrong_number_is_refused(text: str) -> None:
    """A run of no rounds would show nothing."""
    with pytest.raises(CannotRun, match="ROUNDS"):
        rounds(4, "tcg", {"ROUNDS": text})
