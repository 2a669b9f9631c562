"""Whose event is it? Several guests at once, cards, lockers, refusals, restarts."""

from edge.sop import events
from edge.sop.effects import Beep, FlashLamp, StartTimer, UnlockLocker
from edge.sop.engine import step
from edge.sop.lamps import lamps, occupancy
from edge.sop.records import VisitClosed, VisitReconciled
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.test_visits import give_back, meet, register, screen, store_belongings


def test_first_in_first_served_at_a_station() -> None:
    """Two guests wait for officer 1: the press is for the one who came first."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    register(stand, "eselon-2-3", CARDS[1])
    first, second = stand.state.visits.values()
    stand.press("officer-1", "done")
    assert stand.state.visits[first.id].step == "penitipan"
    assert stand.state.visits[second.id].step == "menunggu"


def test_a_card_at_the_station_moves_its_visit_to_the_front() -> None:
    """The second guest holds the card to the reader: the next press is for that guest."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    register(stand, "eselon-2-3", CARDS[1])
    first, second = stand.state.visits.values()
    stand.card(CARDS[1])
    stand.press("officer-1", "done")
    assert stand.state.visits[second.id].step == "penitipan"
    assert stand.state.visits[first.id].step == "menunggu"


def test_a_guest_who_is_away_does_not_hold_up_the_next() -> None:
    """Whoever still has the card in the office does not block officer 1's button for others."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")  # the aide ends the meeting; the guest is on the way back
    register(stand, "pimpinan", CARDS[1])
    stand.press("officer-1", "done")
    assert stand.steps()[-1].step == "menunggu"


def test_lockers_go_to_one_visit_each_and_come_back() -> None:
    """Three guests, three lockers, each its own; afterwards all are free."""
    stand = Stand()
    for card in CARDS[:3]:
        register(stand, "pimpinan", card)
        stand.press("officer-1", "done")
    for locker in (1, 2, 3):
        store_belongings(stand, locker)
    assert [unlock.locker for unlock in stand.of(UnlockLocker)] == [1, 2, 3]
    for locker, card in zip((1, 2, 3), CARDS[:3], strict=True):
        screen(stand)
        meet(stand, card)
        give_back(stand, locker)
    assert stand.outcomes() == ["completed"] * 3
    assert [unlock.locker for unlock in stand.of(UnlockLocker)] == [1, 2, 3, 1, 2, 3]


def test_full_lockers_are_said_and_the_next_one_freed_is_given() -> None:
    """No locker is free: the lamp calls for a decision, nothing is unlocked, later it goes on."""
    stand = Stand()
    for number, card in enumerate(CARDS[:4], 1):
        register(stand, "pimpinan", card)
        stand.press("officer-1", "done")
        if number < 4:
            store_belongings(stand, number)
    stand.press("officer-2", "locker")
    assert lamps(stand.rules, stand.state)["officer-2"] == "slow"
    assert len(stand.of(UnlockLocker)) == 3
    screen(stand)
    meet(stand, CARDS[0])
    give_back(stand, 1)
    stand.press("officer-2", "locker")
    assert stand.of(UnlockLocker)[-1].locker == 1


def test_unknown_card_is_refused_and_counted() -> None:
    """A card that is not of the pool: two beeps, a counter, no change for any visit."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    assert stand.card("FFFFFFFFFF") == [Beep("refused"), FlashLamp("reception")]
    assert stand.state.refusals == {"card/desk/unknown": 1}
    assert stand.state.cards == {}


def test_card_in_use_is_not_given_to_a_second_guest() -> None:
    """One card, one visit: a second guest at the desk does not get a card that is out."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    assert Beep("refused") in stand.card(CARDS[0])
    assert list(stand.state.cards) == [CARDS[0]]
    assert stand.state.refusals == {"card/desk/in use": 1}


def test_meaningless_button_changes_nothing_but_a_counter() -> None:
    """A press that means nothing now: two beeps and a count."""
    stand = Stand()
    before = stand.state
    assert stand.press("officer-3", "done") == [Beep("refused"), FlashLamp("officer-3")]
    assert stand.state.refusals == {"button/officer-3/done": 1}
    assert stand.state.visits == before.visits
    assert stand.records == []


def test_abandoned_visit_owes_card_and_locker_until_the_card_returns() -> None:
    """The guest left with the card: nothing is reused; the card opens the locker once, later."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    store_belongings(stand, 1)
    stand.press("officer-3", "leave")
    assert stand.outcomes() == ["abandoned"]
    (closed,) = stand.data(VisitClosed)
    assert (closed.card_out, closed.locker_out) == (True, 1)
    assert stand.card(CARDS[0])[:1] == [UnlockLocker(1, stand.closed[0].id)]
    stand.opened(1)
    stand.closed_door(1)
    assert stand.state.cards == {}
    assert stand.state.lockers[1].visit is None
    assert [data.returned for data in stand.data(VisitReconciled)] == ["card", "locker/1"]


def test_locker_forced_open_raises_an_alarm_until_it_is_closed() -> None:
    """A door that opens without an unlock is an alarm, with or without a visit."""
    stand = Stand()
    stand.opened(2)
    assert "locker-forced-2" in stand.state.alarms
    assert Beep("alarm") in stand.effects
    stand.closed_door(2)
    assert stand.state.alarms == {}


