"""Everything together: the unmodified daemon, the simulated lobby, a real broker, a subscriber."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.config.places import default_config_folder
from sim.scenario import Guests, Kill, Scenario, Title
from sim.stage.settings import Settings
from sim.stage.summary import succeeded
from tests.brokers import Mosquitto
from tests.longer import slow
from tests.sim.playing import play

FOLDER = default_config_folder()

TITLE = Title(id="uji", en="test")


def settings(folder: Path, procedure: str, scenario: Scenario, **changes: Any) -> Settings:
    """Return a simulation of *procedure*, at a speed that a busy machine can follow."""
    config = "gardu-jatim.toml" if procedure == "jatim" else "gardu.toml"
    usual = Settings(
        config=FOLDER / config,
        procedures=[procedure],
        guests=1,
        seed=11,
        speed="max",
        scenario=scenario,
        scenario_name="uji",
        broker=None,
        folder=folder,
    )
    return msgspec.structs.replace(usual, **changes)


@pytest.mark.parametrize(
    ("procedure", "table"),
    [
        ("pimpinan", [(1, 180), (2, 120), (3, 600), (4, 180), (5, 600), (6, 120)]),
        ("eselon-2-3", [(1, 180), (2, 120), (3, 600), (4, 180), (5, 600), (6, 120)]),
        ("eselon-4-asn", [(1, 180), (2, 120), (3, 600), (4, 600), (5, 120)]),
        ("jatim", [(1, None), (2, 120), (3, 120), (4, 120), (5, 60), (6, 120), (7, None)]),
    ],
)
def test_a_full_visit_reaches_the_central_office_as_the_law_has_it(
    tmp_path: Path, procedure: str, table: list[tuple[int, float | None]]
) -> None:
    """Numbers, order and standard times of event/step are the law's; no hole in the sequence."""
    scenario = Scenario(title=TITLE, guests=Guests(order=("normal",)))
    stage = play(settings(tmp_path, procedure, scenario))
    assert stage.trouble == ""
    assert succeeded(stage)
    (visit,) = stage.received.of_this_run
    assert visit.outcome == "completed"
    assert [(step["number"], step["standard_s"]) for step in visit.steps] == table
    assert {step["outcome"] for step in visit.steps} == {"completed"}
    assert (stage.received.gaps, stage.received.delivered) == (0, stage.received.last)


@slow
def test_a_lobby_full_of_guests_survives_the_daemons_sudden_death(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """After repeated SIGKILL, on a real mosquitto, visits go on and no lock opens by itself."""
    scenario = Scenario(
        title=TITLE,
        guests=Guests(order=("normal",), gap_s=60),
        kill=tuple(Kill(at_s=at) for at in (200, 500, 800, 1100)),
    )
    chosen = settings(tmp_path, "pimpinan", scenario, guests=4, broker=mosquitto.url)
    stage = play(chosen)
    assert stage.trouble == ""
    assert succeeded(stage)
    assert stage.daemon.restarts >= 3
    assert sum(stage.received.outcomes.values()) == 4
    assert (stage.received.gaps, stage.received.delivered) == (0, stage.received.last)
    log = stage.run.daemon_log.read_text(encoding="utf-8")
    ordered = log.count("unlocking locker")
    pulsed = sum(locker["pulses"] for locker in stage.snapshot["lobby"]["lockers"].values())
    assert 0 < pulsed <= ordered
    assert "locker-forced" not in log
