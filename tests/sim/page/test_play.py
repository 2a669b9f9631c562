"""A whole visit of each procedure, played on the page by clicking what a person sees."""

from pathlib import Path

import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from tests.longer import LONG, longer, slow
from tests.pages.chromium import browser, needs_chromium
from tests.sim.page.screen import play_everybody, play_visit, running, simulation

pytestmark = [slow, needs_chromium, pytest.mark.timeout(600)]

_OTHERS = (
    "gardu-hosts.toml", "gardu-kerong.toml", "gardu-modbus.toml", "gardu-modules.toml",
    "sop/examples/config/pelayanan-terpadu.toml", "sop/examples/config/pusat-data.toml",
    "sop/examples/config/ruang-rawat.toml",
)  # fmt: skip


def play_all(config: str, folder: Path) -> None:
    """Play one visit of each procedure of *config*."""
    offered = load_config(default_config_folder() / config, elsewhere=True).checkpoint.procedures
    with simulation(config, folder) as url, browser(url) as page:
        running(page)
        play_everybody(page)
        for number, procedure in enumerate(offered, start=1):
            assert play_visit(page, number, procedure) == "completed", procedure


@pytest.mark.parametrize("config", ["gardu.toml", "gardu-jatim.toml"])
def test_one_person_plays_everybody(config: str, tmp_path: Path) -> None:
    """One person at the page can lead a guest through: each act is shown, and is possible."""
    play_all(config, tmp_path)


@longer
@pytest.mark.skipif(not LONG, reason="played by make soak")
@pytest.mark.parametrize("config", _OTHERS)
def test_other_offices_play_their_own_lobby(config: str, tmp_path: Path) -> None:
    """The same with other equipment, and with the procedures of other offices."""
    play_all(config, tmp_path)
