"""The guest book's form: a guest is entered by a real daemon, and bad input keeps the form."""

import re
from collections.abc import Callable
from pathlib import Path

from edge.guestbook.guest_list import read
from tests.daemons import DaemonChild
from tests.desk.screen import Page, Screen
from tests.guests import NAME, ORGANISATION, PHONE, PURPOSE, SECRETS
from tests.longer import slow


def form(page: Page, **more: str) -> dict[str, str]:
    """Return the form of *page*, filled in."""
    return {
        "id": page.value("id"),
        "visit": page.value("visit"),
        "guest.name": NAME,
        "guest.organisation": ORGANISATION,
        "guest.purpose": PURPOSE,
        "guest.phone": PHONE,
        "guest.persons": "2",
        **more,
    }


def test_the_visit_that_waits_is_entered_and_shown(
    daemon: DaemonChild, tmp_path: Path, screen: Callable[..., Screen]
) -> None:
    """Details go through the daemon's own handler into its book; no log line has them."""
    at = screen()
    assert "Tidak ada tamu" in at.get("/guest-book").words
    daemon.open_visit()
    page = at.get("/guest-book")
    assert "Tamu no. Guest no. 1" in page.words
    done = at.post("/guest-book", form(page, **{"guest.id_kind": "ktp", "identity": "1"}))
    assert (done.status, done.path) == (200, "/")
    assert NAME in done.words
    assert "Perbaiki" in done.words
    (entry,) = read(tmp_path / "data")
    assert (entry.details.name, entry.details.persons) == (NAME, 2)
    assert (entry.details.id_kind, entry.visit) == ("ktp", page.value("visit"))
    assert daemon.stop() == 0
    assert not any(secret in "".join(daemon.log) for secret in SECRETS)


@slow
def test_the_same_form_sent_twice_is_entered_once(
    daemon: DaemonChild, tmp_path: Path, screen: Callable[..., Screen]
) -> None:
    """A second press, or a repeated request of the browser, changes nothing."""
    daemon.open_visit()
    at = screen()
    filled = form(at.get("/guest-book"))
    for _ in range(2):
        assert at.post("/guest-book", filled).status == 200
    assert len(read(tmp_path / "data")) == 1


def test_bad_input_names_the_field_and_keeps_the_form(
    daemon: DaemonChild, tmp_path: Path, screen: Callable[..., Screen]
) -> None:
    """Each refusal of the daemon stands at its field, and all entries are still there."""
    daemon.open_visit()
    at = screen()
    page = at.get("/guest-book")
    for field, bad, words in (
        ("guest.phone", "rumah", "Angka, spasi"),
        ("guest.persons", "banyak", "1 sampai 99"),
        ("guest.persons", "100", "1 sampai 99"),
        ("guest.purpose", "NIK 1506 0123 4567 8901", "nomor identitas"),
        ("guest.name", " ", "1 sampai 80"),
    ):
        page = at.post("/guest-book", form(page, **{field: bad}))
        assert page.status == 422
        wrong = re.search(rf'id="why-{field}">(.*?)</p>', page.text, re.DOTALL)
        assert wrong is not None, field
        assert words in wrong[1]
        kept = {key: page.value(key) for key in ("guest.name", "guest.organisation")}
        assert kept["guest.organisation"] == ORGANISATION
        assert field == "guest.name" or kept["guest.name"] == NAME
        assert page.value(field) == bad
    assert read(tmp_path / "data") == []
    assert at.post("/guest-book", form(page)).status == 200, "a corrected form has an id of its own"


@slow
def test_details_are_corrected(
    daemon: DaemonChild, tmp_path: Path, screen: Callable[..., Screen]
) -> None:
    """The form of a visit with details shows them all, and replaces them."""
    daemon.open_visit()
    at = screen()
    visit = at.get("/guest-book").value("visit")
    at.post("/guest-book", form(at.get("/guest-book")))
    page = at.get(f"/guest-book?visit={visit}")
    assert (page.value("guest.name"), page.value("guest.phone")) == (NAME, PHONE)
    changed = form(page, replace=page.value("replace"), **{"guest.name": "Siti Aminah"})
    assert at.post("/guest-book", changed).status == 200
    (entry,) = read(tmp_path / "data")
    assert entry.details.name == "Siti Aminah"


@slow
def test_a_visit_that_has_ended_is_said_so(
    daemon: DaemonChild, screen: Callable[..., Screen]
) -> None:
    """A form for a guest who has left meanwhile is refused in words."""
    daemon.open_visit()
    at = screen()
    page = at.get("/guest-book")
    daemon.decline_visit()
    refused = at.post("/guest-book", form(page))
    assert refused.status == 422
    assert "sudah selesai" in refused.words
