"""`gardu day`: each open item, in words that an office can act on."""

from edge.commands.day import in_words, rows
from edge.sop import day
from edge.sop.ids import minted_ms, uuid7
from edge.sop.inputs import outstanding
from edge.sop.inputs.outstanding import DayNow
from tests.sop.stand import CARDS
from tests.sop.test_day import WIB, Office, owing
from tests.sop.visit.test_course import register


def now(office: Office) -> DayNow:
    """Return the answer that the daemon would give."""
    return DayNow(day.summary(office.state), outstanding.out(office.rules, office.state))


def test_each_thing_that_is_out_has_its_station_and_the_time_its_guest_came() -> None:
    """Open visits and owed cards and lockers show station and time of arrival, no card number."""
    office = Office()
    owing(office)
    office.wait(3600)
    register(office, "jatim", CARDS[1])
    said = rows(now(office), WIB)
    assert said == [
        ["visit", "2026-11-23 09:02", "security", "number 2, jatim: pemeriksaan"],
        ["card", "2026-11-23 08:00", "officer-1, reception", "of a visit that has ended"],
        ["locker", "2026-11-23 08:00", "officer-2", "locker 1"],
        [
            "identity",
            "2026-11-23 08:00",
            "officer-1, reception",
            "held here, of a visit that has ended",
        ],
    ]
    assert not any(card in str(now(office)) for card in CARDS)


def test_the_days_counts_in_words() -> None:
    """The day's counts: visits opened and ended, items that are out, and the time of closing."""
    office = Office()
    owing(office)
    office.press("reception", "arrive", "pimpinan")
    office.press("reception", "more")
    assert in_words(now(office), WIB).splitlines() == [
        "office day 1: open, opened 2026-11-23 08:00",
        "visits: 0 carried over, 2 opened (3 persons); ended: 1 abandoned; open: 1",
        "out: 1 open visits, 1 cards and 1 lockers of visits that have ended; IDs held: 1",
    ]
    office.close_day("reception")
    office.press("reception", "close-day")
    assert ": closed, opened 2026-11-23 08:00, closed 2026-11-23 08:" in in_words(now(office), WIB)


def test_before_the_first_day_it_says_so() -> None:
    """Before the first office day this is shown, with counts of zero."""
    assert in_words(now(Office()), WIB).startswith("no office day was opened yet; out: 0 open")


def test_the_moment_of_an_id_comes_back() -> None:
    """The time in an id is its moment in milliseconds since 1970."""
    assert minted_ms(uuid7(1_795_395_600_123, "salt")) == 1_795_395_600_123
