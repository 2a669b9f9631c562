"""The months of several checkpoints: what is added and what is not, charts, and workbooks."""

import html
import io
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import openpyxl
import pytest
from httpx import Client
from sqlalchemy import Engine

from edge.sop.monthly_summary import DayCount
from office.board.combined import combined, is_sound
from office.board.views.months import _MOST_COMPARED
from tests.office.board.lobbies import META, store
from tests.office.board.months import report, summary
from tests.office.board.test_pages import words
from tests.office.records import Stream

LogIn = Callable[..., Client]
PICTURE = re.compile(r"<svg .*?</svg>", re.DOTALL)


@pytest.fixture
def site(empty: Engine) -> Engine:
    """A site with two checkpoints, each with its month; the lobby has a hostile name."""
    for name, visits in (("lobi", 4), ("annex", 2)):
        stream = Stream(name, f"stream-{name}")
        place = "Lobi <b>utama</b> & samping" if name == "lobi" else "Gedung B"
        store(empty, stream.live("meta", META | {"place": place}))
        store(empty, stream.next(report(summary(visits))))
    return empty


def test_one_month_is_as_it_was_published() -> None:
    """A single checkpoint's month is not changed."""
    one = summary(4)
    assert combined([("Lobi", one)]) is one


def test_counts_are_added_and_medians_are_not() -> None:
    """The sum of two months has all their counts, and no median of medians."""
    both = combined([("Lobi", summary(4)), ("Gedung B", summary(2, median_s=300.0))])
    assert (both.totals.visits, both.totals.persons, both.totals.steps_within) == (12, 18, 6)
    assert both.totals.duration_median_s is None
    assert [(day.day, day.visits) for day in both.days] == [("2026-11-02", 6), ("2026-11-03", 6)]
    assert (both.hours[8], both.week[1][8], sum(both.hours)) == (12, 12, 12)
    (procedure,) = both.procedures
    assert (procedure.visits, procedure.duration_p95_s) == (12, None)
    assert [(one.reason, one.visits) for one in both.outcomes] == [(None, 2), ("no-answer", 4)]
    assert [(one.host, one.visits) for one in both.hosts] == [("bupati", 6)]
    (alarm,) = both.alarms
    assert (alarm.raised, alarm.median_s, alarm.longest_s, alarm.total_s) == (2, None, 300, 400)
    assert {one.device for one in both.equipment} == {"Lobi: lockers", "Gedung B: lockers"}
    assert both.left_out == {"steps": 2}


def test_steps_of_several_checkpoints_stand_side_by_side() -> None:
    """The same step of each checkpoint is a row of its own, in the order of the procedure."""
    both = combined([("Lobi", summary(4)), ("Gedung B", summary(2, median_s=300.0))])
    assert [(row.step, row.median_s) for row in both.steps] == [
        ("penerimaan · Lobi", 100),
        ("penerimaan · Gedung B", 300),
        ("penitipan · Lobi", 200),
        ("penitipan · Gedung B", 600),
    ]


def test_the_page_has_charts(site: Engine, logged_in: LogIn) -> None:
    """Days, hours and steps as drawings that are well-formed, escaped, and have a name."""
    client = logged_in()
    page = client.get("/months").text
    pictures = PICTURE.findall(page)
    assert len(pictures) == 3
    for picture in pictures:
        root = ET.fromstring(picture)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert "style=" not in picture, "the policy of the page forbids it"
    days, _hours, steps = (html.unescape(re.sub("<[^>]+>", " ", one)) for one in pictures)
    assert re.findall(r"\d+", days) == ["6", "2", "6", "3"]
    assert "1. penerimaan · Gedung B" in steps
    assert "1. penerimaan · Lobi <b>utama</b> & samping" in steps
    assert "<b>utama" not in page
    assert "6:40 / 3:00" in steps


def test_a_site_and_a_checkpoint_are_chosen(site: Engine, logged_in: LogIn) -> None:
    """The choice holds for table, charts and workbook; one without a month says so."""
    other = Stream("lobi", "third")
    other.source, other.base = "/gardu/dinas/lobi", "gardu/v1/dinas/lobi"
    store(site, other.next(report(summary(50))))
    client = logged_in()
    assert "Total 112" in words(client, "/months")
    assert "Total 12" in words(client, "/months?site=setda")
    assert "Total 4" in words(client, "/months?checkpoint=setda/annex")
    assert "No monthly report yet" in words(client, "/months?site=none")
    assert "No monthly report yet" in words(client, "/months?month=2025-01")
    book = client.get("/months/2026-11.xlsx?site=setda")
    assert book.headers["content-disposition"] == 'attachment; filename="setda-2026-11.xlsx"'
    sheets = openpyxl.load_workbook(io.BytesIO(book.content))
    rows = [[cell.value for cell in row] for row in sheets["Checkpoints"].iter_rows(max_col=2)]
    assert rows[1:] == [["Gedung B", 4], ["Lobi <b>utama</b> & samping", 8]]
    assert "Times of the steps" in sheets.sheetnames
    assert client.get("/months/2026-11.xlsx?site=none").status_code == 404
    assert client.get("/months/2026-10.xlsx").status_code == 404


@pytest.mark.parametrize("month", ["x", "2026-13", "2026-00", "2026-1", "2026-11-01"])
def test_what_is_no_month(site: Engine, logged_in: LogIn, month: str) -> None:
    """A month that is none is answered as such."""
    answer = logged_in().get(f"/months?month={month}")
    assert (answer.status_code, "cannot be read" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "changed",
    [
        {"month": "x"},
        {"month": "2026-13"},
        {"hours": (1, 2)},
        {"week": ()},
        {"week": ((0,) * 23,) * 7},
        {"days": (DayCount(day="2026-11-x", visits=1, persons=1, closed=1),)},
    ],
)
def test_a_forged_month_breaks_no_page(
    site: Engine, logged_in: LogIn, changed: dict[str, Any]
) -> None:
    """A published month of another form is left out, and those of the others are shown."""
    forged = msgspec.structs.replace(summary(1), **changed)
    assert not is_sound(forged)
    assert is_sound(summary(1))
    store(site, Stream("forger", "forged").next(report(forged)))
    assert "Total 12" in words(logged_in(), "/months")


def test_too_many_checkpoints_are_not_compared(empty: Engine, logged_in: LogIn) -> None:
    """Beyond some checkpoints the page asks for a choice, and the sums stay."""
    for number in range(_MOST_COMPARED + 1):
        stream = Stream(f"lobi-{number}", f"stream-{number}")
        store(empty, stream.next(report(summary(1))))
    client = logged_in()
    page = client.get("/months").text
    assert len(PICTURE.findall(page)) == 2
    assert "choose a site with six checkpoints" in page
    assert len(PICTURE.findall(client.get("/months?checkpoint=setda/lobi-1").text)) == 3
