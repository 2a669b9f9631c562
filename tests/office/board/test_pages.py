"""The pages: what each of them shows of what two checkpoints have published."""

import html
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openpyxl
import pytest
from httpx import Client
from sqlalchemy import Engine

from edge.mqtt.messages import SEALED_STILL_TYPE
from edge.sealing.boxes import PrivateKeys, seal
from edge.sop.monthly_summary import Summary, Totals
from edge.sop.records import MonthlyReport, Record
from office.board.context import Context
from office.board.roles import Role
from office.database.following import add_breaks
from tests.office.board.lobbies import (
    ANNEX,
    AWAY,
    DONE,
    HOST,
    JPEG,
    LATE,
    LOBBY,
    NOW_MS,
    PLACE,
    STILL,
    WAITS,
    HandClock,
    store,
)
from tests.office.records import AT_MS, Stream, at
from tests.sealing.keys import KEY, KEYS, OTHER

SEALED = "01938f7e-1c3a-7c44-8000-0123456789ac"

LogIn = Callable[..., Client]


def words(client: Client, path: str) -> str:
    """Return the page at *path* without its markup."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_the_board_shows_first_what_needs_a_person(office: Engine, logged_in: LogIn) -> None:
    """Alarms, then what is offline and overdue, then the checkpoints; details are escaped."""
    client = logged_in()
    text = words(client, "/")
    order = ("Duress (silent)", "not acknowledged", "Checkpoints offline", "connection lost",
             "Penitipan", PLACE, "2 visits", "4 persons", "1 overdue")  # fmt: skip
    places = [text.find(one, text.find("Alarms")) for one in order]
    assert -1 not in places
    assert places[:5] == sorted(places[:5])
    assert "records missing" in text
    assert "<b>panel 2</b>" in text, "as text, not as markup"


@pytest.mark.parametrize(
    ("role", "query", "shown"),
    [
        (Role.DUTY_OFFICER, "", True),
        (Role.ADMINISTRATOR, "", True),
        (Role.DUTY_OFFICER, "?wall", False),
        (Role.ADMINISTRATOR, "?wall=", False),
        (Role.DESK, "", False),
        (Role.SECTION_HEAD, "", False),
    ],
)
def test_silent_alarms_are_for_those_who_act_on_them(
    office: Engine, logged_in: LogIn, role: Role, query: str, shown: bool
) -> None:
    """A duress alarm is not betrayed by a wall screen or a desk: neither by word nor by number."""
    client = logged_in(role)
    board, page = client.get(f"/{query}").text, client.get(f"/checkpoint/{ANNEX}{query}").text
    events = re.search(r'data-events="([^"]+)"', board)
    assert events is not None
    with client.stream("GET", events[1]) as answer:
        sent = next(part for part in answer.iter_text() if "data-alarms" in part)
    for text in (board, sent):
        assert ("Duress" in text, 'data-alarms="1"' in text, "panel 2" in text) == (shown,) * 3
        assert ("<b>1</b> alarm" in text) == shown, "the number at the checkpoint"
    assert ("Duress" in page, "panel 2" in page) == (shown,) * 2


def test_a_broken_chain_is_an_alarm(office: Engine, logged_in: LogIn, clock: HandClock) -> None:
    """Records that were changed are an alarm on every board for 30 days, and counted as one."""
    with office.begin() as connection:
        add_breaks(connection, [(1, 3, "chain"), (1, 4, "head")], NOW_MS)
    client = logged_in(Role.DESK)
    text = words(client, "/?wall")
    assert re.search(r"Alarms 1 .*Broken chain .*2 places · Examine it .*found", text)
    assert 'data-alarms="1"' in client.get("/").text
    clock.at_ms += 31 * 24 * 3600 * 1000
    later = logged_in(Role.DESK)
    assert "Examine it" not in words(later, "/")
    assert "Broken chain" in words(later, f"/checkpoint/{LOBBY}"), "there it stays"


def test_fire_comes_before_all_other_alarms(office: Engine, logged_in: LogIn) -> None:
    """A fire alarm is first, with its persons and the way to the evacuation list."""
    fire = {"since": "2026-11-21T03:51:00.000Z", "visits": 2, "persons": 4}
    store(office, Stream().live("state/alarm/fire", fire))
    client = logged_in()
    text = words(client, "/")
    assert text.index("4 persons inside") < text.index("Duress")
    assert 'href="/evacuation?site=setda"' in client.get("/").text


def test_the_stream_sends_the_board_and_ends_with_the_session(
    office: Engine, visitor: Client
) -> None:
    """Without a session the stream tells nothing but that."""
    assert visitor.get("/events").text == "event: ended\r\ndata: \r\n\r\n"


def test_an_online_checkpoint_without_health_is_silent(
    office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """A connection that stands, over which no health comes, is shown as such."""
    clock.at_ms += 400_000
    assert "no sign of life" in words(logged_in(), "/")


def test_a_checkpoint(office: Engine, logged_in: LogIn) -> None:
    """Its lobby by station, what it published, its health; another one's missing records."""
    client = logged_in()
    text = words(client, f"/checkpoint/{LOBBY}")
    for part in (PLACE, "Reception 1", "Officer 2 1", HOST, "3 persons", "aiphone/adc: no answer",
                 "not trusted", "Menunggu", "No record is missing", "1.2.3"):  # fmt: skip
        assert part in text, part
    text = words(client, f"/checkpoint/{ANNEX}")
    assert "2\N{EN DASH}2 missing since" in text
    assert "Duress" in text
    assert client.get("/checkpoint/setda/none").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {WAITS, LATE, DONE, AWAY, "visit-1"}),
        ("site=setda&checkpoint=setda/annex", {AWAY, "visit-1"}),
        ("site=other", set()),
        ("host=bupati&checkpoint=setda/lobi", {WAITS, LATE, DONE}),
        ("outcome=declined", {DONE}),
        ("outcome=open&checkpoint=setda/lobi", {WAITS, LATE}),
        ("procedure=none", set()),
        ("overdue=1", {LATE}),
        ("day=2026-11-21&checkpoint=setda/lobi", {WAITS, LATE, DONE}),
        ("day=2026-11-20", set()),
        ("text=VISIT-W", {WAITS}),
        ("text=%25", set()),
    ],
)
def test_the_search_of_visits(
    office: Engine, logged_in: LogIn, query: str, found: set[str]
) -> None:
    """Each filter leaves the visits that it describes."""
    page = logged_in().get(f"/visits?{query}").text
    assert set(re.findall(r'href="/visit/setda/[a-z]+/([^"]+)"', page)) == found


