"""Debian's chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

# An upper limit; a passing test never waits so long.
_PATIENCE_MS = 60_000

CHROMIUM = shutil.which("chromium")

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="needs chromium (apt install chromium)"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, without a page."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def opened(
    started: Browser,
    url: str = "about:blank",
    *,
    width: int = 1280,
    height: int = 900,
    touch: bool = False,
    locale: str = "id-ID",
    trusting: bool = False,
) -> Iterator[Page]:
    """Open *url*; an error of its script, or a refused part, fails the test.

    :param trusting: accept a certificate of an authority that the browser does not know
    """
    errors: list[str] = []
    context = started.new_context(
        viewport={"width": width, "height": height},
        has_touch=touch,
        locale=locale,
        ignore_https_errors=trusting,
    )
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if _fails(said) else None)
    page.goto(url)
    yield page
    context.close()
    assert not errors


@contextmanager
def browser(
    url: str = "about:blank", *, width: int = 1280, height: int = 900, locale: str = "id-ID"
) -> Iterator[Page]:
    """Open *url* in a browser of its own."""
    with (
        chromium() as started,
        opened(started, url, width=width, height=height, locale=locale) as page,
    ):
        yield page


def loaded(page: Page) -> None:
    """Return once *page* has its styles and has run its scripts; its text is there earlier."""
    page.wait_for_load_state("load")


def fits(page: Page) -> bool:
    """Return True if nothing of the page lies beside the screen."""
    loaded(page)
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def has_focus(page: Page, selector: str) -> None:
    """Return once the part of *page* that *selector* names has the focus."""
    loaded(page)
    expect(page.locator(selector)).to_be_focused()


def _fails(said: ConsoleMessage) -> bool:
    """Return True for an error that is no answer to a form or an act."""
    return said.type == "error" and "status of 4" not in said.text
