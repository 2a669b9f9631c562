"""``[[hosts]]``: what is implied without it, and every contradiction in words."""

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.hosts import hosts, hosts_of
from edge.config.inventory import fitted
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.toml_text import read_toml
from edge.config.wiring import functions
from edge.errors import ConfigError
from edge.paper.panel.sheet import host_titles, press_words
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import load_procedures
from tests.config.messages import without_place

FOLDER = default_config_folder()
PIMPINAN = load_procedures(FOLDER / "sop", ["pimpinan"])["pimpinan"]


def shipped() -> dict[str, Any]:
    """Return the config with two hosts of one procedure, to be changed."""
    return read_toml(FOLDER / "gardu-hosts.toml")


def loaded(folder: Path, raw: dict[str, Any]) -> Config:
    """Return the config of *raw*."""
    file = folder / "gardu.toml"
    file.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(file, elsewhere=True)


def problems(folder: Path, raw: dict[str, Any]) -> list[str]:
    """Return the problems of *raw*, without file and line."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, raw)
    return without_place(folder / "gardu.toml", caught.value.problems)


def test_without_hosts_each_procedure_has_one_with_its_aiphone() -> None:
    """An office without [[hosts]] goes on as before: the host has the procedure's id."""
    config = load_config(FOLDER / "gardu.toml", elsewhere=True)
    found = [(host.id, host.procedures, host.aiphone) for host in hosts(config)]
    assert found == [(one, [one], "adc") for one in config.checkpoint.procedures]


def test_a_procedure_in_no_host_has_one_host_beside_the_others(tmp_path: Path) -> None:
    """Hosts for one procedure leave the others as they are."""
    raw = shipped()
    raw["checkpoint"]["procedures"].append("eselon-4-asn")
    raw["aiphone"]["adc-wakil"]["procedures"] = ["eselon-4-asn"]
    config = loaded(tmp_path, raw)
    assert [host.id for host in hosts_of(config, "pimpinan")] == ["bupati", "wakil-bupati"]
    (other,) = hosts_of(config, "eselon-4-asn")
    assert (other.id, other.aiphone) == ("eselon-4-asn", "adc-wakil")


def test_a_host_without_an_aiphone_has_that_of_the_procedure(tmp_path: Path) -> None:
    """One aiphone for the procedure serves its hosts."""
    raw = shipped()
    for host in raw["hosts"]:
        del host["aiphone"]
    raw["aiphone"]["adc-bupati"]["procedures"] = ["pimpinan"]
    del raw["aiphone"]["adc-wakil"]
    assert {host.aiphone for host in hosts(loaded(tmp_path, raw))} == {"adc-bupati"}


CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "twice": ({"id": "bupati"}, "hosts[1].id", "host bupati is also at hosts[0].id"),
    "procedure": (
        {"procedures": ["pimpinan", "camat"]}, "hosts[1].procedures[1]",
        "is 'camat'; allowed: pimpinan (checkpoint.procedures)",
    ),
    "procedure twice": (
        {"procedures": ["pimpinan", "pimpinan"]}, "hosts[1].procedures[1]",
        "procedure pimpinan is also at hosts[1].procedures[0]; allowed: each procedure once",
    ),
    "no procedure": (
        {"procedures": []}, "hosts[1].procedures", "has 0 items; allowed: a list of procedure ids",
    ),
    "aiphone": (
        {"aiphone": "adc"}, "hosts[1].aiphone",
        "allowed: adc-bupati, adc-wakil ([aiphone.NAME])",
    ),
    "title": ({"title": " "}, "hosts[1].title", "is ' '; allowed: a title such as Bupati"),
    "name of the procedure": (
        {"id": "pimpinan"}, "hosts[1].id",
        "a procedure with the hosts bupati, pimpinan; allowed: another id",
    ),
    "name of another's aiphone": (
        {"id": "adc-bupati"}, "hosts[1].id", "an aiphone that serves bupati; allowed: another id",
    ),
    "capitals": ({"id": "Wakil"}, "hosts[1].id", "is 'Wakil'; allowed: lower-case letters"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_each_contradiction_of_a_host_is_named(name: str, tmp_path: Path) -> None:
    """The key, the value and what is allowed."""
    change, key, words = CHANGES[name]
    raw = shipped()
    raw["hosts"][1] |= change
    found = problems(tmp_path, raw)
    assert any(one.startswith(f"{key}: ") and words in one for one in found), found


BUTTONS: dict[str, tuple[dict[str, Any], str]] = {
    "away without a host": ({"press": "away"}, "host: is missing for away; allowed: bupati,"),
    "unknown host": ({"press": "away", "host": "camat"}, "host: is 'camat'; allowed: bupati,"),
    "no meaning for a host": (
        {"press": "more", "host": "bupati"},
        "host: is of no use here; allowed: only with arrive, receiving or away",
    ),
}


@pytest.mark.parametrize("name", BUTTONS)
def test_each_contradiction_of_a_button_is_named(name: str, tmp_path: Path) -> None:
    """A button with no host, an unknown one, or one that it cannot have."""
    button, words = BUTTONS[name]
    raw = shipped()
    raw["panels"]["reception"]["buttons"][4] = {"pin": 19} | button
    assert any(words in one for one in problems(tmp_path, raw))


def test_a_button_opens_no_visit_to_a_host_of_another_procedure(tmp_path: Path) -> None:
    """The host's guests must come by the button's procedure."""
    raw = shipped()
    raw["checkpoint"]["procedures"].append("eselon-4-asn")
    raw["hosts"].append({"id": "kabag", "title": "Kabag", "procedures": ["eselon-4-asn"],
                         "aiphone": "adc-wakil"})  # fmt: skip
    raw["panels"]["reception"]["buttons"][0]["host"] = "kabag"
    (found,) = problems(tmp_path, raw)
    assert found == (
        "panels.reception.buttons[0].host: is 'kabag', whose guests do not come by pimpinan; "
        "allowed: bupati, wakil-bupati"
    )


def test_a_choice_where_there_is_none_is_refused(tmp_path: Path) -> None:
    """A button *host* at an office with one host for each procedure."""
    raw = shipped()
    del raw["hosts"][1]
    del raw["panels"]["aide-wakil"]
    del raw["aiphone"]["adc-wakil"]
    (found,) = problems(tmp_path, raw)
    assert "means 'host', and no procedure has several hosts" in found


def test_a_button_for_each_host_is_a_meaning_of_its_own(tmp_path: Path) -> None:
    """Two *arrive* of one procedure with two hosts; the same host twice is refused."""
    raw = shipped()
    buttons = raw["panels"]["reception"]["buttons"]
    buttons[0]["host"] = "bupati"
    buttons[1] = {"pin": 3, "press": "arrive", "procedure": "pimpinan", "host": "wakil-bupati"}
    config = loaded(tmp_path, raw)
    assert not verify_equipment(PIMPINAN, config).problems
    labels = [press_words(one, host_titles(config)).id for one in
              config.panels["reception"].buttons[:2]]  # fmt: skip
    assert labels == ["Tamu Pimpinan", "Tamu datang Wakil Bupati"]
    buttons[1]["host"] = "bupati"
    assert any("the meaning arrive pimpinan bupati" in one for one in problems(tmp_path, raw))


def test_an_office_that_cannot_choose_is_told(tmp_path: Path) -> None:
    """A guest without a host would wait for a choice that no button can make."""
    raw = shipped()
    raw["panels"]["reception"]["buttons"][1] = {"pin": 3, "press": "more"}
    found = verify_equipment(PIMPINAN, loaded(tmp_path, raw)).problems
    assert len(found) == 1
    assert found[0].endswith(
        "phase pilih: cannot be left with the equipment here; add what gives one of: button.host"
    )


def test_a_host_whom_no_aide_answers_for_is_told(tmp_path: Path) -> None:
    """The procedure rings, and this host has no aiphone."""
    raw = shipped()
    del raw["hosts"][1]["aiphone"]
    del raw["aiphone"]["adc-wakil"]
    found = verify_equipment(PIMPINAN, loaded(tmp_path, raw)).problems
    assert any(
        "no aiphone serves the host wakil-bupati; add aiphone to its [[hosts]]" in one
        for one in found
    )


def test_a_hosts_station_needs_a_panel_for_its_buttons(tmp_path: Path) -> None:
    """The station named in place of the aide's is checked as that one is."""
    raw = shipped()
    raw["hosts"][1]["station"] = "aide-kosong"
    found = verify_equipment(PIMPINAN, loaded(tmp_path, raw)).problems
    assert any("no panel serves station aide-kosong" in one for one in found)


def test_the_lamp_of_a_host_is_wired_like_every_other_part() -> None:
    """Wiring table and inventory name it; its device is the hosts'."""
    config = load_config(FOLDER / "gardu-hosts.toml", elsewhere=True)
    lamps = {part.function: part.device for part in fitted(config) if part.key.startswith("hosts[")}
    assert lamps == {"host bupati lamp": "hosts", "host wakil-bupati lamp": "hosts"}
    assert "host bupati lamp" in functions(config).values()


def test_an_aiphone_for_no_guest_is_refused(tmp_path: Path) -> None:
    """It would never ring: neither procedures nor a host name it."""
    raw = shipped()
    raw["aiphone"]["adc-lama"] = raw["aiphone"]["adc-wakil"]
    found = problems(tmp_path, raw)
    assert any(
        one.startswith("aiphone.adc-lama.procedures: is empty, and no host names") for one in found
    )
