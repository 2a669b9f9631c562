"""The scenario of wire faults on the unmodified daemon: nothing is lost, and each fault shows."""

from pathlib import Path
from typing import Any

import pytest

from sim import scenario
from sim.line.slow_disk import missing
from sim.stage.stage import Stage
from sim.stage.summary import succeeded
from tests.longer import slow
from tests.sim.playing import play, settings

pytestmark = slow

# The changes of the contacts that chatter: two in each period.
LOCKER_CHANGES, BEAM_CHANGES = 2 * 4 * 30, 2 * 20 * 10

# A commit takes so long for each sync of the slow disk: one, or two where the log begins again. One
# that waits for the stalled disk takes longer than the other time. Milliseconds.
SLOW_MS, STALLED_MS = 6000, 20_000


@pytest.mark.timeout(600)
def test_guests_come_through_and_every_fault_shows(tmp_path: Path) -> None:
    """One of each fault in eight visits: all end, every record comes, and each fault is named."""
    wire_faults = settings(
        tmp_path,
        scenario.load(scenario.find("wire-faults")),
        procedures=["pimpinan", "eselon-2-3", "eselon-4-asn"],
        guests=8,
    )
    said: list[str] = []
    stages: list[Stage] = []
    longest_ms = [0]

    def hear(words: str) -> None:
        said.append(words)
        health = stages[0].received.live.get("health") if stages else None
        longest_ms.append((health or {}).get("card", {}).get("commit_longest_ms") or 0)

    stage = play(wire_faults, hear, stages.append)
    received = stage.received
    assert succeeded(stage), said
    assert received.outcomes == {"completed": 8}
    assert stage.daemon.restarts == 0

    facts: dict[str, list[dict[str, Any]]] = {}
    for fact in received.facts:
        facts.setdefault(fact.type, []).append(fact.data)
    faults = {data["device"]: data["why"] for data in facts["gardu.equipment.fault.v1"]}
    ends = {data["device"]: data for data in facts["gardu.equipment.restored.v1"]}
    assert faults["locker/3"].startswith("loose contact on pin ")
    assert ends["locker/3"]["changes"] == LOCKER_CHANGES
    assert ends["metal-detector/passage"]["changes"] == BEAM_CHANGES
    assert {"card-reader/desk", "broker"} <= set(ends)
    alarms = [data["alarm"] for data in facts["gardu.alarm.raised.v1"]]
    assert alarms.count("locker-forced-2") <= 1  # its edge was lost: shown if a reading came

    health = received.live["health"]
    refusals = health["refusals"]
    assert refusals["aiphone/adc/answer contact active for too short a time"] >= 1
    assert refusals["requests/malformed packet"] == 2
    assert refusals["requests/packet too large"] == 1
    assert refusals["requests/not signed"] == 1
    assert health["uplink"]["packets_refused"] == 3
    assert health["uplink"]["reconnects"] >= 2
    if not missing():
        assert alarms.count("card-slow") == 1
        assert {SLOW_MS, 2 * SLOW_MS} & set(longest_ms)
        assert max(longest_ms) > STALLED_MS
    kinds = {fault.do for fault in stage.settings.scenario.fault}
    assert {"chatter", "lost-edge", "crosstalk", "renumber"} <= kinds
    assert not any("left out" in words for words in said) or missing()
