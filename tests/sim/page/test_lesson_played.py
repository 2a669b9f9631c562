"""Lessons played from their start to their score, in a browser and without one."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sim.page.lesson import load, names
from tests.longer import LONG, longer, slow
from tests.pages.chromium import browser, needs_chromium
from tests.sim.page.learner import HastyLearner, learner
from tests.sim.page.screen import act, running, simulation, wait_for

pytestmark = [slow, pytest.mark.timeout(900)]

soaked = pytest.mark.skipif(not LONG, reason="played by make soak")

_SHORT = """
roles = ["officer-3"]
[title]
id = "Dua tamu"
en = "Two guests"
[[guest]]
procedure = "pimpinan"
branch = "alarm-then-clear"
id = "Alarm: tekan Alarm ditanggapi."
en = "An alarm: note it."
[[guest]]
procedure = "pimpinan"
branch = "refused"
id = "Sendiri: tolak tamu ini."
en = "Alone: refuse this guest."
alone = true
"""
_CARD = """
roles = ["reception"]
[title]
id = "Satu tamu"
en = "One guest"
[[guest]]
procedure = "pimpinan"
id = "Tempelkan kartu."
en = "Hold the card to the reader."
"""
_SCORES = ("guests", "right", "wrong_presses", "overdue", "told_politely")


def play_lesson(page: Page, guests: int) -> dict[str, str]:
    """Do what the page shows until the lesson is over; return the score that it shows."""
    over = page.locator("#lesson-place", has_text="Selesai")
    count = page.locator("[data-score=guests]")
    while True:
        wait_for(page, lambda: over.count() or page.locator(".wanted, #help:not(:checked)").count())
        if over.count():
            break
        if not page.locator("#help").is_checked():
            page.check("#help")  # the learner asks for help
        elif page.locator(".wanted").count():
            act(page)
    expect(count).to_have_text(str(guests))
    return {name: page.locator(f"[data-score={name}]").inner_text() for name in _SCORES}


@needs_chromium
def test_a_lesson_is_played_in_the_browser(tmp_path: Path) -> None:
    """A learner who does what is shown is through, and reads a full score."""
    file = tmp_path / "short.toml"
    file.write_text(_SHORT, encoding="utf-8")
    with (
        simulation("gardu.toml", tmp_path / "run", "--lesson", str(file)) as url,
        browser(url) as page,
    ):
        running(page)
        expect(page.locator("#lesson-title")).to_have_text("Dua tamu")
        assert play_lesson(page, 2) == {
            "guests": "2", "right": "2", "wrong_presses": "0", "overdue": "0",
            "told_politely": "1 / 1",
        }  # fmt: skip


def test_a_card_that_is_held_twice_counts_as_the_record_shows(tmp_path: Path) -> None:
    """A hasty learner is right too: the checkpoint accepts the card again, as evidence."""
    file = tmp_path / "card.toml"
    file.write_text(_CARD, encoding="utf-8")
    with (
        simulation("gardu.toml", tmp_path / "run", "--lesson", str(file)) as url,
        learner(url, HastyLearner) as one,
    ):
        score = one.play()
    assert (score["right"], score["wrong_presses"]) == (1, 0)


@longer
@soaked
@needs_chromium
def test_a_whole_lesson_is_played_in_the_browser(tmp_path: Path) -> None:
    """The same with the ten guests of the lesson for reception."""
    with (
        simulation("gardu.toml", tmp_path, "--lesson", "reception") as url,
        browser(url) as page,
    ):
        running(page)
        score = play_lesson(page, 10)
        assert (score["right"], score["wrong_presses"]) == ("10", "0")


@longer
@soaked
@pytest.mark.parametrize("name", names())
def test_every_lesson_has_a_full_score(name: str, tmp_path: Path) -> None:
    """A learner who does everything right has all ten guests right, and no step overdue."""
    with simulation("gardu.toml", tmp_path, "--lesson", name) as url, learner(url) as one:
        score = one.play()
    guests = len(load(name).guest)
    assert score["guests"] == score["right"] == guests
    assert score["wrong_presses"] == score["overdue"] == 0
    assert score["told_politely"] == score["turned_away"]
