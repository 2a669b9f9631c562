"""The lessons: each shipped one can be played, a wrong file is refused in words."""

from pathlib import Path

import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.errors import ConfigError
from sim.page.lesson import load, names
from sim.people.prospect import Prospects
from tests.longer import slow

CONFIG = default_config_folder() / "gardu.toml"
GUESTS = 10


def test_there_is_a_lesson_for_each_station() -> None:
    """Each station of the shipped config has a lesson, and the aide too."""
    stations = {
        one
        for panel in load_config(CONFIG, elsewhere=True).panels.values()
        for one in panel.stations
    }
    assert set(names()) == stations | {"aide"}


@slow
@pytest.mark.parametrize("name", names())
def test_every_guest_has_a_way(name: str) -> None:
    """Ten guests, each with an intention that has a way, and with words in both languages."""
    lesson = load(name)
    prospects = Prospects(CONFIG)
    assert lesson.roles == (name,)
    assert len(lesson.guest) == GUESTS
    for guest in lesson.guest:
        assert prospects.of(guest.procedure, guest.branch).intention is not None, guest
        assert guest.id
        assert guest.en
    assert lesson.guest[-1].alone


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    """A key that does not exist, and a missing one, are named with the file."""
    file = tmp_path / "own.toml"
    file.write_text('roles = ["reception"]\n[title]\nid = "a"\nen = "b"\n[[guest]]\nwho = "x"\n')
    with pytest.raises(ConfigError) as error:
        load(str(file))
    words = str(error.value)
    assert "own.toml" in words
    assert "who" in words
    with pytest.raises(ConfigError, match="no such lesson or file; there are: aide, officer-1"):
        load("nowhere")
