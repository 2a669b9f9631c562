"""A real browser, keyboard only: log-in, a guest in the guest book, a host who is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from edge.guestbook.guest_list import read
from pages.server import Server
from tests.daemons import DaemonChild
from tests.desk.conftest import AIDE_PIN, RECEPTION_PIN
from tests.guests import NAME, ORGANISATION
from tests.longer import slow
from tests.pages.chromium import browser, fits, has_focus, loaded, needs_chromium
from tests.pages.reach import problems

WIDTHS = (360, 1280)
# The link at the visit that waits for its guest's details.
ENTER = "a.main[href^='/guest-book?visit=']"

pytestmark = [slow, needs_chromium, pytest.mark.timeout(300)]


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, desk: Server) -> Iterator[Page]:
    """Open the desk in a browser of that width."""
    with browser(desk.url, width=request.param) as page:
        yield page


def test_the_receptions_work_without_a_mouse(
    daemon: DaemonChild, page: Page, tmp_path: Path
) -> None:
    """The page learns of the guest by itself; a wrong field has the focus; no part overflows."""
    assert fits(page)
    has_focus(page, "#pin")
    page.keyboard.type(RECEPTION_PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Tidak ada tamu di dalam")
    daemon.open_visit()
    page.wait_for_selector(ENTER)
    assert fits(page)
    page.press(ENTER, "Enter")
    page.wait_for_selector("#guest-form")
    loaded(page)
    page.focus('[name="guest.name"]')
    for text in (NAME, ORGANISATION, "1506012345678901"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Tampaknya ini nomor identitas")
    has_focus(page, '[name="guest.purpose"]')
    assert page.input_value('[name="guest.name"]') == NAME
    assert fits(page)
    page.keyboard.press("Control+A")
    page.keyboard.type("Rapat")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"text={NAME}")
    (entry,) = read(tmp_path / "data")
    assert (entry.details.name, entry.details.purpose) == (NAME, "Rapat")

    page.click('nav a[href="/availability"]')
    page.select_option("#reason-pimpinan", "host-out-of-town")
    page.click("#host-pimpinan button[value=no]")
    page.wait_for_selector("#host-pimpinan >> text=Tidak menerima tamu")
    assert fits(page)
    page.click("text=Keluar")
    page.wait_for_selector("#pin")
    page.go_back()
    page.wait_for_selector("#pin", state="attached")
    assert NAME not in page.content()


@pytest.mark.parametrize(("role", "pin"), [("reception", RECEPTION_PIN), ("aide", AIDE_PIN)])
def test_every_page_is_within_reach(daemon: DaemonChild, page: Page, role: str, pin: str) -> None:
    """A finger, a keyboard and a screen reader can use each page of each role, at any width."""
    assert problems(page) == [], "the log-in page"
    daemon.open_visit()
    page.check(f"[name=role][value={role}]")
    page.fill("#pin", pin)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Penerima Tamu")
    tabs = [tab.get_attribute("href") or "" for tab in page.locator("body > nav a").all()]
    for tab in tabs:
        page.click(f'body > nav a[href="{tab}"]')
        page.wait_for_selector(f'body > nav a[href="{tab}"][aria-current=page]')
        assert problems(page) == [], tab
