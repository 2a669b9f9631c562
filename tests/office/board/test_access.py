"""Who may open which page: log-in and its limits, sessions, roles, other origins."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client
from sqlalchemy import Engine, text

from office.board.application import VIEWS
from office.board.context import Context
from office.board.login import FREE
from office.board.passwords import hashed, matches, weakness
from office.board.roles import RIGHTS, Role
from office.board.sessions import COOKIE
from office.database import users
from pages.attempts import LOCKED_S
from tests.office.board.conftest import SESSION_S
from tests.office.board.lobbies import DONE, LOBBY, STILL, HandClock

PASSWORD = "a-Long-secret-7"
HASH = hashed(PASSWORD)
LogIn = Callable[..., Client]

PATHS = {
    "/": "/",
    "/checkpoint/{site}/{name}": f"/checkpoint/{LOBBY}",
    "/visits": "/visits",
    "/visit/{site}/{name}/{visit}": f"/visit/{LOBBY}/{DONE}",
    "/still/{site}/{name}/{still}": f"/still/{LOBBY}/{STILL}",
    "/evacuation": "/evacuation",
    "/hosts": "/hosts",
    "/months": "/months",
    "/months/{month}": "/months/2026-11.xlsx",
    "/months/{site}/{name}/{month}": "/months/setda/lobi/2026-11.xlsx",
    "/fleet": "/fleet",
}


@pytest.fixture
def user(empty: Engine) -> str:
    """A user with a password."""
    with empty.begin() as connection:
        users.set_password(connection, "desk", HASH, 1)
    return "desk"


def login(client: Client, name: str, password: str) -> Any:
    """Send the form of the log-in page."""
    fields = {"user": name, "password": password}
    return client.post("/login", data=fields, headers={"origin": str(client.base_url).rstrip("/")})


def test_without_a_session_every_page_leads_to_the_log_in(office: Engine, visitor: Client) -> None:
    """No page, and no path that does not exist, tells anything to a stranger."""
    assert set(PATHS) == set(VIEWS), "each page is tried"
    for path in (*PATHS.values(), "/none"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_pages_and_no_other(
    office: Engine, logged_in: LogIn, role: Role
) -> None:
    """The table of rights holds for every page; the tabs are those that can be opened."""
    client = logged_in(role)
    for path, view in VIEWS.items():
        may = view.right in RIGHTS[role]
        assert (client.get(PATHS[path]).status_code != 403) == may, path
    tabs = set(re.findall(r'<a href="(/[a-z]*)"[ >]', client.get("/").text))
    assert ("/fleet" in tabs) == ("fleet" in RIGHTS[role])


def test_the_right_password_opens_the_board(user: str, visitor: Client) -> None:
    """Name in any case; scripts and other sites cannot use the cookie."""
    answer = login(visitor, " Desk ", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict"))
    assert "secure" not in cookie, "no TLS here"
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("name", ["desk", "section-head", "no-such-user", "x\x00"])
def test_a_wrong_password_opens_nothing(user: str, visitor: Client, name: str) -> None:
    """Whether the name or the password is wrong is not told."""
    answer = login(visitor, name, "wrong password")
    assert answer.status_code == 403
    assert "kata sandi salah" in answer.text
    assert "set-cookie" not in answer.headers


def test_wrong_passwords_lock_the_user_out_for_a_while(
    user: str, visitor: Client, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a few wrong ones not even the right one is compared, until the time is over."""
    monkeypatch.setattr("office.board.passwords.matches", lambda _hash, given: given == PASSWORD)
    for _ in range(FREE["user"] - 1):
        assert login(visitor, user, "wrong password").status_code == 403
    assert login(visitor, user, "wrong password").status_code == 429
    assert login(visitor, user, PASSWORD).status_code == 429
    clock.at_ms += int(LOCKED_S * 1000) + 1
    assert login(visitor, user, PASSWORD).status_code == 303


