"""Values by request: to which visit they go, what is refused, and what is stored where."""

import json
import uuid
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import iso
from edge.config.sections.guests import GuestBookSection as Section
from edge.guestbook.book import FILE
from edge.guestbook.guest_list import as_csv, read
from edge.mqtt import requests
from edge.mqtt.inbox import FILTERS
from edge.mqtt.open_visits import OpenVisit, open_visits
from edge.mqtt.request_handler import BOOK
from edge.mqtt.requests import Answer, RequestRefused
from edge.sop.events import DeviceFailed, InputRefused, ValueEntered
from tests.guests import NAME, NOW_MS, VISITS, Office, raw_files, register
from tests.mqtt.test_request_handler import ask, at_desk
from tests.sop.data_centre import PROCEDURE, DataCentre

PLATE = "BH 1506 XY"


def values(at_ms: int = NOW_MS, **change: Any) -> dict[str, Any]:
    """Return a request to enter values, with another id each time."""
    asked = {"id": str(uuid.uuid4()), "time": iso(at_ms), "values": {"plate": PLATE, "items": 2}}
    return {**asked, **change}


def visit(number: int = 1, station: str = "reception", *entered: str) -> OpenVisit:
    """Return an open visit of the data centre."""
    name = PROCEDURE.id
    return OpenVisit(
        VISITS[number], number, name, station, (), PROCEDURE.values, frozenset(entered)
    )


async def enter(office: Office, what: dict[str, Any], *, retained: bool = False) -> Answer:
    """Send *what* to the request handler; return its answer."""
    return await ask(office, what, "cmd/values", retained=retained)


def told(office: Office) -> list[tuple[str, str, object]]:
    """Return what the core was told."""
    return [(one.visit, one.value, one.entered) for one in office.of(ValueEntered)]


def test_personal_values_go_to_the_guest_book_and_all_to_the_core(tmp_path: Path) -> None:
    """The number plate is on the disk before the answer; the number of items is not in the book."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        answer = await enter(office, values())
        assert (answer.ok, answer.visit, answer.procedure) == (True, VISITS[1], PROCEDURE.id)
        assert told(office) == [(VISITS[1], "plate", PLATE), (VISITS[1], "items", 2.0)]
        entry = office.book.entry(VISITS[1])
        assert entry is not None
        assert entry.values == {"plate": PLATE}

    at_desk(tmp_path, scenario)


def test_the_same_request_again_is_carried_out_once(tmp_path: Path) -> None:
    """The broker sends it again: the same answer, and the core is told once."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        asked = values()
        answers = [await enter(office, asked) for _ in range(3)]
        assert answers[0].ok
        assert answers[1:] == answers[:1] * 2
        assert len(told(office)) == 2

    at_desk(tmp_path, scenario)


def test_a_request_that_was_on_the_disk_at_a_kill_reaches_the_core(tmp_path: Path) -> None:
    """Stored before the kill, and asked again after it: for the same visit, though it is old."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        asked = values()
        assert (await enter(office, asked)).ok
        office.events.clear()
        office.desk = office.desk_for(lambda make: office.events.append(make(office.clock.now())))
        office.clock.ms += 3_600_000
        office.open_visits = [visit(2), visit()]
        assert (await enter(office, asked)).visit == VISITS[1]
        assert told(office) == [(VISITS[1], "plate", PLATE), (VISITS[1], "items", 2.0)]
        assert (await enter(office, values())).word == "too old"

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize(
    ("change", "word", "why"),
    [
        ({"values": {"plates": "x"}}, "unknown value",
         ("no value plates there (did you mean plate?); allowed: category, items, plate, "
         "temperature")),
        ({"values": {"items": 21}}, "value not allowed",
         "items is outside its range; allowed: a number from 0 up to 20"),
        ({"values": {"items": "two"}}, "value not allowed",
         "items is no number; allowed: a number from 0 up to 20"),
        ({"values": {"category": "guest"}}, "value not allowed",
         "category is not one of its choices; allowed: vendor, auditor, officer"),
        ({"values": {"plate": "x" * 81}}, "value not allowed",
         "plate is no such text; allowed: 1 to 80 characters in one line"),
        ({"values": {"plate": "NIK 1571020304050607"}}, "identity number",
         "a text holds what looks like an identity number"),
        ({"values": {"plate": 1571020304050607}}, "identity number",
         "a text holds what looks like an identity number"),
        ({"visit": VISITS[4]}, "no such visit", "no open visit has that id"),
        ({"procedure": "pimpinan"}, "no visit waits", "no visit is at the desk"),
        ({"time": iso(NOW_MS - 400_000)}, "too old", "it is 400 s old; allowed: 300 s"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_a_refusal_says_what_is_allowed_and_enters_nothing(
    tmp_path: Path, change: dict[str, Any], word: str, why: str, *, named: bool
) -> None:
    """One value that is not allowed refuses the whole request, also by the visit's id."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        by = {"visit": VISITS[1]} if named else {}
        if change == {"procedure": "pimpinan"} and named:
            return
        answer = await enter(office, values(**{**by, **change}))
        assert (answer.ok, answer.word, answer.why) == (False, word, why)
        assert told(office) == []
        assert office.book.entry(VISITS[1]) is None
        assert [one.why for one in office.of(InputRefused)] == [word]

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize(
    "change",
    [
        {"values": {}},
        {"values": {f"value-{n}": 1 for n in range(11)}},
        {"values": {"items": None}},
        {"values": {"items": [2]}},
        {"values": {"items": True}},
        {"values": {"Items": 2}},
        {"values": []},
        {"guest": {"name": NAME}},
        {"visit": "newest"},
        {"time": "2026-11-22T10:00:00"},
    ],
)
def test_what_a_request_may_not_hold(change: dict[str, Any]) -> None:
    """Unknown keys, wrong types and too many values are refused by their form alone."""
    with pytest.raises(RequestRefused) as caught:
        requests.enter_values(json.dumps(values(**change)).encode())
    assert caught.value.word == "malformed"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_request_or_refused(payload: bytes) -> None:
    """No payload raises anything else; the text of a request is in no log."""
    try:
        found = requests.enter_values(payload)
    except RequestRefused:
        return
    assert PLATE not in repr(found)