def test_detector_alarm_with_nobody_being_screened_ends_with_its_contact() -> None:
    """A stray alarm is recorded and cleared by the contact alone."""
    stand = Stand()
    stand.detector("alarm")
    assert list(stand.state.alarms) == ["metal-detector"]
    stand.detector("clear")
    assert stand.state.alarms == {}


def test_overdue_is_said_once_and_the_lamp_is_urgent() -> None:
    """Beyond the standard: one record, a fast lamp, and the step goes on."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.wait(1000)
    assert len(stand.said("gardu.step.overdue.v1")) == 1
    assert lamps(stand.rules, stand.state)["officer-1"] == "fast"
    stand.press("officer-1", "done")
    assert lamps(stand.rules, stand.state)["officer-1"] == "off"


def test_restart_sets_every_timer_again_and_does_nothing_else() -> None:
    """After a crash: timers yes; no pulse, no ring, no still by themselves."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "locker")
    before = dict(stand.timers)
    stand.state = stand.state.__class__(
        **{name: getattr(stand.state, name) for name in stand.state.__struct_fields__}
    )
    effects = stand.send(events.Started(stand.now))
    assert [e for e in effects if not isinstance(e, StartTimer)] == []
    assert {e.key for e in effects if isinstance(e, StartTimer)} == set(before)


def test_restart_in_the_middle_of_an_unlock_asks_the_door_not_the_lock() -> None:
    """Killed after the decision: the door's contact says that it opened; no second pulse."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "locker")
    pulses = len(stand.of(UnlockLocker))
    stand.send(events.Started(stand.now))
    stand.send(events.LockerOpened(stand.now, 1, initial=True))
    stand.closed_door(1)
    assert len(stand.of(UnlockLocker)) == pulses
    assert stand.steps()[-1].step == "penitipan"


def test_stills_lost_in_a_restart_are_owned_up_to() -> None:
    """A still that was asked for and never came is a record, not silence."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.send(events.Started(stand.now))
    assert len(stand.said("gardu.still.missed.v1")) == 1
    assert stand.state.stills == {}


def test_still_gets_its_digest_while_the_step_lasts() -> None:
    """The step's record carries the still's digest when the picture came in time."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    stand.card(CARDS[0])
    (still,) = stand.state.stills
    stand.send(events.StillTaken(stand.now, still, "ab" * 32, 1000))
    stand.press("reception", "done")
    assert stand.steps()[0].stills[0].sha256 == "ab" * 32


def test_device_fault_is_recorded_once_until_restored() -> None:
    """A device that keeps failing is one fault and one restoration."""
    stand = Stand()
    for _ in range(3):
        stand.send(events.DeviceFailed(stand.now, "camera/lobby", "no answer"))
    stand.send(events.DeviceRestored(stand.now, "camera/lobby"))
    stand.send(events.DeviceRestored(stand.now, "camera/lobby"))
    kinds = [record.type for record in stand.records]
    assert kinds == ["gardu.equipment.fault.v1", "gardu.equipment.restored.v1"]


def test_the_core_is_pure() -> None:
    """The same state and event give the same result, and the state that went in is untouched."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    frozen = stand.state
    event = events.ButtonPressed(stand.now, "officer-1", "done")
    first = step(stand.rules, frozen, event)
    second = step(stand.rules, frozen, event)
    assert first == second
    assert stand.state is frozen
    assert first.state != frozen


def test_occupancy_counts_only() -> None:
    """What the office sees live are counts: no visit id, no card number."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    seen = occupancy(stand.state)
    assert seen["visits"] == 1
    assert seen["cards_out"] == 1
    assert CARDS[0] not in str(seen)
    assert next(iter(stand.state.visits)) not in str(seen)


def test_the_aide_answers_the_call_that_rings() -> None:
    """A decline while the aiphone rings is for the new guest, not for the meeting under way."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.press("reception", "arrive", "pimpinan")
    meeting, caller = stand.state.visits.values()
    stand.answer("decline")
    assert stand.state.visits[meeting.id].phase == "bertemu"
    assert stand.state.visits[caller.id].phase == "ditolak"
    stand.answer("decline")
    assert stand.state.visits[meeting.id].step == "pengembalian"


def test_leave_is_for_a_guest_who_is_there() -> None:
    """A guest in a meeting is not the one who walks away from officer 1."""
    panels = ("reception", "officer-2", "officer-3")
    kept = {"officer-1": ("officer-1", "aide"), **{name: (name,) for name in panels}}
    stand = Stand(rules(panels=kept))
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    register(stand, "pimpinan", CARDS[1])
    meeting, waiting = stand.state.visits.values()
    stand.press("officer-1", "leave")
    assert list(stand.state.visits) == [meeting.id]
    stand.press("officer-1", "leave")
    assert stand.outcomes() == ["abandoned", "abandoned"]
    assert waiting.id in {visit.id for visit in stand.closed}


def test_one_guests_clear_pass_does_not_clear_anothers_alarm() -> None:
    """An alarm belongs to its visit until that visit is clear or gone."""
    stand = Stand()
    for card in CARDS[:2]:
        register(stand, "pimpinan", card)
        stand.press("officer-1", "done")
        stand.press("officer-2", "nothing")
    first, _ = stand.state.visits.values()
    stand.detector("alarm", "clear", "passage")
    stand.press("officer-3", "leave")
    assert stand.state.alarms == {}
    assert first.id not in stand.state.visits
