"""Configs of `gardu init` in the simulated lobby: the unmodified daemon starts and guests pass."""

from pathlib import Path
from typing import Any

import pytest

from sim.scenario import Guests, Scenario, Title
from sim.stage.summary import succeeded
from tests.commands.init.offices import OFFICES, init
from tests.longer import slow
from tests.sim.playing import play, settings

# real seconds, which simulated time does not limit
pytestmark = [slow, pytest.mark.timeout(600)]

QUIET_DAY = Scenario(
    title=Title(id="uji", en="test"), guests=Guests(order=("normal",), gap_s=40)
)  # fmt: skip


@pytest.mark.parametrize("name", ["Jawa Timur", "12 lockers on KERONG boards"])
def test_a_guest_passes_with_the_config_of_init(name: str, tmp_path: Path) -> None:
    """The daemon is ready on the config, and a guest goes through the whole procedure."""
    answers: dict[str, Any] = OFFICES[name]
    config, result = init(tmp_path, answers)
    assert result.exit_code == 0, result.output
    chosen = settings(
        tmp_path / "run", QUIET_DAY, config=config, guests=1, seed=4,
        procedures=answers["checkpoint"]["procedures"][:1],
    )  # fmt: skip
    stage = play(chosen)
    assert stage.trouble == ""
    assert succeeded(stage)
    assert stage.received.outcomes == {"completed": 1}
