"""The other pages against a real daemon: lobby, stream, hosts, closing, expected guests."""

import base64
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from edge.clock import Stamp
from edge.ed25519 import make_key
from edge.guestbook.book import GuestBook
from edge.guestbook.invitations import Guest, Invitation, write
from pages.server import Server
from tests.daemons import DaemonChild
from tests.desk.conftest import start_daemon
from tests.desk.screen import Screen
from tests.guests import NAME, ORGANISATION, raw_files
from tests.longer import slow

pytestmark = slow


def test_the_lobby_shows_the_visit(daemon: DaemonChild, screen: Callable[..., Screen]) -> None:
    """A guest who has come stands at the reception, with time, standard and the law's step."""
    at = screen()
    assert "Tidak ada tamu di dalam" in at.get("/").words
    daemon.open_visit()
    words = at.get("/").words
    assert re.search(r"Penerima Tamu reception 1 .*0 / \d+ menit", words)
    assert "Isi buku tamu" in words
    assert "Loker" in words
    assert "Isi buku tamu" not in screen("aide").get("/").words


def test_the_stream_shows_changes_as_they_come(
    daemon: DaemonChild, desk: Server, screen: Callable[..., Screen]
) -> None:
    """An open page learns of an arrival, and of its own log-out."""
    at = screen()
    (cookie,) = at.cookies
    asked = urllib.request.Request(
        f"{desk.url}events", headers={"cookie": f"{cookie.name}={cookie.value}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as stream:
        lines: Iterator[str] = (line.decode().strip() for line in stream)
        assert any("Tidak ada tamu" in line for line in lines)
        daemon.open_visit()
        assert any("Isi buku tamu" in line for line in lines)
        at.post("/logout", {})
        assert any(line == "event: ended" for line in lines)


def test_the_page_goes_on_while_the_daemon_is_away(
    config: Path, desk: Server, screen: Callable[..., Screen]
) -> None:
    """Before the daemon has started, and after it was killed, pages say so and forms are kept."""
    at = screen()
    assert "Gardu tidak menjawab" in at.get("/").words
    assert at.get("/availability").status == 503
    with start_daemon(config) as daemon:
        daemon.open_visit()
        page = at.get("/guest-book")
    sent = {"id": page.value("id"), "visit": page.value("visit"), "guest.name": NAME}
    kept = at.post("/guest-book", sent)
    assert kept.status == 503
    assert {name: kept.value(name) for name in sent} == sent
    assert "Gardu tidak menjawab" in at.get("/").words
    with start_daemon(config):
        assert at.post("/guest-book", {name: kept.value(name) for name in sent}).status == 200
        assert NAME in at.get("/").words


def test_a_host_is_away_and_receives_again(
    daemon: DaemonChild, screen: Callable[..., Screen]
) -> None:
    """Both roles announce it; a time that has passed is refused at its field, and kept."""
    aide, reception = screen("aide"), screen("reception")

    def announce(at: Screen, **fields: str) -> tuple[int, str]:
        page = at.get("/availability")
        form = {"id": page.value("id"), "host": "pimpinan", **fields}
        done = at.post("/availability", form)
        return done.status, done.text

    status, text = announce(aide, receiving="no", until="2020-01-01T10:00")
    assert status == 422
    assert 'value="2020-01-01T10:00"' in text
    assert "Waktu ini harus nanti" in text
    tomorrow = datetime.fromtimestamp(time.time() + 86_400).strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ006
    status, text = announce(aide, receiving="no", reason="host-out-of-town", until=tomorrow)
    assert status == 200
    assert "dinas luar" in text
    assert text.count("Tidak menerima tamu") == 1
    status, text = announce(reception, receiving="yes")
    assert (status, "Tidak menerima tamu" in text) == (200, False)
    status, text = announce(reception, receiving="no", reason="sakit-gigi")
    assert status == 422
    assert "Alasan ini tidak dikenal" in text


def test_closing_shows_what_is_out(daemon: DaemonChild, screen: Callable[..., Screen]) -> None:
    """An open visit is among what must come back, with its station; and nothing else."""
    at = screen()
    assert "Semua sudah kembali" in at.get("/closing").words
    daemon.open_visit()
    words = at.get("/closing").words
    assert "Kunjungan masih terbuka" in words
    assert "Hari layanan Office day 1" in words


class Invites:
    """An inviting desk: writes invitations that the config's checkpoint accepts."""

    def __init__(self) -> None:
        self._secret, public = make_key()
        self.public = base64.b64encode(public).decode()

    def text(self, number: int, guest: Guest, **change: object) -> str:
        """Return an invitation from now on."""
        now_ms = int(time.time()) * 1000
        plain = Invitation(
            id=f"0f8fad5b-d9cb-469f-a165-{number:012}",
            site="setda-tanjabbar",
            checkpoint="",
            procedure="pimpinan",
            not_before_ms=now_ms - 60_000,
            not_after_ms=now_ms + 3_600_000,
            guest=guest,
        )
        return write(msgspec.structs.replace(plain, **change), self._secret)


def test_expected_guests_are_listed_used_and_forgotten(
    config: Path, tmp_path: Path, screen: Callable[..., Screen]
) -> None:
    """Signed invitations only; the form takes their details over; expired ones leave the disk."""
    invites = Invites()
    text = config.read_text(encoding="utf-8")
    key = f'\n[invitations.keys]\nprotokol = "{invites.public}"\n'
    config.write_text(text + key, encoding="utf-8")
    good = invites.text(1, Guest(NAME, ORGANISATION, "Rapat", 3))
    forged = Invites().text(2, Guest("Orang Lain"))
    elsewhere = invites.text(3, Guest("Orang Lain"), site="kantor-lain")
    with start_daemon(config) as daemon:
        at = screen()
        assert "Tidak ada tamu yang ditunggu" in at.get("/expected").words
        page = at.post("/expected", {"invitations": f"{good}\n\n{forged}\n{elsewhere}\nhalo"})
        assert page.status == 422
        assert NAME in page.words
        for why in ("pengundang tidak dikenal", "untuk tempat lain", "bukan undangan"):
            assert why in page.words
        left = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
        assert left is not None
        assert left[1].split() == [forged, elsewhere, "halo"]
        assert at.post("/expected", {"invitations": good}).status == 200, "again is no error"
        assert at.get("/expected").text.count(NAME) == 1
        daemon.open_visit()
        found = re.search(r'href="(/guest-book\?expected=[^"]+)"', at.get("/expected").text)
        assert found is not None
        form = at.get(found[1])
        assert [form.value(f"guest.{key}") for key in ("name", "organisation", "persons")] == [
            NAME, ORGANISATION, "3",
        ]  # fmt: skip
        assert daemon.stop() == 0
    assert NAME.encode() in raw_files(tmp_path / "data")
    book = GuestBook(tmp_path / "data")
    later = _stamp(int(time.time() * 1e3) + 7_200_000)
    assert book.purge(0, later, "retention") == 0
    assert book.purges() != []
    book.close()
    assert NAME.encode() not in raw_files(tmp_path / "data")


def _stamp(wall_ms: int) -> Stamp:
    return Stamp(wall_ms * 1_000_000, wall_ms, synced=True, boot="later")
