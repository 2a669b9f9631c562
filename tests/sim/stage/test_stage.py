"""The stage with real parts: broker, line, subscriber, world and the unmodified daemon."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.card_readers import Rdm6300
from edge.errors import ConfigError
from sim.scenario import Guests, Kill, NetworkEvent, Scenario, Title
from sim.stage.broker import Broker, listens
from sim.stage.process import spawn, stop
from sim.stage.received import Received
from sim.stage.rundir import RunDir
from sim.stage.summary import as_json, succeeded
from tests.longer import slow
from tests.sim.playing import CONFIG, play, settings

# real seconds, which simulated time does not limit
pytestmark = [slow, pytest.mark.timeout(600)]

# A short day with a cut line and two power cuts in it.
SCENARIO = Scenario(
    title=Title(id="uji", en="test"),
    guests=Guests(order=("host-declines", "leaves"), gap_s=40),
    network=(NetworkEvent(at_s=15, do="cut"), NetworkEvent(at_s=150, do="restore")),
    kill=(Kill(at_s=60), Kill(at_s=100)),
)


def test_nothing_is_lost_under_cuts_and_kills(tmp_path: Path) -> None:
    """Line cut, daemon killed twice: every visit ends and every record is delivered once."""
    stage = play(settings(tmp_path, SCENARIO, seed=4))
    assert stage.trouble == ""
    assert succeeded(stage)
    assert stage.received.outcomes == {"abandoned": 1, "declined": 1}
    assert stage.daemon.restarts == 2
    result = as_json(stage, seconds=1.0)
    assert result["records"]["written"] == result["records"]["delivered"]
    assert result["last_sequence"] == stage.received.last
    assert stage.received.status == "offline"
    assert not stage.run.wire.exists()


def test_guests_of_two_hosts_are_answered_by_two_aides(tmp_path: Path) -> None:
    """The shipped config with two hosts, on the unmodified daemon: each guest has a host's no."""
    quiet = msgspec.structs.replace(
        SCENARIO, guests=Guests(order=("host-declines",), gap_s=90), network=(), kill=()
    )
    config = default_config_folder() / "gardu-hosts.toml"
    stage = play(settings(tmp_path, quiet, config=config, seed=4, guests=4))
    assert stage.trouble == ""
    assert succeeded(stage)
    closed = [fact.data for fact in stage.received.facts if fact.type == "gardu.visit.closed.v1"]
    assert {data["outcome"] for data in closed} == {"declined"}
    assert {data["host"] for data in closed} == {"bupati", "wakil-bupati"}
    answered = [
        fact.data["evidence"]
        for fact in stage.received.facts
        if fact.type == "gardu.step.completed.v1"
    ]
    assert len(answered) == 4
    assert all("aiphone" in evidence for evidence in answered)


def test_a_bad_procedure_is_told_before_the_simulation_begins(tmp_path: Path) -> None:
    """The people cannot read what the daemon would refuse: `gardu sop show` says why."""
    folder = tmp_path / "config"
    (folder / "sop").mkdir(parents=True)
    (folder / "gardu.toml").write_bytes(CONFIG.read_bytes())
    for file in (CONFIG.parent / "sop").glob("*.toml"):
        (folder / "sop" / file.name).write_text("nonsense = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="nonsense"):
        play(settings(tmp_path / "run", SCENARIO, config=folder / "gardu.toml"))


def test_the_derived_config_changes_only_the_ends(tmp_path: Path) -> None:
    """The daemon gets the user's config, valid, with the addresses of simulated equipment."""
    run = RunDir(tmp_path / "run", tmp_path / "wire")
    password = tmp_path / "camera-password"
    password.write_text("rahasia\n", encoding="ascii")
    camera = {"url": "http://127.0.0.1:5/x", "username": "u", "password_file": str(password)}
    run.write_config(CONFIG, 4567, {"lobby": camera})
    before, after = load_config(CONFIG), load_config(run.config)
    assert after.broker.url == "mqtt://127.0.0.1:4567"
    assert after.checkpoint.data == str(run.data)
    assert after.checkpoint.sop == before.checkpoint.sop
    desk = after.card_readers["desk"]
    assert isinstance(desk, Rdm6300)
    assert desk.port == str(tmp_path / "wire" / "tty-desk")
    assert after.cameras["lobby"].purposes == before.cameras["lobby"].purposes
    assert (after.panels, after.lockers, after.aiphone) == (
        before.panels, before.lockers, before.aiphone,
    )  # fmt: skip


def test_the_broker_listens_and_is_gone_afterwards(tmp_path: Path) -> None:
    """The embedded broker accepts connections while it is in use, and leaves no process."""

    async def main() -> int:
        async with Broker(tmp_path) as broker:
            assert await listens("127.0.0.1", broker.port)
        assert not await listens("127.0.0.1", broker.port)
        return broker.port

    assert asyncio.run(main()) > 0


def test_stop_kills_what_does_not_listen() -> None:
    """A process that ignores SIGTERM is killed after its time, and has ended."""

    async def main() -> int:
        script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
        process = await spawn("sh", "-c", script, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        await process.stdout.readline()
        code = await stop(process, within_s=0.1)
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
        return code

    assert asyncio.run(main()) == -9


def event(sequence: int, kind: str, **data: object) -> dict[str, object]:
    """Return a record as the subscriber writes it."""
    return {
        "type": kind,
        "streamid": "s",
        "sequence": f"{sequence:016d}",
        "time": "2026-11-21T03:51:37.412Z",
        "data": {"visit": "v", "procedure": "pimpinan", **data},
    }


def test_gaps_are_seen_and_duplicates_are_not_counted() -> None:
    """A missing sequence is a gap until it comes; the same record twice counts once."""
    received = Received()
    received.take(event(1, "gardu.visit.opened.v1"))
    received.take(event(3, "gardu.visit.closed.v1", outcome="completed", reason=None, duration_s=1))
    received.take_ledger({"streamid": "s", "last_seq": 3, "acked_seq": 3}, retained=False)
    assert (received.gaps, received.settled) == (1, False)
    for _ in range(2):
        received.take(event(2, "gardu.step.completed.v1", step="penerimaan", outcome="completed"))
    assert (received.gaps, received.delivered, received.settled) == (0, 3, True)
    assert received.outcomes == {"completed": 1}


def test_records_that_exist_and_did_not_come_are_not_settled() -> None:
    """The ledger's last sequence counts as written, also if that record has not come."""
    received = Received()
    received.take(event(1, "gardu.visit.opened.v1"))
    received.take_ledger({"streamid": "s", "last_seq": 2, "acked_seq": 2}, retained=False)
    assert (received.written, received.delivered, received.settled) == (2, 1, False)


def test_an_old_retained_ledger_says_nothing() -> None:
    """A broker may retain the ledger of another database; it is ignored."""
    received = Received()
    received.take(event(1, "gardu.visit.opened.v1"))
    received.take_ledger({"streamid": "old", "last_seq": 9, "acked_seq": 9}, retained=True)
    assert received.written == 1


def test_visits_of_an_earlier_run_are_kept_apart() -> None:
    """Records resent from an earlier run do not count as this run's guests."""
    received = Received(fresh=False)
    received.take(event(7, "gardu.visit.opened.v1"))
    received.day_begins()
    received.take(event(8, "gardu.visit.opened.v1", visit="w"))
    ending = {"outcome": "abandoned", "reason": None, "duration_s": 1}
    received.take(event(9, "gardu.visit.closed.v1", **ending))
    assert received.outcomes == {}
    assert [visit.number for visit in received.visits.values()] == [0, 1]
    assert (received.before, received.written) == (6, 3)
