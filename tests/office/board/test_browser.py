"""A real browser, keyboard only, at a phone's and a desk's width: log-in, a fire, its list."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from office.board.context import Context
from office.database import users
from tests.longer import slow
from tests.office.board.lobbies import DONE, LATE, LOBBY, store
from tests.office.board.test_access import HASH, PASSWORD
from tests.office.records import Stream
from tests.pages.chromium import browser, fits, has_focus, needs_chromium

WIDTHS = (360, 1280)
PATHS = (
    "/visits",
    f"/visit/{LOBBY}/{DONE}",
    f"/visit/{LOBBY}/{LATE}",
    f"/checkpoint/{LOBBY}",
    "/evacuation",
    "/hosts",
    "/months",
    "/fleet",
    "/none",
)

pytestmark = [slow, needs_chromium, pytest.mark.timeout(300)]


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a browser of that width; what it refuses of a page fails the test."""
    with browser(width=request.param, height=800, locale="en-US") as opened:
        yield opened


def test_the_duty_officers_work_without_a_mouse(
    office: Engine, context: Context, served: str, page: Page
) -> None:
    """A fire comes onto the open board by itself; no part of any page overflows."""
    with office.begin() as connection:
        users.set_password(connection, "duty-officer", HASH, 1)
        users.set_password(connection, "administrator", HASH, 1)
    _log_in(page, served, "duty-officer")
    expect(page.locator("#part-alarms")).to_contain_text("Duress")
    assert fits(page)
    lobby = Stream()
    fire = {"since": "2026-11-21T03:51:00.000Z", "visits": 2, "persons": 4}
    store(office, lobby.live("state/alarm/fire", fire))
    expect(page.locator(".alarm").first).to_contain_text("Fire")
    expect(page).to_have_title("(2!) Board \N{EN DASH} Gardu")
    assert fits(page)
    page.focus(".alarm.fire a.button")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Evacuation list")
    expect(page.locator(".muster.fire")).to_contain_text("Officer 2")
    expect(page.locator("[data-print]")).to_be_visible()
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator(".muster.fire table").is_visible()
    page.emulate_media(media="screen")
    store(office, lobby.live("state/alarm/fire", None))
    expect(page.locator(".muster.fire")).to_have_count(0)
    page.get_by_role("button", name="Log out").press("Enter")
    _log_in(page, served, "administrator")
    for path in PATHS:
        page.goto(served.rstrip("/") + path)
        assert fits(page), path
    page.goto(f"{served}?wall")
    assert fits(page)
    assert page.locator("nav").is_hidden()


def test_the_board_says_when_it_is_old(
    office: Engine, context: Context, served: str, page: Page
) -> None:
    """A board whose session has ended shows the log-in page; without a connection it says so."""
    with office.begin() as connection:
        users.set_password(connection, "desk", HASH, 1)
    _log_in(page, served, "desk")
    page.wait_for_selector("#part-figures")
    with office.begin() as connection:
        users.set_password(connection, "desk", HASH, 2)
    expect(page.locator("#password")).to_be_visible()


def _log_in(page: Page, url: str, name: str) -> None:
    page.goto(url)
    has_focus(page, "#user")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#board")