def test_a_session_ends(logged_in: LogIn, empty: Engine, clock: HandClock) -> None:
    """After its time; when the password is changed; when the user is removed."""
    assert logged_in().get("/").status_code == 200
    clock.at_ms += int(SESSION_S * 1000)
    assert logged_in().get("/").status_code == 200, "a new one"
    clock.at_ms += int(SESSION_S * 1000)
    assert (client := logged_in(Role.DESK)).get("/").status_code == 200
    with empty.begin() as connection:
        users.set_password(connection, "desk", HASH, 2)
    assert client.get("/").status_code == 303
    assert (client := logged_in(Role.DESK)).get("/").status_code == 200
    with empty.begin() as connection:
        assert users.remove_user(connection, "desk")
    assert client.get("/").status_code == 303


def test_a_session_ends_in_time(logged_in: LogIn, clock: HandClock) -> None:
    """A session without a log-out is over after its time, and its row is deleted by the next."""
    client = logged_in()
    clock.at_ms += int(SESSION_S * 1000)
    assert client.get("/").status_code == 303


def test_log_out_needs_a_form_of_this_session(logged_in: LogIn, empty: Engine) -> None:
    """Another page can neither log a person out nor use a token of another session."""
    client = logged_in()
    assert client.post("/logout", data={"token": "x"}).status_code == 403
    foreign = client.post("/logout", headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/").text)
    assert found
    assert client.post("/logout", data={"token": found[1]}).headers["location"] == "/login"
    with empty.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 0


def test_the_cookie_is_not_in_the_database(logged_in: LogIn, empty: Engine) -> None:
    """Who reads the database cannot use a session that is in it."""
    cookie = logged_in().cookies[COOKIE]
    with empty.begin() as connection:
        (key,) = connection.scalars(text("SELECT key FROM sessions"))
    assert cookie.encode() not in key
    assert len(key) == 32


def test_a_user_has_a_bounded_number_of_sessions(context: Context, empty: Engine) -> None:
    """The oldest sessions end for new ones."""
    cookies = [context.gate.sessions.begin("desk", context.now_ms + n) for n in range(60)]
    with empty.begin() as connection:
        count = connection.scalar(text("SELECT count(*) FROM sessions"))
    assert count == users.MOST_SESSIONS
    assert context.gate.sessions.visitor(cookies[0], context.now_ms) is None
    assert context.gate.sessions.visitor(cookies[-1], context.now_ms) is not None


@pytest.mark.parametrize(
    ("then", "location"),
    [
        ("/visits?host=a", "/visits?host=a"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nset-cookie: b", "/"),
    ],
)
def test_the_language_is_chosen_and_leads_back(visitor: Client, then: str, location: str) -> None:
    """The switch leads to a page of this office only."""
    answer = visitor.get("/language", params={"to": "en", "then": then})
    assert answer.headers["location"] == location
    assert "Log in" in visitor.get("/login", headers={"accept-language": "id"}).text


def test_the_headers_protect_the_page(logged_in: LogIn) -> None:
    """No other host is asked, no page may frame this one, and no browser stores it."""
    headers = logged_in().get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_a_database_that_is_away_is_said(logged_in: LogIn, empty: Engine) -> None:
    """The page says that the database cannot be used, tries again, and works when it is back."""
    client = logged_in()
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE sessions RENAME TO elsewhere"))
    answer = client.get("/")
    assert (answer.status_code, "data-retry" in answer.text) == (503, True)
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO sessions"))
    assert client.get("/").status_code == 200


def test_passwords() -> None:
    """A hash knows its password and no other; weak ones are named as what they are."""
    assert matches(HASH, PASSWORD)
    assert not matches(HASH, PASSWORD.lower())
    assert not matches(None, "")
    assert not matches("no hash", PASSWORD)
    assert "10 to 200" in weakness("short", "budi")
    assert "different characters" in weakness("aaaaaaaaaaaa", "budi")
    assert "user's name" in weakness("Budi-12345678", "budi")
    assert weakness(PASSWORD, "budi") == ""
