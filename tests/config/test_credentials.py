"""Credentials of systemd in place of password and key files."""

import datetime as dt
from pathlib import Path

import pytest

from edge.config import credentials
from edge.config.credentials import is_credential, located, missing
from edge.config.loading import load_config
from edge.errors import ConfigError
from edge.mqtt.credentials import examine_credentials
from edge.mqtt.tls import password
from edge.store.backup.config_files import config_files
from tests.commands.conftest import config

__all__ = ["config"]


@pytest.fixture(autouse=True)
def _outside_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("INVOCATION_ID", raising=False)
    monkeypatch.setattr(credentials, "_FOLDERS", tmp_path / "run-credentials")


def _named(config: Path, credential: str) -> Path:
    """Have *config* take the broker's password from *credential*."""
    text = config.read_text(encoding="utf-8").replace(
        '# password_file = "broker-password"', f'username = "lobi"\npassword_file = "{credential}"'
    )
    config.write_text(text, encoding="utf-8")
    return config


def test_the_password_comes_from_the_folder_of_the_service(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the service, credential:NAME is the file NAME of its credentials."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "broker").write_text("rahasia\n", encoding="utf-8")
    loaded = load_config(_named(config, "credential:broker"))
    assert password(loaded.broker) == "rahasia"
    assert is_credential(loaded.broker.password_file)
    assert loaded.broker.password_file not in {
        str(one.path) for one in config_files(config, loaded)
    }


def test_root_finds_it_while_the_service_runs(config: Path, tmp_path: Path) -> None:
    """Without the variable, the folder of the running service is looked for."""
    folder = tmp_path / "run-credentials/gardu.service"
    folder.mkdir(parents=True)
    (folder / "broker").write_text("rahasia\n", encoding="utf-8")
    assert password(load_config(_named(config, "credential:broker")).broker) == "rahasia"


def test_a_command_outside_the_service_does_not_examine_it(config: Path) -> None:
    """`gardu check` by another user notes it, and has no other problem."""
    loaded = load_config(_named(config, "credential:broker"))
    (remark,) = examine_credentials(loaded.broker, dt.datetime.now(dt.UTC))
    assert not remark.bad
    assert "systemd gives it to the service alone; not examined" in remark.text


@pytest.mark.parametrize("variable", ["CREDENTIALS_DIRECTORY", "INVOCATION_ID"])
def test_the_service_without_it_is_told_what_its_unit_lacks(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A daemon under systemd whose unit does not load the credential refuses the config."""
    monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(
        ConfigError, match=r"broker\.password_file: is the credential broker, which"
    ):
        load_config(_named(config, "credential:broker"))


@pytest.mark.parametrize("name", ["", "../shadow", "a/b", ".hidden", "a b", "x" * 81])
def test_a_name_that_leaves_the_folder_is_refused(config: Path, name: str) -> None:
    """A credential is a plain name: no path, and no empty word."""
    with pytest.raises(ConfigError, match="allowed: credential:NAME, with letters"):
        load_config(_named(config, f"credential:{name}"))


def test_a_plain_file_stays_beside_the_config() -> None:
    """Other names are files, relative to the config's folder, as before."""
    assert located("broker-password", Path("/etc/gardu")) == "/etc/gardu/broker-password"
    assert not is_credential("/etc/gardu/credential")
    assert missing("credential:broker") == ""
