"""The controls of the page do what they say: roles, time, line, power, alarms, contacts."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from playwright.sync_api import Browser, Page, expect

from edge.config.places import default_config_folder
from tests.longer import LONG, longer, slow
from tests.pages.chromium import chromium, needs_chromium, opened
from tests.pages.reach import problems
from tests.sim.page.screen import (
    act,
    ask_in,
    button,
    outcome,
    play_visit,
    running,
    simulation,
    visit_button,
    wait_for,
)

pytestmark = [slow, needs_chromium, pytest.mark.timeout(300)]

ROLES = ("reception", "officer-1", "officer-2", "officer-3", "aide", "guest")
_LONG_MS = 700


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a lobby with all that the page can use, at real time; its tests follow one another."""
    folder = tmp_path_factory.mktemp("lobby")
    with simulation(equipped(folder), folder / "run", "--speed", "1") as running_at:
        yield running_at


def equipped(folder: Path) -> Path:
    """Write the shipped config with a door and safety inputs on its free pins; return the file."""
    shipped = default_config_folder()
    raw = tomllib.loads((shipped / "gardu-modules.toml").read_text(encoding="utf-8"))
    raw["checkpoint"]["sop"] = str(shipped / "sop")
    raw["safety"] = {"fire": {"pin": 4}, "duress": {"pin": 25}}
    raw["doors"] = {
        "ruang": {"procedures": ["pimpinan"], "strike": {"pin": 21}, "contact": {"pin": 22}}
    }
    board = raw["lockers"]["boards"][0]
    board["lockers"] = "1"
    board["relays"]["pins"], board["doors"]["pins"] = "5", "17"
    raw["day"] = {"opens": "00:00"}
    raw["panels"]["reception"]["buttons"].append({"pin": 27, "press": "again", "hold": "day"})
    file = folder / "lobby.toml"
    file.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    """Start the browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(started: Browser, url: str) -> Iterator[Page]:
    """Open the page."""
    with opened(started, url) as page:
        running(page)
        yield page


def record(page: Page, kind: str, about: str = "") -> None:
    """Return once the central office's table has a record of *kind* about *about*."""
    row = page.locator("#records tbody tr", has_text=kind).filter(has_text=about)
    wait_for(page, row.count)


def seconds(page: Page) -> int:
    """Return the time of the office, seconds after midnight."""
    hours, minutes, rest = map(int, page.locator("#time").inner_text().split(":"))
    return hours * 3600 + minutes * 60 + rest


def test_time_is_paused_stepped_and_sped_up(page: Page) -> None:
    """Paused time stands still, a step moves it by exactly its length, a speed makes it pass."""
    page.click("#pause")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
    began = seconds(page)
    page.click("#step")
    wait_for(page, lambda: seconds(page) == began + 1)
    page.click("#step-minute")
    wait_for(page, lambda: seconds(page) == began + 61)
    page.wait_for_timeout(300)
    assert seconds(page) == began + 61
    page.keyboard.press("Escape")
    page.click("#pause")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")
    page.select_option("#speed", "60")
    wait_for(page, lambda: seconds(page) > began + 75)
    page.select_option("#speed", "1")


def test_a_long_press_is_the_held_meaning(page: Page) -> None:
    """A short press is refused, as no guest waits for it; a long one on the same button counts."""
    again = button(page, "reception", "Panggil lagi")
    heard = page.locator('[data-panel="reception"] .heard')
    again.click()
    expect(heard).to_have_text("Panggil lagi: Ditolak: dua bip · refused")
    again.click(delay=_LONG_MS)
    expect(heard).to_have_text("Buka / tutup layanan: Diterima: satu bip · accepted")
    record(page, "day.opened")
    again.focus()
    page.keyboard.press("Shift+Enter")
    record(page, "day.closed")
    again.click(delay=_LONG_MS)
    expect(page.locator("#records tbody tr", has_text="day.opened")).to_have_count(2)


@pytest.mark.parametrize(("alarm", "door"), [("fire", "door released"), ("duress", "door")])
def test_an_alarm_is_pulled_and_reset(page: Page, alarm: str, door: str) -> None:
    """An alarm is recorded, and its end; a fire releases the door meanwhile."""
    pulled = page.locator(f"[data-alarm={alarm}]")
    pulled.click()
    expect(pulled).to_have_attribute("aria-pressed", "true")
    record(page, "alarm.raised", alarm)
    expect(page.locator("[data-door]")).to_have_class(door)
    pulled.click()
    record(page, "alarm.cleared", alarm)
    expect(page.locator("[data-door]")).to_have_class("door")


def test_the_network_is_cut_and_comes_back(page: Page) -> None:
    """With the line cut records wait; restored, all of them arrive."""
    page.click("#network")
    expect(page.locator("#state")).to_contain_text("jaringan putus")
    before = page.locator("#records tbody tr").count()
    page.click("[data-alarm=fire]")
    page.wait_for_timeout(1000)
    assert page.locator("#records tbody tr").count() == before
    page.click("#network")
    expect(page.locator("#state")).to_have_text("")
    wait_for(page, lambda: page.locator("#records tbody tr").count() > before)
    page.click("[data-alarm=fire]")


def test_the_power_is_cut_and_comes_back(page: Page) -> None:
    """The daemon is killed, and starts again by itself."""
    page.click("#power")
    expect(page.locator("#state")).to_contain_text("gardu mati")
    expect(page.locator("#state")).to_have_text("", timeout=60_000)
    record(page, "daemon.restarted")


