"""The section [desk]: pages with guests' names go over a network encrypted only."""

from pathlib import Path

import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.errors import ConfigError

CONFIG = default_config_folder() / "gardu.toml"
PAIR = 'cert_file = "meja.pem"\nkey_file = "meja.key"\n'


def written(folder: Path, section: str) -> Path:
    """Return the shipped config with *section* for the desk."""
    path = folder / "gardu.toml"
    text = CONFIG.read_text(encoding="utf-8")
    path.write_text(f"{text}\n[desk]\n{section}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ('address = "192.0.2.10"', "desk.address: is '192.0.2.10', which other machines reach"),
        ('address = "::"', "desk.names: is missing"),
        (f'{PAIR}address = "0.0.0.0"', "desk.names: is missing"),
        ('address = "1.2.3"', "desk.address: is '1.2.3'; allowed: an IP address"),
        ('address = "meja"', "desk.address"),
        ('cert_file = "meja.pem"', "desk.key_file: is missing"),
        ('key_file = "meja.key"', "desk.cert_file: is missing"),
        ("port = 0", "desk.port"),
        ('names = ["http://meja"]', "desk.names[0]"),
        ('pin_file = ""', "desk.pin_file"),
        ("session_hours = 48", "desk.session_hours"),
        ('pin = "704913"', "desk.pin"),
    ],
)
def test_what_is_not_allowed_is_said_at_its_key(tmp_path: Path, section: str, problem: str) -> None:
    """The problem names the key, and what is allowed."""
    with pytest.raises(ConfigError) as error:
        load_config(written(tmp_path, section), elsewhere=True)
    assert problem in str(error.value)


def test_the_desks_files_are_not_the_daemons(tmp_path: Path) -> None:
    """The daemon cannot see the desk's certificate, and starts without it all the same."""
    section = f'{PAIR}address = "192.0.2.10"\nnames = ["meja.example.go.id"]'
    desk = load_config(written(tmp_path, section)).desk
    assert desk is not None
    assert (desk.cert_file, desk.tls) == (str(tmp_path / "meja.pem"), True)
    assert desk.pin_file == str(tmp_path / "desk/pins.json")


def test_without_the_section_there_is_no_desk() -> None:
    """It is off by default; an empty section is a desk for this machine's own screen."""
    assert load_config(CONFIG, elsewhere=True).desk is None


def test_an_empty_section_is_on_loopback(tmp_path: Path) -> None:
    """The plainest desk needs no certificate, and no other machine reaches it."""
    desk = load_config(written(tmp_path, ""), elsewhere=True).desk
    assert desk is not None
    assert desk.on_loopback
