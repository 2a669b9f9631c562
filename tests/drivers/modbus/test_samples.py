"""The level of an input by its samples: a bounded number of changes, none without a level."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.modbus.samples import Samples

PERIOD_S = 0.02


def changes(levels: list[bool], bounce_s: float, period_s: float = PERIOD_S) -> list[float]:
    """Return the stamps of the changes that count, of samples *period_s* apart."""
    samples = Samples(levels[0], 0.0, bounce_s)
    found = [samples.add(level, n * period_s) for n, level in enumerate(levels[1:], 1)]
    return [stamp for stamp in found if stamp is not None]


@pytest.mark.parametrize(
    ("levels", "bounce_s", "stamps"),
    [
        ("0011", 0.02, [0.03]),  # stamped in the middle between the two samples
        ("00100", 0.02, []),  # one sample is a bounce
        ("0010011", 0.02, [0.09]),
        ("001", 0.0, [0.03]),  # without bounce time the first sample counts
        ("00111110000", 0.05, [0.03, 0.13]),
        ("00110011", 0.05, []),  # never stable for the bounce time
    ],
)
def test_changes_are_stable_and_stamped(levels: str, bounce_s: float, stamps: list[float]) -> None:
    """A change counts once it is stable, and bears the moment at which it began."""
    assert changes([c == "1" for c in levels], bounce_s) == pytest.approx(stamps)


@given(levels=st.lists(st.booleans(), min_size=1, max_size=80), bounce_s=st.floats(0, 0.05))
def test_no_change_without_a_level_that_lasted(levels: list[bool], bounce_s: float) -> None:
    """Any samples: changes alternate, are in order, and each lasted for the bounce time."""
    samples = Samples(levels[0], 0.0, bounce_s)
    counted = [levels[0]]
    stamps: list[float] = []
    for n, level in enumerate(levels[1:], 1):
        stamp = samples.add(level, n * PERIOD_S)
        if stamp is None:
            continue
        assert samples.level == level != counted[-1]
        first = max(i for i in range(n + 1) if i == 0 or levels[i - 1] != level)
        assert n * PERIOD_S - first * PERIOD_S + PERIOD_S / 2 >= bounce_s - 1e-9
        assert abs(stamp - first * PERIOD_S) <= PERIOD_S / 2 + 1e-9
        counted.append(level)
        stamps.append(stamp)
    assert stamps == sorted(stamps)
    assert len(stamps) <= (len(levels) if bounce_s == 0 else len(levels) // 2)


@given(length=st.integers(3, 20), before=st.integers(1, 5), after=st.integers(3, 5))
def test_a_press_of_three_polls_is_never_missed(length: int, before: int, after: int) -> None:
    """A level of 60 ms at 50 Hz and 20 ms bounce time is seen, with both edges."""
    levels = [False] * before + [True] * length + [False] * after
    found = changes(levels, 0.02)
    assert len(found) == 2
    assert found[1] - found[0] == pytest.approx(length * PERIOD_S)
