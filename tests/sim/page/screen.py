"""The lobby's page in a real browser: how a test starts it, and does what a person sees."""

import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from edge.config.places import default_config_folder

GARDU = Path(sys.executable).with_name("gardu")

# The act on the page that the next one is for, and the most acts of one visit.
_NEXT = ".wanted"
_CLICKS = 120
_HELD_MS = 700


@contextmanager
def simulation(config: str | Path, folder: Path, *more: str) -> Iterator[str]:
    """Run ``gardu sim --page`` on *config* (a file, or one of Gardu's); return its address.

    Its speed is max, unless *more* options say otherwise.
    """
    file = default_config_folder() / config
    speed = () if "--speed" in more or "--lesson" in more else ("--speed", "max")
    command = [
        str(GARDU), "sim", "--page", "--seed", "5", "--config", str(file), "--data", str(folder),
        *speed, *more,
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield address(process)
        finally:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert "Traceback" not in said, said


def address(process: subprocess.Popen[str]) -> str:
    """Return the address that *process* prints, within a minute."""
    assert process.stderr is not None
    said = ""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([process.stderr], [], [], 1)[0]:
            line = process.stderr.readline()
            if found := re.search(r"http://\S+", line):
                return found[0]
            if not line:
                break  # it has ended
            said += line
    raise AssertionError(said)


def running(page: Page) -> None:
    """Return once *page* shows the lobby."""
    expect(page.locator("#time")).not_to_have_text("--:--:--", timeout=60_000)
    expect(page.locator("#state")).to_have_text("", timeout=60_000)


def play_everybody(page: Page) -> None:
    """Take all roles."""
    page.click("#all-roles")
    for role in page.locator("[data-role]").all():
        expect(role).to_have_attribute("aria-pressed", "true")


def ask_in(page: Page, procedure: str, branch: str = "normal") -> None:
    """Let a guest of *procedure* come."""
    page.select_option("#invite [name=procedure]", procedure)
    page.select_option("#invite [name=branch]", branch)
    page.click("#invite button")


def play_visit(page: Page, number: int, procedure: str, branch: str = "normal") -> str:
    """Let a guest come and act for everybody; return the outcome of the visit *number*."""
    ask_in(page, procedure, branch)
    visit = visit_button(page, number)
    for _ in range(_CLICKS):
        wait_for(page, lambda: page.locator(_NEXT).count() or outcome(visit))
        if ended := outcome(visit):
            return ended
        act(page)
    raise AssertionError(page.locator("#guests").inner_text())


def act(page: Page) -> None:
    """Do the act that the page marks, and wait until it shows something else."""
    before = shown(page)
    one = page.locator(_NEXT).first
    held = "wanted-held" in (one.get_attribute("class") or "")
    one.click(delay=_HELD_MS if held else 0)
    wait_for(page, partial(differs, page, before))


def shown(page: Page) -> tuple[str, list[str]]:
    """Return what tells a person that an act has had an effect."""
    chosen = page.locator("[data-card][aria-pressed=true]").all_inner_texts()
    return page.locator("#guests").inner_text(), chosen


def differs(page: Page, before: tuple[str, list[str]]) -> bool:
    """Return True if the page shows something else than *before*."""
    return shown(page) != before


def visit_button(page: Page, number: int) -> Locator:
    """Return the button that shows the visit *number*."""
    return page.locator(f"#visits button:has-text('#{number} ')")


def outcome(visit: Locator) -> str:
    """Return the outcome that the page shows of *visit*; "" while it is open."""
    words = visit.inner_text() if visit.count() else ""
    return words.rpartition("·")[2].strip() if "·" in words else ""


def button(page: Page, panel: str, words: str) -> Locator:
    """Return the button of *panel* with *words* on it."""
    return page.locator(f'[data-panel="{panel}"] [data-button][data-press="{words}"]')


def wait_for(page: Page, true: Callable[[], object]) -> None:
    """Return once ``true()``; AssertionError with what the page shows after a minute without."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, page.locator("main").inner_text()
        page.wait_for_timeout(20)
