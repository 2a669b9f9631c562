"""The whole daemon in the unit's sandbox: a visit, stills, a reload, a backup, its end."""

import asyncio
from pathlib import Path

import pytest

from sim import daemon
from sim.process import gardu
from sim.scenario import Guests, Scenario
from sim.stage import Stage
from sim.summary import succeeded
from tests.sandbox.sandbox import Sandbox, needs_filter, needs_view
from tests.test_whole import TITLE, settings

pytestmark = [needs_filter, needs_view]

SPEED = {"GARDU_SPEED": "60"}


def test_a_guest_goes_through_the_procedure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins, serial readers, a network camera, stamped stills, the broker; `gardu outputs-off`.

    The world of the simulator runs outside, the unmodified daemon inside.
    """
    scenario = Scenario(title=TITLE, guests=Guests(order=("normal",)))
    stage = Stage(settings(tmp_path, "pimpinan", scenario), lambda _words: None)
    run = stage.run
    with Sandbox(tmp_path, state=run.data, runtime=run.runtime, readable=[run.wire]) as sandbox:
        monkeypatch.setattr(daemon, "gardu", lambda: tuple(sandbox.command(*gardu())))

        async def play() -> None:
            async with await stage.open():
                await stage.play()
            done = sandbox.run(*gardu(), "outputs-off", "--config", str(run.config))
            assert done.returncode == 0, done.stderr

        asyncio.run(play())
    assert stage.trouble == ""
    assert succeeded(stage)
    assert sandbox.refusals == []
    log = run.daemon_log.read_text(encoding="utf-8")
    assert "cannot" not in log
    assert list(run.stills.rglob("*.jpg"))
