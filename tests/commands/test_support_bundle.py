"""`gardu support-bundle`: what is needed, and no secret and no person of a populated office."""

import zipfile
from pathlib import Path

import pytest

from edge.commands.support.programs import Program
from edge.commands.support.scrub import Scrubber
from edge.config.redaction import redact
from tests.command_line import invoke
from tests.guests import NAME, PHONE, SECRETS
from tests.offices import (
    BROKER,
    CAMERA_PASSWORD,
    INVITER,
    PASSWORD,
    QUERY,
    STILL_BYTES,
    SUPERVISOR,
    Populated,
)

CARDS = ("0100A4C101", "0100A4C10C", SUPERVISOR)
LOG = f"""WARNING guest {NAME} ({PHONE}) with card 0100a4c101
ERROR login with {PASSWORD} failed; camera http://x/?pwd={QUERY}
INFO 4711 records wait
"""


@pytest.fixture
def office(tmp_path: Path) -> Populated:
    """A populated office."""
    return Populated(tmp_path / "office")


def bundle(office: Populated, *options: str) -> dict[str, str]:
    """Make a bundle without the doctor; return its files."""
    place = office.folder / "bundle.zip"
    words = ["support-bundle", str(place), "--no-doctor", *options, "-c", str(office.config)]
    done = invoke(words)
    assert done.exit_code == 0, done.output
    assert place.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(place) as opened:
        files = {name: opened.read(name).decode() for name in opened.namelist()}
    assert all(name in done.stdout for name in files if name != "README.txt")
    place.unlink()
    return files


def test_no_secret_and_no_person_is_in_it(
    office: Populated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that an office has to hide is searched for in every file, also behind a leaking log."""
    log = office.folder / "log"
    log.write_text(LOG, encoding="utf-8")
    monkeypatch.setattr(
        "edge.commands.support.command.machine_programs",
        lambda _unit, _hours: {"journal.txt": [Program(("cat", str(log)))]},
    )
    files = bundle(office)
    everything = "\n".join(files.values()).lower()
    secrets = (PASSWORD, CAMERA_PASSWORD, INVITER, QUERY, *CARDS, *SECRETS, "face")
    assert [secret for secret in secrets if secret.lower() in everything] == []
    assert STILL_BYTES.decode("latin-1") not in everything
    assert "INFO 4711 records wait" in files["journal.txt"]
    assert files["journal.txt"].count("(removed)") == 5
    assert "5 places removed" in files["README.txt"]


def test_what_is_needed_is_in_it(office: Populated) -> None:
    """Versions, config, counts, digests and the check are there, and every file is told."""
    files = bundle(office)
    assert "gardu " in files["versions.txt"]
    assert BROKER in files["config.json"]
    assert '"(12 of them)"' in files["config.json"]
    assert "30 gardu.visit.opened.v1" in files["database.txt"]
    assert "sop/pimpinan.toml" in files["procedures.txt"]
    assert "gardu.db" in files["data-folder.txt"]
    assert "no daemon runs here" in files["health.json"]
    assert "no problems" in files["check.txt"] or "broker.password" in files["check.txt"]
    assert all(name in files["README.txt"] for name in files if name != "README.txt")


def test_a_broken_config_stops_nothing(office: Populated) -> None:
    """The fault that is looked for may be the config: the rest is there, and no value leaks."""
    with office.config.open("a", encoding="utf-8") as opened:
        opened.write('\n[broken]\npassword = "Sandi-Terbuka1"\npin = 778899\n')
    files = bundle(office)
    everything = "\n".join(files.values())
    assert "Sandi-Terbuka1" not in everything
    assert "778899" not in everything
    assert "broken" in files["check.txt"]
    assert "the config has mistakes" in files["README.txt"]


def test_a_config_that_is_no_toml_or_missing(office: Populated) -> None:
    """Without a readable config there are fewer files, and the reason."""
    office.config.write_text('[cards\nvisitor = ["0100A4C101"]\n', encoding="utf-8")
    files = bundle(office)
    assert "the config is left out" in files["README.txt"]
    assert "0100A4C101" not in "\n".join(files.values())
    office.config.unlink()
    assert "no such file" in bundle(office)["README.txt"]


def test_a_damaged_database_is_named(office: Populated) -> None:
    """A database that cannot be read is a finding, not the end."""
    (office.data / "gardu.db").write_bytes(b"garbage" * 1000)
    assert "cannot be read" in bundle(office)["database.txt"]


def test_an_existing_file_stays(office: Populated) -> None:
    """A bundle replaces nothing."""
    place = office.folder / "there.zip"
    place.write_bytes(b"old")
    done = invoke(["support-bundle", str(place), "-c", str(office.config)])
    assert (done.exit_code, place.read_bytes()) == (2, b"old")


@pytest.mark.parametrize(
    ("raw", "shown", "secret"),
    [
        ({"broker": {"url": "mqtt://budi:sandi99@10.0.0.1:1883"}}, "mqtt://(removed)@10.0.0.1:1883",
         "sandi99"),
        ({"broker": {"url": "mqtt://10.0.0.1"}}, "mqtt://10.0.0.1", None),
        ({"broker": {"password_file": "sandi-asli"}}, "(removed)", "sandi-asli"),
        ({"broker": {"password_file": "there"}}, "there", None),
        ({"broker": {"passwd": "sandi-asli"}}, "passwd", "sandi-asli"),
        ({"0100A4C1FF": "kepala"}, "unknown keys", "0100A4C1FF"),
        ({"cards": {"visitor": ["0100A4C1FF"]}}, "(1 of them)", "0100A4C1FF"),
        ({"cards": {"visitor": 100_200_300}}, "(0 of them)", "100200300"),
        ({"invitations": {"keys": {"budi": "KUNCI"}}}, "(1 of them)", "KUNCI"),
        ({"cameras": {"lobby": {"driver": "http", "url": "http://c/user=x/a.jpg?pwd=sandi%2099"}}},
         "http://c/user=(removed)/a.jpg?pwd=(removed)", "sandi 99"),
        ({"cameras": {"lobby": {"driver": "no", "url": "http://c/?pwd=sandi99"}}}, "", "sandi99"),
        ({"checkpoint": {"place": {"name": "Zulaikha"}}}, "", "Zulaikha"),
        ({"checkpoint": ["Zulaikha"]}, "", "Zulaikha"),
    ],
)  # fmt: skip
def test_redaction(raw: dict[str, object], shown: str, secret: str | None) -> None:
    """Known harmless values stay, all else is removed and remembered, in any shape."""
    found = redact(raw, lambda name: name == "there")
    assert shown in str(found.config)
    if secret is not None:
        assert secret not in str(found.config)
        assert any(secret in one for one in found.secrets)


def test_scrubbing_is_by_whole_words() -> None:
    """A short name within another word stays; several words and odd signs are found."""
    scrubber = Scrubber(["Anisa", "Siti Nur Anisa", "#x!y", "abc", "siti"])
    text, count = scrubber.scrub("anisa, Anisah; SITI NUR ANISA; p=#x!y abc sitis siti")
    assert text == "(removed), Anisah; (removed); p=(removed) abc sitis (removed)"
    assert count == 4


def test_many_guests_cost_little() -> None:
    """A guest book of thousands, many of one first name, does not slow the search."""
    scrubber = Scrubber(f"Guest Number{number}" for number in range(20_000))
    text, count = scrubber.scrub("guest number7 " * 20_000)
    assert count == 20_000
    assert "guest" not in text