def test_metal_is_an_alarm_and_without_there_is_none(page: Page) -> None:
    """A walk with metal lights the detector; a walk without it does not."""
    arch = page.locator("[data-detector-at]").first
    page.evaluate(
        """() => { window.seen = [];
        new MutationObserver((all) => all.forEach((one) => seen.push(one.target.className.baseVal)))
          .observe(document.querySelector("[data-detector-at]"), { attributes: true }); }"""
    )
    page.click("[data-walk='']")
    page.wait_for_timeout(1500)
    assert not any("alarming" in one for one in page.evaluate("seen"))
    page.click("[data-walk=metal]")
    wait_for(page, lambda: any("alarming" in one for one in page.evaluate("seen")))
    expect(arch).to_have_class("detector")
    record(page, "alarm.raised", "metal-detector")


def test_a_contact_chatters_and_comes_to_rest(page: Page) -> None:
    """A door's contact opens and closes all the time: one fault is recorded, and its end."""
    page.click("summary")
    page.select_option("#chatter [name=contact]", "door/ruang")
    page.select_option("#speed", "10")
    page.click("#chatter button")
    record(page, "equipment.fault", "door/ruang")
    record(page, "equipment.restored", "door/ruang")
    page.select_option("#speed", "1")


def drag(page: Page, *, touch: bool) -> None:
    """Drag the first card to its reader, by mouse or by finger."""
    card, reader = page.locator("[data-card]").first, page.locator("[data-reader]").first
    card.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    boxes = [one.bounding_box() for one in (card, reader)]
    (x, y), (to_x, to_y) = [
        (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box
    ]
    if not touch:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(to_x, to_y, steps=5)
        page.mouse.up()
        return
    finger = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": at, "y": down} for at, down in points]},
        )

    send("touchStart", (x, y))
    page.wait_for_selector(".flying")
    for part in range(1, 6):
        send("touchMove", (x + (to_x - x) * part / 5, y + (to_y - y) * part / 5))
    send("touchEnd")


@pytest.mark.parametrize("touch", [False, True])
def test_a_card_is_dragged_to_its_reader(started: Browser, url: str, *, touch: bool) -> None:
    """A card that is dragged is held to the reader: no visit waits for it, so it is refused."""
    with opened(started, url, width=360 if touch else 1280, touch=touch) as page:
        running(page)
        drag(page, touch=touch)
        expect(page.locator("#hint")).to_have_text("Ditolak: dua bip · refused")
        assert page.locator(".flying").count() == 0
        assert page.locator("[data-card][aria-pressed=true]").count() == 0


def test_an_act_by_keyboard_alone(page: Page) -> None:
    """A card is chosen and held to its reader with the keyboard only."""
    page.locator("[data-card]").first.focus()
    page.keyboard.press("Enter")
    page.locator("[data-reader]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_have_text("Ditolak: dua bip · refused")


def test_nobody_plays(page: Page) -> None:
    """Without a role of one's own simulated people do all, and the guest is served."""
    page.select_option("#speed", "")
    ask_in(page, "pimpinan")
    visit = page.locator("#visits button").last
    wait_for(page, lambda: outcome(visit) == "completed")
    page.select_option("#speed", "1")


@pytest.mark.parametrize("width", [360, 1280])
def test_every_control_is_within_reach(started: Browser, url: str, width: int) -> None:
    """A finger, a keyboard and a screen reader can use the page at any width."""
    with opened(started, url, width=width) as page:
        running(page)
        page.click("summary")
        ask_in(page, "pimpinan")
        wait_for(page, page.locator("#guests .guest-chip").count)
        assert problems(page) == []


@longer
@pytest.mark.skipif(not LONG, reason="played by make soak")
@pytest.mark.parametrize("role", ROLES)
def test_one_role_is_played(started: Browser, role: str, tmp_path: Path) -> None:
    """Each role alone can be played; simulated people play the others."""
    with simulation("gardu.toml", tmp_path) as url, opened(started, url) as page:
        running(page)
        page.click(f"[data-role={role}]")
        expect(page.locator(f"[data-role={role}]")).to_have_attribute("aria-pressed", "true")
        acts = page.locator(".wanted")
        assert play_visit(page, 1, "pimpinan") == "completed"
        assert acts.count() == 0


@longer
@pytest.mark.skipif(not LONG, reason="played by make soak")
def test_the_players_back_is_followed(started: Browser, tmp_path: Path) -> None:
    """The player at the desk reverses a card, gives it once more, and the visit is completed."""
    with simulation("gardu-jatim.toml", tmp_path) as url, opened(started, url) as page:
        running(page)
        page.click("#all-roles")
        ask_in(page, "jatim")
        card = page.locator("#guests", has_text="Kartu")
        while not card.count():
            wait_for(page, page.locator(".wanted").count)
            act(page)
        button(page, "reception", "Selesai").click(delay=_LONG_MS)
        record(page, "visit.corrected")
        wait_for(page, lambda: not card.count())
        while not outcome(visit_button(page, 1)):
            wait_for(
                page, lambda: page.locator(".wanted").count() or outcome(visit_button(page, 1))
            )
            if page.locator(".wanted").count():
                act(page)
        assert outcome(visit_button(page, 1)) == "completed"
