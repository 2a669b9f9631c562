"""Procedures whose text changed behave as they did: recorded days give the same records."""

from pathlib import Path

import pytest

from tests.sop.procedures.recording import read, recorded, replay


@pytest.mark.parametrize("file", recorded(), ids=lambda file: file.name.split(".")[0])
def test_a_recorded_day_gives_the_same_records(file: Path) -> None:
    """Each event of a recorded day leads to the records that it led to when it was recorded."""
    differing = next(replay(read(file)), None)
    assert differing is None


def test_the_recordings_are_of_whole_visits() -> None:
    """A recording without completed visits would show little: all procedures have some."""
    completed = set()
    for file in recorded():
        day = read(file)
        outcomes = [one["data"].get("outcome") for told in day.records for one in told]
        completed |= {day.procedure} if "completed" in outcomes else set()
    assert completed == {"pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"}
