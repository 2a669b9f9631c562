"""The office day: opened, counted, closed; open items are asked for, settled or carried over."""

from datetime import timedelta, timezone
from typing import Any

import pytest

from edge.clock import Stamp
from edge.sop.day import CONFIRM_S, summary
from edge.sop.effects import Beep, FlashLamp
from edge.sop.events import PressRepeated
from edge.sop.lamps import lamps
from edge.sop.records import (
    DayClosed,
    DayOpened,
    VisitClosed,
    VisitJoined,
    VisitReconciled,
    VisitUnseen,
)
from edge.sop.state import DayRules
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import register, store_belongings, visit

WIB = timezone(timedelta(hours=7), "WIB")
HOUR_S = 3600.0
DAYS = DayRules(opens_s=int(7.5 * HOUR_S), zone=WIB)


class Office(Stand):
    """A stand with office days, and with a clock that may be untrusted."""

    synced = True

    def __init__(self, **changes: Any) -> None:
        super().__init__(rules(day=DAYS, **changes))

    @property
    def now(self) -> Stamp:
        """The present moment of the fake clock."""
        at = super().now
        return Stamp(at.boot_ns, at.wall_ms, self.synced, at.boot)

    @property
    def ends(self) -> list[DayClosed]:
        """The records of the days that have ended."""
        return self.data(DayClosed)

    def status(self) -> str:
        """Return the status of the day in the retained topic, or ``none``."""
        now = summary(self.state)
        return "none" if now is None else str(now["status"])

    def refuses_arrival(self) -> bool:
        """Return True if a guest who comes now is refused with two beeps."""
        before = self.state.opened
        refused = Beep("refused") in self.press("reception", "arrive", "pimpinan")
        assert refused == (self.state.opened == before)
        return refused


def owing(office: Office) -> None:
    """A guest has left; card and belongings are still out."""
    register(office, "pimpinan", CARDS[0])
    office.press("officer-1", "done")
    store_belongings(office, 1)
    office.press("officer-3", "leave")


def shown(office: Office) -> dict[str, Any]:
    """Return the retained topic of the day."""
    now = summary(office.state)
    assert now is not None
    return now


def asking(office: Office) -> list[str]:
    """Return the panels with a slow lamp (a question)."""
    return [panel for panel, mode in lamps(office.rules, office.state).items() if mode == "slow"]


def test_no_days_are_kept_where_the_config_has_none() -> None:
    """No record, no topic, and the day buttons are refused."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    for action in ("open-day", "close-day", "day", "reconcile"):
        assert Beep("refused") in stand.press("reception", action)
    assert summary(stand.state) is None
    assert stand.data(DayOpened) == []


def test_the_first_guest_opens_the_day() -> None:
    """The record of the day comes before that of the visit."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.press("reception", "arrive", "pimpinan")
    assert [record.type for record in office.records] == [
        "gardu.day.opened.v1", "gardu.visit.opened.v1", "gardu.visit.opened.v1",
    ]  # fmt: skip
    (opened,) = office.data(DayOpened)
    assert (opened.number, opened.date, opened.by) == (1, "2026-11-23", "arrival")


def test_the_day_is_opened_by_button_once() -> None:
    """A second press is refused."""
    office = Office()
    assert Beep("accepted") in office.press("reception", "open-day")
    assert Beep("refused") in office.press("reception", "open-day")
    assert [opened.by for opened in office.data(DayOpened)] == ["button"]


def test_a_day_with_nothing_out_closes_at_once_and_adds_up() -> None:
    """Two visits, completed and abandoned: the record has both outcomes and no open item."""
    office = Office()
    visit(office, "pimpinan", screened=True)
    office.press("reception", "arrive", "eselon-2-3")
    office.press("reception", "more")
    office.press("reception", "leave")
    assert Beep("accepted") in office.close_day("reception")
    (end,) = office.ends
    assert (end.how, end.visits_opened, end.visits_open) == ("closed", 2, 0)
    assert end.outcomes == {"completed": 1, "abandoned": 1}
    assert (end.cards_out, end.lockers_out, end.ids_held) == (0, 0, 0)
    assert office.status() == "closed"


def test_after_closing_nobody_arrives_unless_the_day_is_opened_again() -> None:
    """Arrivals are refused until open-day starts a day with its own number."""
    office = Office()
    office.press("reception", "open-day")
    office.close_day("reception")
    assert office.refuses_arrival()
    assert Beep("refused") in office.invited("code")
    assert office.state.opened == 0
    office.press("reception", "open-day")
    assert not office.refuses_arrival()
    assert [opened.number for opened in office.data(DayOpened)] == [1, 2]


