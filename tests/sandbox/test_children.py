"""Each process that the daemon starts does its work in the unit's sandbox, without one refusal."""

import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.clock import Stamp
from edge.sop.monthly_summary import Summary
from edge.store.store import Store
from tests.report.lobby_month import BEGIN_MS, visit_of, visit_records
from tests.sandbox.sandbox import Sandbox, needs_filter
from tests.store_bench import SOURCE, HandClock

pytestmark = needs_filter

DAY_MS = 86_400_000


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """Return a data folder with visits of November 2026."""
    data = tmp_path / "data"
    data.mkdir()
    clock = HandClock()
    clock.moment = Stamp(10**12, BEGIN_MS, synced=True, boot="b")
    with closing(Store(data, SOURCE, clock)) as store:
        plan = visit_of(5 * DAY_MS, "completed", ((90_000, 5_000, 180.0, 0.0),))
        store.commit(checkpoint=None, visits={}, records=list(visit_records(1, plan)))
    return data


def test_the_months_report_is_counted(tmp_path: Path, month: Path) -> None:
    """The summary comes, and the child has made no call that the unit forbids."""
    words = (sys.executable, "-m", "edge.report", str(month), "2026-11", "Asia/Jakarta")
    with Sandbox(tmp_path) as sandbox:
        done = sandbox.run(*words)
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout, type=Summary).totals.visits == 1
    assert sandbox.refusals == []
