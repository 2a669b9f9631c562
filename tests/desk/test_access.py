"""Who may open which page: PINs and their limits, sessions, roles, other origins."""

import re
import urllib.request
from collections.abc import Callable
from http.cookiejar import Cookie
from pathlib import Path

import pytest

from desk.context import Settings
from desk.login import FREE
from desk.pins import make_pin, write_pin
from desk.roles import Role
from pages.attempts import LOCKED_S
from pages.server import Server
from tests.daemons import DaemonChild
from tests.desk.conftest import AIDE_PIN, RECEPTION_PIN, SESSION_S, HandClock
from tests.desk.screen import PATIENCE_S, Screen
from tests.guests import NAME

PAGES = ("/", "/guest-book", "/expected", "/availability", "/closing")
WRONG = "111222"


def cookie(screen: Screen) -> Cookie:
    """Return the only cookie of *screen*."""
    (one,) = screen.cookies
    return one


def test_without_a_pin_no_page_is_shown(desk: Server) -> None:
    """Every page leads to the log-in, and so does the stream, which tells nothing."""
    at = Screen(desk.url)
    for path in PAGES:
        assert at.get(path).path == "/login"
    assert at.get("/events").text == "event: ended\r\ndata: \r\n\r\n"
    head = urllib.request.Request(f"{desk.url}login", method="HEAD")
    with urllib.request.urlopen(head, timeout=PATIENCE_S) as answer:
        assert answer.status == 200


def test_a_wrong_pin_opens_nothing_and_the_right_one_does(desk: Server) -> None:
    """Another role's PIN, none, or an unknown role is wrong; scripts cannot read the cookie."""
    at = Screen(desk.url)
    for role, pin in (("reception", AIDE_PIN), ("aide", ""), ("admin", RECEPTION_PIN)):
        page = at.login(role, pin)
        assert (page.status, "PIN salah" in page.words) == (403, True)
        assert not list(at.cookies)
    at.login("reception", RECEPTION_PIN)
    assert cookie(at).has_nonstandard_attr("HttpOnly")
    assert cookie(at).get_nonstandard_attr("SameSite") == "strict"
    assert not cookie(at).secure, "no TLS here"


def test_wrong_pins_lock_the_role_out_for_a_while(desk: Server, clock: HandClock) -> None:
    """After a few wrong PINs not even the right one is compared, until the time is over."""
    at = Screen(desk.url)
    for _ in range(FREE["address"] - 1):
        assert at.login("reception", WRONG).status == 403
    page = at.login("reception", WRONG)
    assert page.status == 429
    assert re.search(r"Coba lagi setelah \d+ s", page.words)
    assert at.login("reception", RECEPTION_PIN).status == 429
    clock.ahead_s += LOCKED_S
    assert at.login("reception", RECEPTION_PIN).path == "/"


def test_a_lock_leaves_screens_that_are_logged_in_alone(
    daemon: DaemonChild, desk: Server, screen: Callable[..., Screen]
) -> None:
    """Somebody who tries PINs cannot shut the reception out of its work."""
    at = screen()
    for _ in range(FREE["address"]):
        Screen(desk.url).login("reception", WRONG)
    assert at.get("/").path == "/"


@pytest.mark.parametrize("how", ["time", "pin", "removed", "logout"])
def test_a_session_ends(
    how: str, desk: Server, clock: HandClock, settings: Settings, screen: Callable[..., Screen]
) -> None:
    """After its time, with a new PIN, without one, and by logout, for every copy of its cookie."""
    at = screen()
    copied = Screen(desk.url)
    copied.cookies.set_cookie(cookie(at))
    if how == "time":
        clock.ahead_s += SESSION_S
    elif how == "logout":
        assert at.post("/logout", {}).path == "/login"
    else:
        pin = make_pin("273645") if how == "pin" else None
        write_pin(settings.pin_file, Role.RECEPTION, pin)
    for one in (at, copied):
        assert one.get("/").path == "/login"


def test_a_form_outlives_its_session(
    daemon: DaemonChild, clock: HandClock, screen: Callable[..., Screen]
) -> None:
    """A form that comes too late is shown again after the log-in, with all that was entered."""
    daemon.open_visit()
    at = screen()
    page = at.get("/guest-book")
    clock.ahead_s += SESSION_S
    sent = {"id": page.value("id"), "visit": page.value("visit"), "guest.name": NAME}
    late = at.post("/guest-book", sent)
    assert late.status == 401
    hidden = {name: late.value(name) for name in ("then", *(f"form:{field}" for field in sent))}
    again = at.post("/login", {**hidden, "role": "reception", "pin": RECEPTION_PIN})
    assert again.status == 200
    assert again.value("guest.name") == NAME
    assert "Perbaiki" not in at.get("/").words, "it was not sent yet"


def test_each_role_has_its_pages(daemon: DaemonChild, screen: Callable[..., Screen]) -> None:
    """The aide sees the lobby, the expected guests and the hosts; the reception everything."""
    statuses = {
        role: {path: screen(role).get(path).status for path in PAGES}
        for role in ("reception", "aide")
    }
    assert set(statuses["reception"].values()) == {200}
    assert statuses["aide"] == {
        "/": 200, "/guest-book": 403, "/expected": 200, "/availability": 200, "/closing": 403,
    }  # fmt: skip
    aide = screen("aide")
    for path in ("/guest-book", "/expected"):
        assert aide.post(path, {"invitations": "GARDU1:X"}).status == 403
    assert "<textarea" not in aide.get("/expected").text
    assert 'href="/closing"' not in aide.get("/").text


def test_another_origin_sends_no_form(daemon: DaemonChild, screen: Callable[..., Screen]) -> None:
    """A foreign page cannot use the screen that is logged in, nor log it in or out."""
    at = screen()
    away = {"host": "pimpinan", "receiving": "no", "id": "x"}
    for origin in ("http://evil.example", "null"):
        for path, fields in (("/availability", away), ("/logout", {}), ("/login", {})):
            assert at.post(path, fields, {"origin": origin}).status == 403
    assert at.get("/").path == "/"


def test_forms_that_no_page_sends(daemon: DaemonChild, screen: Callable[..., Screen]) -> None:
    """Too long a form, bytes that are no text, other methods: an answer in words."""
    at = screen()
    assert at.post("/guest-book", b"guest.name=" + b"x" * 40_000).status == 413
    assert at.post("/guest-book", b"&".join(b"a%d=1" % n for n in range(100))).status == 413
    assert at.post("/guest-book", b"guest.name=%ff%fe&visit=%00").status == 422
    assert at.post("/closing", {}).status == 405


def test_damaged_pins_are_said_in_words(settings: Settings, desk: Server, tmp_path: Path) -> None:
    """A file of PINs that cannot be read refuses every PIN, and says what to do."""
    settings.pin_file.write_text("{", encoding="utf-8")
    page = Screen(desk.url).login("reception", RECEPTION_PIN)
    assert page.status == 503
    assert "set the PINs again" in page.words
    settings.pin_file.unlink()
    assert "Belum ada PIN" in Screen(desk.url).get("/").words
