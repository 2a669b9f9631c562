"""Makes the picture of the page for the README: ``python -m tests.sim.page.picture FILE.png``."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from tests.pages.chromium import browser
from tests.sim.page.screen import running, simulation

# Guests of the picture: procedure and intention.
_GUESTS = (("pimpinan", "normal"), ("eselon-2-3", "normal"), ("pimpinan", "alarm-then-clear"))


def picture(page: Page, file: Path) -> None:
    """Let some guests come, wait until they stand at several desks, and write the picture."""
    running(page)
    page.select_option("#speed", "60")
    for procedure, branch in _GUESTS:
        page.select_option("#invite [name=procedure]", procedure)
        page.select_option("#invite [name=branch]", branch)
        page.click("#invite button")
        page.wait_for_timeout(1500)
    expect(page.locator("#law tr.done").nth(2)).to_be_attached(timeout=60_000)
    page.click("#pause")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=file, clip={"x": 0, "y": 0, "width": 1280, "height": 1080}, full_page=True)


def main() -> None:
    """Make the picture that the command line names."""
    with (
        TemporaryDirectory() as folder,
        simulation("gardu.toml", Path(folder)) as url,
        browser(url) as page,
    ):
        picture(page, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