def test_a_retained_request_is_refused(tmp_path: Path) -> None:
    """It would come again at every subscribe."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        assert (await enter(office, values(), retained=True)).word == "retained"
        assert told(office) == []

    at_desk(tmp_path, scenario)


def test_the_newest_visit_at_the_desk_that_lacks_a_value(tmp_path: Path) -> None:
    """Not one that has them all, nor one elsewhere, nor one of a procedure without them."""

    async def scenario(office: Office) -> None:
        office.open_visits = [
            visit(0),
            visit(1, "reception", "plate"),
            visit(2, "reception", "plate", "items", "category"),
            visit(3, "security"),
            OpenVisit(VISITS[4], 4, "pimpinan", "reception"),
        ]
        assert (await enter(office, values())).visit == VISITS[1]
        assert (await enter(office, values(visit=VISITS[3]))).visit == VISITS[3]
        office.open_visits = office.open_visits[2:]
        refused = await enter(office, values())
        assert refused.why == "no visit at the desk waits for these values"

    at_desk(tmp_path, scenario)


def test_details_and_values_come_in_any_order(tmp_path: Path) -> None:
    """Values before the details hinder no registration; neither takes the other away."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        assert (await enter(office, values())).ok
        assert (await ask(office, register(procedure=PROCEDURE.id))).ok
        more = values(visit=VISITS[1], values={"temperature": 36.5, "plate": "BH 2 A"})
        assert (await enter(office, more)).ok
        entry = office.book.entry(VISITS[1])
        assert entry is not None
        assert entry.details.name == NAME
        assert entry.values == {"plate": "BH 2 A", "temperature": 36.5}
        (exported,) = read(tmp_path)
        assert exported == entry
        assert b"plate=BH 2 A; temperature=36.5" in as_csv([exported], UTC)

    at_desk(tmp_path, scenario)


def test_values_are_purged_with_the_entry(tmp_path: Path) -> None:
    """Retention deletes them, also where the guest's details never came."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        assert (await enter(office, values())).ok
        assert PLATE.encode() in raw_files(tmp_path)
        office.clock.ms += 1000
        assert office.book.purge(office.clock.ms, office.clock.now(), "retention") == 1
        office.book.purges()
        assert PLATE.encode() not in raw_files(tmp_path)

    at_desk(tmp_path, scenario)


def test_without_a_guest_book_values_are_compared_and_not_stored(tmp_path: Path) -> None:
    """The core is told; no file holds them."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        assert (await enter(office, values())).ok
        office.desk.chosen(VISITS[1], "temperature", 38.5)
        await office.worker.do(int)
        assert len(told(office)) == 2
        assert not (tmp_path / FILE).exists()

    at_desk(tmp_path, scenario, Section(keep=False))


def test_a_book_that_cannot_be_used_refuses_personal_values_only(tmp_path: Path) -> None:
    """A number of items needs no guest book; the same request may come again."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        (tmp_path / FILE).mkdir()
        asked = values()
        assert (await enter(office, asked)).word == "guest book cannot be used"
        assert (await enter(office, values(values={"items": 3}))).ok
        assert told(office) == [(VISITS[1], "items", 3.0)]
        assert [event.device for event in office.of(DeviceFailed)] == [BOOK]
        (tmp_path / FILE).rmdir()
        assert (await enter(office, asked)).ok

    at_desk(tmp_path, scenario)


def test_a_choice_by_button_is_stored(tmp_path: Path) -> None:
    """The officer's button enters a personal value into the same entry."""

    async def scenario(office: Office) -> None:
        office.open_visits = [visit()]
        assert (await enter(office, values())).ok
        office.desk.chosen(VISITS[1], "temperature", 38.5)
        office.desk.chosen(VISITS[4], "temperature", 36.5)  # it has ended meanwhile
        await office.worker.do(int)
        entry = office.book.entry(VISITS[1])
        assert entry is not None
        assert entry.values == {"plate": PLATE, "temperature": 38.5}
        assert office.book.entry(VISITS[4]) is None

    at_desk(tmp_path, scenario)


def test_open_visits_tell_the_values_and_those_that_were_entered() -> None:
    """The request handler knows the values of the text under which the visit began."""
    stand = DataCentre()
    stand.enter(stand.guest(), "items", 2.0)
    stand.guest()
    first, second = open_visits(stand.rules, stand.state)
    assert first.values == PROCEDURE.values
    assert (first.entered, second.entered) == (frozenset({"items"}), frozenset())


def test_the_request_is_subscribed_without_a_retained_one() -> None:
    """Its retain flag is checked, so it must come as it was published."""
    (found,) = [one for one in FILTERS if one.topic_filter == requests.VALUES]
    assert found.retain_as_published