def test_an_invitation_that_was_refused_after_closing_is_not_used_up() -> None:
    """The guest can come back on the next day with the same invitation."""
    office = Office()
    office.press("reception", "open-day")
    office.close_day("reception")
    office.invited("code")
    office.press("reception", "open-day")
    office.invited("code")
    assert office.state.opened == 1


def test_closing_asks_for_what_is_out_and_shows_it() -> None:
    """The panel's lamp asks, the retained topic counts, and there is no record yet."""
    office = Office()
    owing(office)
    office.press("reception", "arrive", "pimpinan")
    office.close_day("officer-1")
    assert lamps(office.rules, office.state)["officer-1"] == "slow"
    assert office.ends == []
    now = shown(office)
    assert now["status"] == "closing"
    assert [now[key] for key in ("visits_open", "cards_out", "lockers_out", "ids_held")] == [
        1, 1, 1, 1,
    ]  # fmt: skip
    assert office.refuses_arrival()


def test_while_the_day_closes_each_station_asks_for_what_is_brought_in_there() -> None:
    """A guest at security, a card at officer 1, a locker at officer 2; dark once it is in."""
    office = Office()
    owing(office)
    office.press("reception", "arrive", "jatim")
    office.close_day("security")
    # In jatim cards also come back at reception. At security the day was closed, and its guest is
    # there.
    assert asking(office) == ["reception", "officer-1", "officer-2", "security"]
    office.card(CARDS[0])
    assert asking(office) == ["officer-2", "security"]
    office.opened(1)
    office.closed_door(1)
    assert asking(office) == ["security"]
    office.press("security", "leave")
    assert [end.how for end in office.ends] == ["closed"]
    assert asking(office) == []


def test_no_lamp_asks_for_what_is_out_while_the_day_is_open() -> None:
    """A card and a locker of a closed visit light no lamp until the day closes."""
    office = Office()
    owing(office)
    assert asking(office) == []
    assert (shown(office)["cards_out"], shown(office)["lockers_out"]) == (1, 1)


def test_who_joins_a_group_is_recorded_and_counts_in_the_day() -> None:
    """One visit, three persons: recorded when they join, in the topic and at the day's end."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.press("reception", "more")
    office.press("reception", "more")
    group = next(iter(office.state.visits))
    joined = office.data(VisitJoined)
    assert [(one.visit, one.persons, one.station) for one in joined] == [
        (group, 2, "reception"), (group, 3, "reception"),
    ]  # fmt: skip
    assert (shown(office)["visits_opened"], shown(office)["persons"]) == (1, 3)
    office.press("reception", "leave")
    office.close_day("reception")
    assert [(end.visits_opened, end.persons) for end in office.ends] == [(1, 3)]


def test_who_joins_a_group_of_yesterday_is_not_counted_today() -> None:
    """A visit opened yesterday counts for yesterday; a new one counts for today."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.close_day("reception")
    office.close_day("reception")
    office.press("reception", "more")
    office.press("reception", "open-day")
    office.press("reception", "more")
    assert (shown(office)["visits_carried"], shown(office)["persons"]) == (1, 0)
    office.press("reception", "arrive", "eselon-2-3")
    office.press("reception", "more")
    assert (shown(office)["visits_opened"], shown(office)["persons"]) == (1, 2)
    assert [end.persons for end in office.ends] == [1]


def test_one_button_does_for_opening_and_closing() -> None:
    """*day* opens, asks for open items, carries over, opens again."""
    office = Office()
    for status in ("open", "closed", "open"):
        assert Beep("accepted") in office.press("reception", "day")
        assert office.status() == status
    office.press("reception", "arrive", "pimpinan")
    office.close_day("reception", "day")
    assert office.status() == "closing"
    assert office.refuses_arrival()
    office.press("reception", "day")
    assert [end.how for end in office.ends] == ["closed", "carried-over"]
    office.press("reception", "day")
    assert not office.refuses_arrival()


def test_one_button_opens_the_morning_after_a_day_that_nobody_closed() -> None:
    """The button does not close yesterday's day before the first guest: it opens a new one."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.wait(24 * HOUR_S)
    office.press("reception", "day")
    assert [end.how for end in office.ends] == ["not-closed"]
    assert office.status() == "open"


def test_without_day_buttons_nobody_is_ever_turned_away() -> None:
    """Without day buttons each morning's first guest opens the day and closes the last one."""
    office = Office()
    for _ in range(3):
        assert not office.refuses_arrival()
        office.wait(24 * HOUR_S)
    assert [end.how for end in office.ends] == ["not-closed", "not-closed"]
    assert [opened.visits_carried for opened in office.data(DayOpened)] == [0, 1, 2]