@pytest.mark.parametrize("query", ["day=yesterday", "before=x", "before=-1.a", f"before={2**70}.a"])
def test_what_cannot_be_read_is_answered(office: Engine, logged_in: LogIn, query: str) -> None:
    """A day or a place that is none gets a page that says so."""
    answer = logged_in().get(f"/visits?{query}")
    assert (answer.status_code, "cannot be read" in answer.text) == (422, True)


def test_pages_of_visits_have_each_visit_once(
    office: Engine, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to older visits leads through all of them."""
    monkeypatch.setattr("office.board.views.visits.PAGE_ROWS", 2)
    client, path, seen = logged_in(), "/visits", []
    while path:
        page = client.get(path).text
        seen += re.findall(r'href="/visit/setda/[a-z]+/([^"]+)"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = html.unescape(older[1]) if older else ""
    assert sorted(seen) == sorted({WAITS, LATE, DONE, AWAY, "visit-1"})


def test_a_visit(office: Engine, logged_in: LogIn) -> None:
    """Steps against their times with evidence, other records, stills with their digests."""
    client = logged_in()
    text = words(client, f"/visit/{LOBBY}/{DONE}")
    for part in (HOST, "Declined", "2 min / standard 3 min", "over 1 min", "aiphone answered",
                 "card \N{MULTIPLICATION SIGN}2",
                 "DIFFERS from the record", "Guest arrived"):  # fmt: skip
        assert part in text, part
    image = client.get(f"/still/{LOBBY}/{STILL}")
    assert (image.content, image.headers["content-type"]) == (JPEG, "image/jpeg")
    assert "private" in image.headers["cache-control"]
    for path in (f"/still/{ANNEX}/{STILL}", f"/still/{LOBBY}/x", f"/visit/{ANNEX}/{DONE}"):
        assert client.get(path).status_code == 404


def test_a_sealed_still_is_opened_only_with_its_key(
    office: Engine, context: Context, logged_in: LogIn
) -> None:
    """Without the key, or with another one, the page says that it is sealed."""
    box = seal(KEY, JPEG)
    sent = Stream().still(SEALED, box, type=SEALED_STILL_TYPE, correlationid=DONE)
    store(office, sent)
    client, path = logged_in(), f"/still/{LOBBY}/{SEALED}"
    page = client.get(f"/visit/{LOBBY}/{DONE}").text
    assert ">sealed</p>" in page
    assert SEALED not in page
    assert client.get(path).status_code == 403
    context.settings = context.settings._replace(still_keys=PrivateKeys([OTHER]))
    assert client.get(path).status_code == 403
    context.settings = context.settings._replace(still_keys=KEYS)
    assert client.get(path).content == JPEG
    assert SEALED in client.get(f"/visit/{LOBBY}/{DONE}").text


def test_stills_are_not_for_the_desk(office: Engine, logged_in: LogIn) -> None:
    """A role without the right sees neither the stills nor their addresses."""
    client = logged_in(Role.DESK)
    assert "/still/" not in client.get(f"/visit/{LOBBY}/{DONE}").text
    assert client.get(f"/still/{LOBBY}/{STILL}").status_code == 403


def test_the_evacuation_list(office: Engine, logged_in: LogIn) -> None:
    """Open visits by where they were last seen, with the moment and what is not certain."""
    client = logged_in()
    text = words(client, "/evacuation")
    for part in ("6 persons", "4 visits", "2026-11-21 11:01 (WIB)", "Officer 2 · in Penitipan",
                 "Reception · Penerimaan completed", "offline: who came or left"):  # fmt: skip
        assert part in text, part
    assert DONE not in client.get("/evacuation").text
    fire = {"since": "2026-11-21T03:51:00.000Z", "visits": 5, "persons": 9}
    store(office, Stream().live("state/alarm/fire", fire))
    text = words(client, "/evacuation")
    assert "The fire alarm stands: setda" in text
    assert "the fire alarm there has other figures: 9 persons, 5 visits" in text


def test_old_visits_are_doubted(office: Engine, logged_in: LogIn, clock: HandClock) -> None:
    """A visit that is open since yesterday was perhaps never closed."""
    clock.at_ms += 2 * 24 * 3600 * 1000
    assert "2 open for more than a day" in words(logged_in(), "/evacuation?site=setda")


def test_hosts_and_fleet(office: Engine, logged_in: LogIn, clock: HandClock) -> None:
    """Who receives no guests, and why; versions, clocks, devices, certificates that end."""
    client = logged_in()
    assert "Bupati ● Receives no guests host in a meeting" in words(client, "/hosts")
    text = words(client, "/fleet")
    for part in ("1.2.3", "not trusted", "aiphone/adc: no answer", "+2 records parked"):
        assert part in text, part
    assert re.search(r'class="bad">expires', client.get("/fleet").text)


def test_months(empty: Engine, logged_in: LogIn) -> None:
    """The newest revision of each checkpoint's month, the sum, and the workbook of one."""
    for checkpoint, visits in (("lobi", 7), ("annex", 5)):
        stream = Stream(checkpoint, f"stream-{checkpoint}")
        store(empty, *(stream.next(_report(number, visits + number)) for number in (1, 2)))
    client = logged_in()
    text = words(client, "/months")
    assert "November 2026" in text
    assert re.search(r"setda/annex 7 .* setda/lobi 9 .* Total 16", text)
    book = client.get("/months/setda/lobi/2026-11.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    assert "November 2026" in str(sheet["A1"].value)
    assert client.get("/months/setda/lobi/2026-10.xlsx").status_code == 404


def _report(revision: int, visits: int) -> Record:
    lists: dict[str, Any] = dict.fromkeys(
        ("days", "busiest", "procedures", "hosts", "outcomes", "steps", "alarms", "equipment"), ()
    )
    totals = Totals(visits=visits, persons=visits, steps_timed=4, steps_within=3)
    hours, week = (0,) * 24, ((0,) * 24,) * 7
    summary = Summary(
        month="2026-11", timezone="Asia/Jakarta", totals=totals, hours=hours, week=week, **lists
    )
    data = MonthlyReport(month="2026-11", revision=revision, summary=summary, clock_synced=True)
    return Record("gardu.report.monthly.v1", "report/2026-11", at(AT_MS), None, data)


@pytest.mark.parametrize("path", ["/", "/visits", "/evacuation", "/hosts", "/months", "/fleet"])
def test_an_empty_office_has_every_page(empty: Engine, logged_in: LogIn, path: str) -> None:
    """Before the first checkpoint reports, each page says so, in both languages."""
    for language in ("id", "en"):
        answer = logged_in(language=language).get(path)
        assert (answer.status_code, f'lang="{language}"' in answer.text) == (200, True)


def test_hostile_values_break_no_page(office: Engine, logged_in: LogIn) -> None:
    """Live values of another form leave every page readable: the checkpoint is shown without."""
    lobby = Stream()
    bad = {"place": 7, "devices": 3, "steps": "x", "hosts_away": 1, "certificate_ends": "never"}
    topics = ("meta", "health", "state/occupancy", "state/day", "state/alarm/duress")
    store(office, *(lobby.live(topic, bad) for topic in topics))
    client = logged_in()
    for path in ("/", f"/checkpoint/{LOBBY}", "/evacuation", "/hosts", "/fleet", "/visits"):
        assert client.get(path).status_code == 200, path


def test_many_screens_at_once(office: Engine, logged_in: LogIn) -> None:
    """More screens than the database has connections are all answered."""
    client = logged_in()
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: client.get("/visits").status_code, range(80)))
    assert set(answers) == {200}
