"""The page end to end: over TLS, on both databases, at a phone's width and on a wall screen."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from office.board.application import board_application
from office.board.context import Context, Settings
from office.board.roles import Role
from office.config import DatabaseSection
from office.database.availability import newest_requests
from office.database.reading import make_reading_engine
from office.database.users import UserRow, add_user
from pages.server import Certificate, Server
from tests.certificates import Authority
from tests.longer import slow
from tests.office.board.lobbies import LOBBY, META, HandClock, fill, store
from tests.office.board.months import report, summary
from tests.office.board.test_access import HASH, PASSWORD
from tests.office.records import Stream
from tests.pages.chromium import chromium, fits, needs_chromium, opened

PHONE, WALL = (360, 740), (1920, 1080)

pytestmark = [slow, needs_chromium, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    """A browser, for all tests of this module."""
    with chromium() as made:
        yield made


@pytest.fixture
def served(
    engine: Engine, database: DatabaseSection, tmp_path: Path
) -> Iterator[tuple[str, Authority]]:
    """The address of the page over TLS, on a filled database; and the authority of it."""
    lobby, _annex = fill(engine)
    reasons = {"host-in-meeting": {"id": "a", "en": "b", "hosts": {"bupati": {}}}}
    store(engine, lobby.live("meta", META | {"reasons": reasons}), lobby.next(report(summary(7))))
    with engine.begin() as connection:
        add_user(connection, UserRow("administrator", Role.ADMINISTRATOR, HASH, 0))
    authority = Authority(tmp_path)
    certificate, key = authority.issue("page")
    reader = make_reading_engine(database)
    settings = Settings(ZoneInfo("Asia/Jakarta"), 3600.0, tls=True)
    context = Context(reader, engine, settings, HandClock())
    with Server(
        board_application(context), certificate=Certificate(str(certificate), str(key))
    ) as running:
        yield running.url, authority
    reader.dispose()


def test_the_work_of_a_day_over_tls(
    served: tuple[str, Authority], started: Browser, engine: Engine
) -> None:
    """Log-in, board, a host set, months with charts, wall: all fits, and no other host is asked."""
    url, authority = served
    trusting = ssl.create_default_context(cafile=str(authority.ca_file))
    answer = httpx.get(url, verify=trusting, follow_redirects=True, timeout=60)
    assert (answer.url.scheme, answer.status_code) == ("https", 200)
    asked: set[str] = set()
    with opened(started, width=PHONE[0], height=PHONE[1], trusting=True) as page:
        page.on("request", lambda one: asked.add(one.url))
        _log_in(page, url)
        (cookie,) = (one for one in page.context.cookies() if one["name"] == "gardu-office")
        assert (cookie["secure"], cookie["httpOnly"]) == (True, True)
        expect(page.locator("#part-alarms")).to_contain_text("Tombol darurat")
        assert fits(page)
        _set_host(page, url)
        page.goto(f"{url}months")
        expect(page.locator(".chart svg")).to_have_count(3)
        assert fits(page)
        for path in ("visits", "evacuation", "fleet", f"checkpoint/{LOBBY}"):
            page.goto(url + path)
            assert fits(page), path
        page.set_viewport_size({"width": WALL[0], "height": WALL[1]})
        page.goto(f"{url}?wall")
        expect(page.locator("#part-checkpoints .card")).to_have_count(2)
        expect(page.locator("#part-alarms")).not_to_contain_text("Tombol darurat")
        assert fits(page)
        # It changes by itself, over TLS too.
        fire = {"since": "2026-11-21T03:51:00.000Z", "visits": 2, "persons": 4}
        store(engine, Stream().live("state/alarm/fire", fire))
        expect(page.locator(".alarm.fire")).to_be_visible()
    assert {one for one in asked if not one.startswith(url)} == set()
    with engine.begin() as connection:
        (request,) = newest_requests(connection, [LOBBY])
    assert (request.host, request.receiving, request.user) == ("bupati", False, "administrator")
    assert (request.reason, request.until_ms) == ("host-in-meeting", None)


def _log_in(page: Page, url: str) -> None:
    page.goto(url)
    page.fill("#user", "administrator")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("#board")


def _set_host(page: Page, url: str) -> None:
    """Set a host to be away, with the keyboard; a wrong end is refused at its field first."""
    page.goto(f"{url}hosts")
    page.locator("summary").first.press("Enter")
    page.select_option("select[name=reason]", "host-in-meeting")
    page.fill("input[name=until]", "2020-01-01T10:00")
    page.locator("button[value=no]").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Batas waktu")).to_be_visible()
    expect(page.locator("select[name=reason]")).to_have_value("host-in-meeting")
    assert fits(page)
    page.fill("input[name=until]", "")
    page.locator("button[value=no]").press("Enter")
    expect(page.locator(".set")).to_contain_text("sedang dikirim")
    assert fits(page)