def test_reconcile_settles_one_item_a_press_and_the_last_closes_the_day() -> None:
    """Card, locker, ID, then the open visit: each a record by an officer, then the day's end."""
    office = Office()
    owing(office)
    office.press("reception", "arrive", "pimpinan")
    office.close_day("reception")
    for _ in range(3):
        office.press("reception", "reconcile")
    back = [(data.returned, data.by) for data in office.data(VisitReconciled)]
    assert back == [("card", "officer"), ("locker/1", "officer"), ("identity", "officer")]
    assert office.ends == []
    office.press("reception", "reconcile")
    assert office.data(VisitClosed)[-1].reason == "day-closed"
    (end,) = office.ends
    assert (end.how, end.reconciled, end.outcomes) == ("closed", 4, {"abandoned": 2})
    assert Beep("refused") in office.press("reception", "reconcile")
    assert (office.state.cards, office.state.visits) == ({}, {})
    assert all(locker.visit is None for locker in office.state.lockers.values())


def test_what_an_open_visit_holds_is_the_next_item() -> None:
    """The visit ends first; then its card, locker and ID are settled by three more presses."""
    office = Office()
    register(office, "pimpinan", CARDS[0])
    office.press("officer-1", "done")
    store_belongings(office, 1)
    office.close_day("reception")
    for _ in range(4):
        assert office.ends == []
        office.press("reception", "reconcile")
    assert [end.reconciled for end in office.ends] == [4]


def test_guests_who_leave_after_closing_end_as_usual_and_close_the_day() -> None:
    """With the last guest gone the day closes by itself, because an officer asked for it."""
    office = Office()
    register(office, "eselon-4-asn", CARDS[0])
    office.press("officer-1", "done")
    office.press("officer-2", "nothing")
    office.close_day("reception")
    office.answer("accept")
    office.card(CARDS[0])
    assert office.ends == []
    office.press("officer-1", "done")
    assert [end.outcomes for end in office.ends] == [{"completed": 1}]


def test_a_second_press_carries_over_what_is_out() -> None:
    """The next day's record states the items carried over, and its counts add up with them."""
    office = Office()
    owing(office)
    register(office, "eselon-2-3", CARDS[1])
    office.close_day("reception")
    office.close_day("reception")
    (end,) = office.ends
    assert (end.how, end.visits_open, end.cards_out, end.lockers_out) == ("carried-over", 1, 2, 1)
    office.wait(24 * HOUR_S)
    office.press("reception", "open-day")
    opened = office.data(DayOpened)[-1]
    assert (opened.visits_carried, opened.cards_out, opened.lockers_out) == (1, 2, 1)
    office.press("officer-1", "leave")
    office.card(CARDS[0])
    office.opened(1)
    office.closed_door(1)
    office.card(CARDS[1])
    office.close_day("reception")
    end = office.ends[-1]
    assert (end.how, end.visits_carried, end.visits_opened, end.outcomes) == (
        "closed", 1, 0, {"abandoned": 1},
    )  # fmt: skip


@pytest.mark.parametrize("action", ["close-day", "day"])
def test_with_guests_inside_the_first_press_to_close_changes_nothing(action: str) -> None:
    """A button held too long does not close the lobby: two beeps, counted, guests still arrive."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    effects = office.press("reception", action)
    assert Beep("refused") in effects
    assert FlashLamp("reception") in effects
    assert office.state.refusals == {f"button/reception/{action}/guests-inside": 1}
    assert (office.status(), asking(office)) == ("open", [])
    assert not office.refuses_arrival()
    assert office.ends == []


@pytest.mark.parametrize(
    ("between", "panel", "status"),
    [
        ([], "reception", "closing"),
        ([("wait", CONFIRM_S)], "reception", "closing"),
        ([("wait", CONFIRM_S + 1)], "reception", "open"),
        ([], "officer-1", "open"),  # two officers, one mistake each
        ([("press", "reception", "arrive", "pimpinan")], "reception", "closing"),
        ([("press", "reception", "open-day")], "reception", "open"),
        ([("restart",)], "reception", "closing"),
    ],
)
def test_the_second_press_confirms_in_time_and_at_the_same_panel(
    between: list[tuple[Any, ...]], panel: str, status: str
) -> None:
    """Within half a minute, where it was refused; *open-day* takes the question back."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.press("reception", "close-day")
    for name, *arguments in between:
        getattr(office, name)(*arguments)
    accepted = Beep("accepted") in office.press(panel, "close-day")
    assert (accepted, office.status()) == (status == "closing", status)


