"""The commands: `gardu guestbook key|export|open`, `gardu breach`, and what `gardu check` says."""

import json
import stat
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.guestbook.book import FILE, GuestBook
from edge.sop.state import PendingStill
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.command_line import invoke
from tests.daemon.test_run import config_file
from tests.guestbook.test_book import AT, fill
from tests.guests import NAME, PHONE, SECRETS
from tests.sealing.card import found_on
from tests.sealing.keys import KEY, OTHER, key_file, sealing
from tests.sealing.test_sealed_stills import JPEG

PERIOD = ("breach", "--period", "2026-01-01..2027-12-31")


def checkpoint(folder: Path, *, sealed: bool = True) -> Path:
    """Make a checkpoint of two guests, one of them with a still; return its config."""
    config = config_file(folder)
    if sealed:
        with config.open("a", encoding="utf-8") as file:
            file.write(f'\n[sealing]\noffice_key = "{KEY.text}"\n')
    data = folder / "data"
    book = GuestBook(data, sealing() if sealed else None)
    fill(book, 2)
    book.put_values("visit-0", "pimpinan", AT, {"plate": "BH 4711 ZQX"})
    book.keep_readable({"visit-1"})
    book.close()
    store = Store(data, "/gardu/setda-tanjabbar/lobi-utama", Clock())
    stills = StillFiles(data, key=KEY if sealed else None)
    pending = PendingStill(visit="visit-0", step="penerimaan", purpose="desk")
    store.add_still(stills.row(stills.write("still-0", AT, JPEG), pending))
    store.close()
    return config


