"""A simulation with its own time: the same seed gives the same records."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import Fault, Guests, Kill, NetworkEvent, Scenario, Title
from sim.stage.stage import Stage
from sim.stage.summary import succeeded
from tests.longer import slow
from tests.sim.playing import play, settings
from tests.slowed import Slowed

pytestmark = slow

# Identifiers that are drawn by chance in each run, and digests of what contains them.
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


# A visit that is declined and one with an alarm; a cut line, a slow disk, and a daemon that is
# killed while its disk stalls.
SCENARIO = Scenario(
    title=Title(id="uji", en="test"),
    guests=Guests(order=("host-declines", "alarm-then-clear"), gap_s=60),
    network=(NetworkEvent(at_s=90, do="cut"), NetworkEvent(at_s=400, do="restore")),
    kill=(Kill(at_s=250),),
    fault=(
        Fault(at_s=100, do="slow-disk", sync_s=1.5, for_s=60),
        Fault(at_s=240, do="stalled-disk", for_s=40),
    ),
)


def records(stage: Stage) -> list[str]:
    """Return the records of *stage*: types, times and data, with identifiers by their order."""
    known: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"id-{len(known)}")

    return [
        _ID.sub(numbered, json.dumps([fact.type, fact.time, without_digests(fact.data)]))
        for fact in stage.received.facts
        if fact.type.startswith("gardu.")
    ]


def without_digests(data: Any) -> Any:
    """Return *data* without the digests of stills: a picture shows the wall clock's date."""
    if isinstance(data, dict):
        return {key: without_digests(value) for key, value in data.items() if key != "sha256"}
    return [without_digests(value) for value in data] if isinstance(data, list) else data


@pytest.mark.timeout(600)
def test_a_slow_machine_gives_the_same_records(tmp_path: Path) -> None:
    """The daemon at a tenth of its speed: types, order, times, durations and data are the same."""
    quiet = play(settings(tmp_path / "quiet", SCENARIO))
    stages: list[Stage] = []
    with Slowed(lambda: stages[0].daemon.pid if stages else None):
        busy = play(settings(tmp_path / "busy", SCENARIO), beside=stages.append)
    assert quiet.trouble == busy.trouble == ""
    assert succeeded(quiet)
    assert quiet.daemon.restarts == 1
    assert records(busy) == records(quiet)
