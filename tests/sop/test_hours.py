"""The hours of a procedure: who comes outside them is told so, and visits under way go on."""

from datetime import timedelta, timezone

import pytest
from msgspec.structs import replace

from edge.clock import Stamp
from edge.sop import events
from edge.sop.effects import Beep
from edge.sop.engine import step
from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.verify import verify
from tests.sop.archive import ARCHIVE, archive_rules, registered
from tests.sop.stand import Stand

WIB = timezone(timedelta(hours=7))
# The stand begins on a Monday at 08:00 WIB.
HOURS = """
hours = [
    { days = ["monday", "tuesday"], from = "08:00", to = "11:00" },
    { days = ["monday"], from = "13:00", to = "15:30" },
]
"""
DECIDED = HOURS + ARCHIVE.replace(
    """id = "buku"
""",
    """id = "jam"
needs = "hours"
otherwise = "di-luar-jam"
on = [{ event = "button.arrive", to = "buku" }]

[[steps.phases]]
id = "di-luar-jam"
lamp = "slow"
on = [
    { event = "button.accept", to = "buku" },
    { event = "button.decline", to = "@declined", reason = "outside-hours" },
]

[[steps.phases]]
id = "buku"
""",
    1,
)


def at(minutes: float, text: str = HOURS + ARCHIVE) -> Stand:
    """Return a stand whose clock shows Monday 08:00 WIB and *minutes*."""
    stand = Stand(archive_rules(text, zone=WIB))
    stand.seconds = 60 * minutes
    return stand


@pytest.mark.parametrize(
    ("minutes", "received"),
    [
        (0, True), (179, True), (180, False), (300, True), (449, True), (450, False),
        (24 * 60, True), (24 * 60 + 300, False), (48 * 60, False), (-1, False),
    ],
)  # fmt: skip
def test_guests_arrive_within_the_hours_only(minutes: float, received: bool) -> None:
    """Beginning and end to the minute, on each day of the week, in the office's zone."""
    stand = at(minutes)
    effects = stand.press("reception", "arrive", "arsip")
    assert (Beep("accepted") in effects) == received
    assert len(stand.state.visits) == received
    refused = {} if received else {"button/reception/arrive/outside-hours": 1}
    assert stand.state.refusals == refused


def test_an_invitation_is_refused_for_the_same_reason() -> None:
    """A code shown in the evening opens no visit, and can be shown again in the morning."""
    stand = at(180)
    stand.invited("code", "arsip")
    assert stand.state.refusals == {"invitation/gate/outside-hours": 1}
    assert stand.state.invitations == {}


def test_no_day_is_opened_by_an_arrival_outside_the_hours() -> None:
    """The refused arrival changes nothing but a count."""
    stand = at(180)
    before = stand.state
    stand.press("reception", "arrive", "arsip")
    assert replace(stand.state, refusals={}) == before


def test_an_officer_decides_where_the_procedure_says_so() -> None:
    """Outside the hours the lamp asks; *accept* receives the guest, *decline* gives the reason."""
    stand = at(180, DECIDED)
    stand.press("reception", "arrive", "arsip")
    stand.press("reception", "arrive", "arsip")
    assert [visit.phase for visit in stand.state.visits.values()] == ["di-luar-jam"] * 2
    stand.press("reception", "decline")
    (closed,) = stand.closed
    assert (closed.outcome, closed.reason) == ("declined", "outside-hours")
    stand.press("reception", "accept")
    assert [visit.phase for visit in stand.state.visits.values()] == ["buku"]
    inside = at(0, DECIDED)
    inside.press("reception", "arrive", "arsip")
    assert [visit.phase for visit in inside.state.visits.values()] == ["buku"]


def test_visits_under_way_go_on() -> None:
    """A guest who came in time is served after the end of the hours."""
    stand = at(179)
    registered(stand)
    stand.wait(3600)
    stand.press("officer-1", "done")
    stand.press("reception", "done")
    assert stand.outcomes() == ["completed"]


def test_a_clock_that_is_not_trusted_refuses_no_guest() -> None:
    """After a power cut without a network the hour is unknown: guests are received."""
    stand = at(180)
    now = Stamp(1, stand.now.wall_ms, False, "boot")
    press = events.ButtonPressed(now, "reception", "arrive", "arsip")
    assert len(step(stand.rules, stand.state, press).state.visits) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'hours = [{ days = ["monday"], from = "22:00", to = "02:00" }]\n' + ARCHIVE,
            (
                "hours[0]: to is '02:00', which is not after from, '22:00'; allowed: a later time "
                "of the same day; hours past midnight are two entries"
            ),
        ),
        (
            DECIDED.removeprefix(HOURS),
            "hours: is missing, and a phase needs hours; allowed: with hours = [...]",
        ),
    ],
)
def test_hours_that_cannot_hold_are_a_problem(text: str, problem: str) -> None:
    """A change of date, and a need without hours, are refused with what is allowed."""
    assert problem in verify(parse_procedure(text, "arsip.toml"))
