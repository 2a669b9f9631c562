"""The whole daemon in the unit's sandbox: a visit, stills, a reload, a backup, its end."""

import asyncio
import re
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from sim.scenario import Guests, Kill, Scenario
from sim.stage import daemon
from sim.stage.keeper import Keeper
from sim.stage.process import gardu
from sim.stage.stage import Stage
from sim.stage.summary import succeeded
from tests.brokers import Mosquitto
from tests.daemon.test_run import Systemd
from tests.daemons import DaemonChild
from tests.longer import slow
from tests.report.test_published import config_of, report_of, wall
from tests.sandbox import mounts
from tests.sandbox.sandbox import Sandbox, needs_filter, needs_view
from tests.test_whole import TITLE, settings

pytestmark = [slow, needs_filter, needs_view]


def test_a_guest_goes_through_the_procedure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins, serial readers, a network camera, stamped stills, the broker; a kill in between.

    The world of the simulator runs outside, the unmodified daemon inside, and after its death
    `gardu outputs-off`.
    """
    scenario = Scenario(title=TITLE, guests=Guests(order=("normal",)), kill=(Kill(at_s=200),))
    chosen = settings(tmp_path, "pimpinan", scenario, speed=60.0)
    stage = Stage(chosen, lambda _words: None, Keeper(Clock.scaled(60)))
    run = stage.run

    async def play() -> None:
        async with await stage.open():
            await stage.play()

    with Sandbox(tmp_path, state=run.data, runtime=run.runtime, readable=[run.wire]) as sandbox:
        monkeypatch.setattr(daemon, "gardu", lambda: tuple(sandbox.command(*gardu())))
        asyncio.run(play())
    assert stage.trouble == ""
    assert succeeded(stage)
    assert stage.daemon.restarts == 1
    assert re.search(r"([1-9]\d*) of \1 outputs put at rest", run.daemon_log.read_text("utf-8"))
    assert list(run.stills.rglob("*.jpg.sealed"))
    assert sandbox.refusals == []


def test_a_month_is_published_after_a_reload_and_a_backup(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """READY and WATCHDOG reach systemd; ExecReload= runs; the month's report reaches the broker.

    `gardu backup` is run by an administrator, so outside.
    """
    config, backup = config_of(tmp_path, mosquitto), tmp_path / "b.tar.gz"
    november = ("boot", "1000", wall("2026-11-20T10:00"), "synced 1")
    december = ("boot-2", "1000", wall("2026-12-02T08:00"), "synced 1")
    with Sandbox(tmp_path) as sandbox, closing(Systemd(tmp_path)) as systemd:
        environment = sandbox.environment(PYTHONPATH=str(mounts.PROJECT))
        watched = environment | {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "400000"}
        with DaemonChild(config, *november, environment=watched, within=sandbox.command) as running:
            systemd.until("READY=1")
            systemd.until("WATCHDOG=1")
            running.open_visit()
            reload = sandbox.run(*gardu(), "reload", "--config", str(config))
            assert (reload.returncode, reload.stderr) == (0, "")
            subprocess.run(
                [*gardu(), "backup", str(backup), "--config", str(config)],
                check=True, capture_output=True, timeout=60,
            )  # fmt: skip
            assert running.stop() == 0
        with DaemonChild(
            config, *december, environment=environment, within=sandbox.command
        ) as running:
            running.until("the report of 2026-11 is published, revision 1")
            assert report_of(mosquitto.port, 1)["data"]["summary"]["totals"]["visits"] == 1
            assert running.stop() == 0
    assert backup.exists()
    assert sandbox.refusals == []