def test_each_late_press_is_a_first_one_again() -> None:
    """A press an hour after another one is no confirmation, however often it happens."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    for _ in range(5):
        assert Beep("refused") in office.press("reception", "close-day")
        office.wait(HOUR_S / 2)
    assert office.status() == "open"


def test_a_confirmation_holds_for_one_closing_only() -> None:
    """Closed, opened again, pressed again: the question is asked again."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.close_day("reception")
    office.press("reception", "open-day")
    assert Beep("refused") in office.press("reception", "close-day")


def test_a_repeated_press_without_an_answer_confirms_nothing() -> None:
    """Before the two beeps the officer does not know that guests are inside."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    first = office.now
    office.press("reception", "close-day")
    office.send(PressRepeated(office.now, "reception", "close-day", first=first))
    assert office.status() == "open"


def test_with_no_guest_inside_one_press_is_enough() -> None:
    """Cards and lockers that are out wait for nobody: the lamps ask for them at once."""
    office = Office()
    owing(office)
    assert Beep("accepted") in office.press("reception", "close-day")
    assert office.status() == "closing"


def test_open_day_takes_back_the_question_of_closing() -> None:
    """Pressed by mistake with guests inside: the same day goes on, and no record is made."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.close_day("reception")
    assert Beep("accepted") in office.press("reception", "open-day")
    assert (office.status(), office.ends) == ("open", [])
    assert len(office.data(DayOpened)) == 1
    assert not office.refuses_arrival()


@pytest.mark.parametrize("by", ["arrival", "button"])
def test_a_day_that_nobody_closed_is_closed_by_the_next_opening_and_said(by: str) -> None:
    """The next morning's first guest, or the button, closes yesterday as ``not-closed``."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.wait(24 * HOUR_S)
    if by == "arrival":
        office.press("reception", "arrive", "eselon-2-3")
    else:
        office.press("reception", "open-day")
    (end,) = office.ends
    assert (end.how, end.date, end.visits_open) == ("not-closed", "2026-11-23", 1)
    assert [(o.date, o.visits_carried) for o in office.data(DayOpened)] == [
        ("2026-11-23", 0), ("2026-11-24", 1),
    ]  # fmt: skip


def test_the_opening_hour_is_only_the_earliest_hint() -> None:
    """At 07:29 a guest still belongs to yesterday, which is closed; at 07:30 a day opens."""
    office = Office()
    office.press("reception", "open-day")
    office.close_day("reception")
    office.wait(23.5 * HOUR_S - 60)  # 07:29 the next morning
    assert office.refuses_arrival()
    office.wait(60)
    assert not office.refuses_arrival()


def test_a_day_goes_on_past_midnight_and_never_closes_by_the_hour() -> None:
    """It applies until the officials have left, not to a fixed time: 01:00 is the same day."""
    office = Office()
    office.press("reception", "open-day")
    office.wait(17 * HOUR_S)
    assert not office.refuses_arrival()
    assert (office.ends, len(office.data(DayOpened))) == ([], 1)


def test_an_untrusted_clock_opens_and_closes_no_day() -> None:
    """A clock that jumps a week ahead must not end the day; the buttons still do."""
    office = Office()
    office.press("reception", "open-day")
    office.synced = False
    office.wait(7 * 24 * HOUR_S)
    assert not office.refuses_arrival()
    assert office.ends == []
    office.press("reception", "leave")
    office.close_day("reception")
    assert office.refuses_arrival()
    assert [end.clock_synced for end in office.ends] == [False]


def test_nobody_is_asked_for_while_the_office_is_closed() -> None:
    """A visit that was carried over is asked about when the day is open again, not at night."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    office.close_day("reception")
    office.close_day("reception")
    office.wait(20 * HOUR_S)
    assert office.data(VisitUnseen) == []
    office.press("reception", "open-day")
    office.wait(2 * HOUR_S)
    assert len(office.data(VisitUnseen)) == 1


def test_a_restart_keeps_the_day_and_its_question() -> None:
    """Killed while the day is closing: the lamp still asks, and the status is still closing."""
    office = Office()
    owing(office)
    office.close_day("reception")
    office.restart()
    assert lamps(office.rules, office.state)["reception"] == "slow"
    assert office.status() == "closing"
