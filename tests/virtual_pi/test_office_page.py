"""The virtual Pi installs the central office as docs/office.md has it, and its config is right."""

from pathlib import Path

import pytest

from edge.errors import ConfigError
from office.config import load_office_config
from virtual_pi.rows import office
from virtual_pi.rows.office import ADD_USER, ENABLE, ENVIRONMENT, FILES, PAGE, UNIT


def test_the_commands_are_those_of_the_page() -> None:
    """The row is about what a person on a server reads: the same commands, in the same order."""
    page = PAGE.read_text(encoding="utf-8")
    places = [page.index(command) for command in (ENVIRONMENT, *FILES, ENABLE)]
    assert places == sorted(places)
    assert ADD_USER.format(name="NAME") in page
    assert f"/{UNIT}.service" in page


def test_the_config_is_one_that_the_office_reads(tmp_path: Path) -> None:
    """Only its credential is missing here, and the wrong key of the second row is refused."""
    secret = tmp_path / "hook.secret"
    secret.write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", encoding="utf-8")
    text = office.config(1883).replace(f"{office._CREDENTIALS}/office_hook.secret", str(secret))
    file = tmp_path / "office.toml"
    file.write_text(text, encoding="utf-8")
    assert load_office_config(file).hooks[0].kinds == ("chain",)
    file.write_text(f"{text}[ingest]\nbatches = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="batches"):
        load_office_config(file)
