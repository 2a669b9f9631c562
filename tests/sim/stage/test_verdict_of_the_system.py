"""The verdict on a checkpoint whose daemon runs another procedure than the law's.

The daemon is the unmodified one. After the people have read the office's procedure, one step of it
is changed in the daemon's file; people and law keep the true text.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest

from edge.config.places import default_config_folder
from sim.scenario import Guests, Scenario, Title
from sim.stage.rundir import RunDir
from sim.stage.settings import Settings
from sim.stage.stage import Stage
from sim.stage.summary import as_json, succeeded
from tests.longer import slow
from tests.sim.playing import play

pytestmark = slow

# A step, as the file has it, and what is put in its place.
NO_SCREENING = (
    'use = ["waiting-room", "screening"]\nwith = { back = "pengembalian" }\n',
    """use = "waiting-room"
with = { back = "pengembalian" }

[[steps.phases]]
id = "lewat"
on = [{ event = "button.done", to = "@next" }]
""",
)
MORE_TIME = (
    'title = "Show the guest to the waiting room"\nequipment = ["Kartu tamu"]\nstandard_s = 120',
    'title = "Show the guest to the waiting room"\nequipment = ["Kartu tamu"]\nstandard_s = 240',
)


def play_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch, *changes: tuple[str, str]) -> Stage:
    """Play one guest at a checkpoint whose daemon has each of *changes* in its procedure."""
    config = folder / "config"
    shutil.copytree(default_config_folder(), config)
    procedure = config / "sop" / "pimpinan.toml"
    write_config = RunDir.write_config

    def write_and_change(run: RunDir, *given: Any) -> None:
        write_config(run, *given)
        text = procedure.read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        procedure.write_text(text, encoding="utf-8")

    monkeypatch.setattr(RunDir, "write_config", write_and_change)
    scenario = Scenario(
        title=Title(id="uji", en="test"), guests=Guests(order=("nothing-to-store",), gap_s=60)
    )
    return play(
        Settings(
            config=config / "gardu.toml",
            procedures=["pimpinan"],
            guests=1,
            seed=3,
            speed="max",
            scenario=scenario,
            scenario_name="uji",
            broker=None,
            folder=folder / "run",
        )
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (NO_SCREENING, "step 4, pemeriksaan: evidence is aiphone, button; the guest gave aiphone,"),
        (MORE_TIME, "step menunggu (row 2 of the law) has the standard time 240.0 s, the law 120"),
    ],
    ids=["no screening", "more time"],
)
def test_a_procedure_that_was_changed_silently_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, str],
    words: str,
) -> None:
    """All goes well for guest and daemon, and the verdict still names guest and difference."""
    stage = play_wrong(tmp_path, monkeypatch, change)
    assert stage.trouble == ""
    assert stage.received.outcomes == {"completed": 1}
    assert not succeeded(stage)
    (told,) = as_json(stage, seconds=1.0)["verdict"]
    assert (told["guest"], told["ok"]) == (1, False)
    assert told["difference"].startswith(words)