def test_a_key_pair_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The printed lines are a config; the file is private and replaces nothing."""
    file = tmp_path / "kantor.key"
    made = invoke(["guestbook", "key", "new", "-o", str(file)])
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert 'office_key = "gardu-office-key-' in made.output
    shown = invoke(["guestbook", "key", "show", str(file)])
    assert shown.output in made.output
    again = invoke(["guestbook", "key", "new", "-o", str(file)])
    assert again.exit_code == 1
    assert "is there already" in str(again.exception)


def test_sealed_entries_are_carried_to_the_office(tmp_path: Path) -> None:
    """Refused as CSV on the checkpoint, exported sealed, and opened with the key."""
    config, out, sealed = checkpoint(tmp_path), tmp_path / "x.csv", tmp_path / "tamu.sealed"
    refused = invoke(["guestbook", "export", "-c", str(config), "-o", str(out)])
    assert refused.exit_code == 1
    assert "2 of 2 entries are sealed" in str(refused.exception)
    assert not out.exists()
    words = ["guestbook", "export", "-c", str(config), "-o", str(sealed), "--format", "sealed"]
    assert invoke(words).exit_code == 0
    assert not found_on(tmp_path, SECRETS, [JPEG])
    key = key_file(tmp_path)
    for number, source in enumerate((sealed, tmp_path / "data")):
        opened = tmp_path / f"opened-{number}"
        words = ["guestbook", "open", str(source), "--key", str(key), "-o", str(opened)]
        done = invoke([*words, "--timezone", "Asia/Jakarta"])
        assert done.exit_code == 0, done.output
        text = (opened / "guests.csv").read_text(encoding="utf-8-sig")
        assert f"{NAME} 1" in text
        assert PHONE in text
        assert "plate=BH 4711 ZQX" in text
    (picture,) = opened.rglob("*.jpg")
    assert picture.read_bytes() == JPEG
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    direct = invoke(["guestbook", "export", "-c", str(config), "-o", str(out), "--key", str(key)])
    assert direct.exit_code == 0, direct.output
    assert NAME in out.read_text(encoding="utf-8-sig")


def test_what_cannot_be_opened_is_named_and_the_rest_is_opened(tmp_path: Path) -> None:
    """A cut file, a text, a missing one, and another key."""
    checkpoint(tmp_path)
    data = tmp_path / "data"
    (still,) = data.rglob("*.jpg.sealed")
    cut = tmp_path / "cut.jpg.sealed"
    cut.write_bytes(still.read_bytes()[:-1])
    odd = tmp_path / "odd.sealed"
    odd.write_text("halo", encoding="utf-8")
    sources = [str(data), str(cut), str(odd), str(tmp_path / "none")]
    out = tmp_path / "opened"
    key = str(key_file(tmp_path))
    done = invoke(["guestbook", "open", *sources, "--key", key, "-o", str(out)])
    assert done.exit_code == 1
    assert f"{cut}: is damaged: it is cut short" in done.output
    assert f"{odd}: is neither sealed nor a guest book" in done.output
    assert "none cannot be read" in done.output
    assert (out / "guests.csv").exists()
    assert len(list(out.rglob("*.jpg"))) == 1
    other = str(key_file(tmp_path, OTHER))
    done = invoke(["guestbook", "open", str(data), "--key", other, "-o", str(tmp_path / "no")])
    assert done.exit_code == 1
    assert done.output.count(f"is sealed to the key {KEY.id}; the keys here: ") == 3
    assert not list((tmp_path / "no").rglob("*.jpg"))


@pytest.mark.parametrize("sealed", [True, False])
def test_a_lost_card_is_listed_without_a_name(tmp_path: Path, *, sealed: bool) -> None:
    """Visits, categories and files, sealed or readable, as JSON and as a text to print."""
    config = checkpoint(tmp_path, sealed=sealed)
    done = invoke([*PERIOD, "-c", str(config), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    first, second = found["visits"]
    assert [first["visit"], second["visit"]] == ["visit-0", "visit-1"]
    assert first["categories"] == ["name", "organisation", "purpose", "phone", "pictures"]
    assert (first["values"], first["persons"]) == (["plate"], 1)
    assert (first["readable"], second["readable"]) == (False, sealed)
    assert found["categories"]["phone"] == 2
    assert found["categories"]["value plate"] == 1
    state = "sealed" if sealed else "unsealed"
    assert {one["state"] for one in (*found["visits"], *found["files"])} == {state}
    assert {Path(one["path"]).suffix for one in found["files"]} == {
        ".db", ".sealed" if sealed else ".jpg",
    }  # fmt: skip
    assert found["keys"] == ([KEY.id] if sealed else [])
    text = invoke([*PERIOD, "-c", str(config)]).output
    assert "Kunjungan           : 2" in text
    assert ("TERBACA" in text) is not sealed
    assert not [secret for secret in SECRETS if secret in text + done.output]
    none = invoke(["breach", "--period", "2020-01-01..2020-12-31", "-c", str(config), "--json"])
    assert json.loads(none.output)["visits"] == []


def test_a_backup_is_listed_like_the_card(tmp_path: Path) -> None:
    """The same list, from the file alone; nothing of it stays in the temporary folder."""
    config = checkpoint(tmp_path)
    made = invoke(["backup", str(tmp_path / "b.tar.gz"), "-c", str(config)])
    assert made.exit_code == 0, made.output
    here = json.loads(invoke([*PERIOD, "-c", str(config), "--json"]).output)
    words = [*PERIOD, "-c", str(config), "--json", "--backup", str(tmp_path / "b.tar.gz")]
    there = json.loads(invoke(words).output)
    assert there["source"].startswith("b.tar.gz (")
    for one in (here, there):
        del one["source"]
        for file in one["files"]:
            del file["bytes"]  # a copied database is packed more tightly
    assert here == there


@pytest.mark.parametrize(
    "period", ["", "2026-01-01", "..", "2026-01-01..", "x..y", "2026-02-01..2026-01-01"]
)
def test_a_period_that_is_none_is_refused(tmp_path: Path, period: str) -> None:
    """In words, before anything is read."""
    done = invoke(["breach", "--period", period, "-c", str(config_file(tmp_path))])
    assert done.exit_code == 1
    assert "--period" in str(done.exception)


def test_the_report_needs_the_key_for_names(tmp_path: Path) -> None:
    """Without it the report with names is refused, and says how."""
    config, out = checkpoint(tmp_path), tmp_path / "r.csv"
    words = ["report", "-c", str(config), "--format", "csv", "--with-guestbook", "-o", str(out)]
    refused = invoke(words)
    assert refused.exit_code == 1
    assert "sealed to the office's key" in str(refused.exception)
    assert invoke([*words, "--key", str(key_file(tmp_path))]).exit_code == 0


def test_an_unsealed_book_is_exported_as_before(tmp_path: Path) -> None:
    """Without a key in the config nothing changes."""
    config, out = checkpoint(tmp_path, sealed=False), tmp_path / "x.csv"
    assert invoke(["guestbook", "export", "-c", str(config), "-o", str(out)]).exit_code == 0
    assert f"{NAME} 0" in out.read_text(encoding="utf-8-sig")
    assert (tmp_path / "data" / FILE).exists()
