"""The calculations of the benchmark, and the figures that it reads from the kernel."""

import os
from pathlib import Path

import pytest

from bench.proc import cpu_s, peak_mb, resident_mb, written
from bench.table import Row, median, percentile, render


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1.0), (50, 5.0), (51, 6.0), (95, 10.0), (90, 9.0), (100, 10.0)]
)
def test_percentiles_are_values_that_were_seen(percent: float, expected: float) -> None:
    """Nearest rank: a percentile is always one of the measured values, never between two."""
    assert percentile([10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], percent) == expected


def test_the_median_does_not_follow_an_outlier() -> None:
    """The median is the middle of an odd number, the mean of the middle two of an even number."""
    assert median([1.0, 1000.0, 2.0]) == 2.0
    assert median([4.0, 1.0, 3.0, 1000.0]) == 3.5


def test_nothing_measured_is_an_error_and_not_a_zero() -> None:
    """A round without measurements is an error, so that it cannot become a good figure."""
    with pytest.raises(ValueError, match="nothing"):
        median([])
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_the_table_says_what_falls_short() -> None:
    """Columns are aligned, a missed target is marked NO, notes come below."""
    rows = [
        Row(measure="a", gardu="1 ms", against="2 ms b", ratio=0.5, target="<= 2 x", reached=True),
        Row(measure="longer", gardu="9 s", target="<= 1 s", reached=False, note="why"),
        Row(measure="c", gardu="3"),
    ]
    head, line, first, second, third, *notes = render(rows).splitlines()
    columns = [head.index(word) for word in ("measure", "Gardu", "against", "ratio", "to reach")]
    assert [first[at:].split()[0] for at in columns] == ["a", "1", "2", "0.50", "<="]
    assert set(line) == {"-"}
    assert first.endswith("yes")
    assert second.endswith("NO")
    assert third.split() == ["c", "3", "-", "-", "-", "-"]
    assert notes == ["", "longer: why"]


def test_proc_tells_of_a_process_what_it_did(tmp_path: Path) -> None:
    """Memory, processor time and bytes written are read for this process only."""
    me = os.getpid()
    assert 1 < resident_mb(me) <= peak_mb(me)
    assert cpu_s(me) > 0
    before = written(me).calls
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    assert written(me).calls - before >= 100_000
