"""`gardu sop reasons`: the polite words, as reception reads them."""

from pathlib import Path

import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder, default_wording
from edge.daemon.procedures import wording_of
from edge.sop.wording import load_wording
from tests.command_line import invoke


def test_every_reason_is_printed_with_both_wordings() -> None:
    """Every reason is printed with the Indonesian and English words of its file."""
    done = invoke(["sop", "reasons", "--file", str(default_wording())])
    assert done.exit_code == 0
    for reason, text in load_wording(default_wording()).reasons.items():
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{reason} ")]
        assert text.id in line
        assert text.en in line


def test_words_that_name_the_host_are_printed_with_the_titles_of_a_config() -> None:
    """Reception reads the finished words for each host; without a config the place of the title."""
    config = default_config_folder() / "gardu-hosts.toml"
    done = invoke(["sop", "reasons", "--config", str(config)])
    assert done.exit_code == 0
    for title in ("Bupati", "Wakil Bupati"):
        assert f"Mohon maaf, Bapak/Ibu {title} sedang tidak berada di tempat." in done.stdout
        assert f"the {title} is not in the office at the moment." in done.stdout
    assert "{host}" not in done.stdout
    general = invoke(["sop", "reasons", "--file", str(default_wording())]).stdout
    assert "Mohon maaf, Bapak/Ibu {host} sedang tidak berada di tempat." in general


def test_a_config_without_hosts_has_the_general_words_only() -> None:
    """A procedure's id is no title: it never stands in words to a guest."""
    config = default_config_folder() / "gardu.toml"
    done = invoke(["sop", "reasons", "--config", str(config)])
    assert done.exit_code == 0
    assert "Bapak/Ibu yang akan ditemui sedang tidak berada" in done.stdout
    assert "Bapak/Ibu pimpinan" not in done.stdout
    assert "{host}" not in done.stdout


def test_the_configs_own_wording_file_is_printed(tmp_path: Path) -> None:
    """With a config its own wording file is printed, as the checkpoint publishes it."""
    config = own_config(tmp_path)
    done = invoke(["sop", "reasons", "--config", str(config)])
    assert done.exit_code == 0
    assert "Maaf sekali" in done.stdout
    assert "schedule-full" not in done.stdout


def test_a_bad_file_is_said_and_ends_with_2(tmp_path: Path) -> None:
    """A bad file ends with 2, and with file, key and allowed values."""
    file = tmp_path / "wording.toml"
    file.write_text('[reasons.host-absent]\nid = "Maaf"\nen = ""\n', encoding="utf-8")
    done = invoke(["sop", "reasons", "--file", str(file)])
    assert done.exit_code == 2
    assert f"{file}: line 3: reasons.host-absent.en: is empty; allowed: polite words" in done.stderr


def own_config(folder: Path) -> Path:
    """Return a config in *folder* with a wording file of its own."""
    words = '[reasons.host-absent]\nid = "Maaf sekali"\nen = "So sorry"\n'
    (folder / "own.toml").write_text(words, encoding="utf-8")
    text = (default_config_folder() / "gardu-hosts.toml").read_text(encoding="utf-8")
    config = folder / "gardu.toml"
    own = text.replace("[checkpoint]", '[checkpoint]\nwording = "own.toml"', 1)
    config.write_text(own, encoding="utf-8")
    return config


@pytest.mark.parametrize("by", ["place", "environment"])
def test_the_installed_configs_words_are_printed_without_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Reception reads the words that the daemon publishes, not those that come with Gardu."""
    config = own_config(tmp_path)
    if by == "place":
        monkeypatch.setattr("edge.commands.sop_reasons.DEFAULT_CONFIG", config)
    else:
        monkeypatch.setenv("GARDU_CONFIG", str(config))
    done = invoke(["sop", "reasons"])
    assert done.exit_code == 0
    assert "Maaf sekali" in done.stdout
    assert "schedule-full" not in done.stdout
    assert set(wording_of(load_config(config)).reasons) == {"host-absent"}


def test_without_an_installed_config_the_words_of_gardu_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine that is no checkpoint; so does the daemon of a config without own words."""
    monkeypatch.setattr("edge.commands.sop_reasons.DEFAULT_CONFIG", tmp_path / "none.toml")
    done = invoke(["sop", "reasons"])
    assert done.exit_code == 0
    assert "schedule-full" in done.stdout


def test_a_refusal_has_polite_words() -> None:
    """The reasons for which an officer refuses a guest are printed too."""
    done = invoke(["sop", "reasons", "--file", str(default_wording())])
    for reason in ("security", "dress-or-belongings", "forbidden-items", "unwell"):
        assert [line for line in done.stdout.splitlines() if line.startswith(f"{reason} ")]
