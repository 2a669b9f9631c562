"""The rows of docs/unexpected.md that no other test of the core covers."""

import re
from pathlib import Path

from edge.sop.effects import Beep, FlashLamp, UnlockLocker
from edge.sop.events import PressRepeated
from edge.sop.inputs.cards import LOST
from edge.sop.lamps import lamps
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import meet, register, screen, store_belongings

DOCS = Path(__file__).parents[3] / "docs"
REFUSED = [Beep("refused"), FlashLamp("reception")]


def test_a_free_card_that_nobody_waits_for_is_refused() -> None:
    """Two beeps and flashes; the card stays free."""
    stand = Stand()
    assert stand.card(CARDS[0]) == REFUSED
    assert stand.state.refusals == {"card/desk/free": 1}
    assert stand.state.cards == {}


def test_a_repeated_press_is_only_counted() -> None:
    """A press again before its answer: no visit, no beep, no record, one more in the count."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    before, records = stand.state, len(stand.records)
    for count in (1, 2):
        again = PressRepeated(stand.now, "reception", "arrive", "pimpinan")
        assert stand.send(again) == []
        assert stand.state.refusals == {"button/reception/arrive/repeated": count}
    assert stand.state.visits == before.visits
    assert len(stand.records) == records


def test_a_repeat_that_confirms_a_refusal_counts() -> None:
    """*Decline* twice before a beep: the guest is declined, with the reason of the first press."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.press("reception", "decline")
    (visit,) = stand.state.visits.values()
    again = PressRepeated(stand.now, "reception", "decline", None, visit.entered)
    assert Beep("accepted") in stand.send(again)
    assert stand.outcomes() == ["declined"]
    assert stand.state.refusals == {}


def test_a_repeat_confirms_no_refusal_of_another_guest() -> None:
    """If the first press has ended its visit, the second does not decline the next in line."""
    stand = Stand()
    for action, procedure in (("arrive", "pimpinan"), ("arrive", "pimpinan"), ("decline", None)):
        stand.press("reception", action, procedure)
        stand.wait(1)
    first = stand.now
    stand.press("reception", "decline")
    stand.send(PressRepeated(stand.now, "reception", "decline", None, first))
    assert len(stand.state.visits) == 1
    assert stand.state.refusals == {"button/reception/decline/repeated": 1}


def test_a_repeat_completes_no_step() -> None:
    """*Done* twice before a beep completes one step: no guest passes the next one unseen."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    (before,) = stand.state.visits.values()
    stand.send(PressRepeated(stand.now, "officer-1", "done", None, before.entered))
    assert list(stand.state.visits.values()) == [before]


def test_without_a_card_the_guest_waits_until_one_comes_back() -> None:
    """With one card in the pool, the second guest waits for it and is not let in without one."""
    stand = Stand(rules(cards=frozenset(CARDS[:1])))
    register(stand, "eselon-4-asn", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.press("reception", "arrive", "eselon-4-asn")
    stand.answer("accept")
    assert stand.card(CARDS[0]) == REFUSED
    stand.answer("accept")
    stand.press("reception", "done")
    waiting = list(stand.state.visits.values())[1]
    assert (waiting.step, waiting.phase, waiting.cards) == ("penerimaan", "kartu", ())
    stand.answer("decline")  # the meeting is over
    stand.card(CARDS[0])
    stand.press("officer-1", "done")
    assert stand.outcomes() == ["completed"]
    assert Beep("accepted") in stand.card(CARDS[0])
    assert stand.state.cards == {CARDS[0]: waiting.id}


def test_a_locker_that_keeps_the_belongings_is_pulsed_at_every_done() -> None:
    """At the return: slow lamp after 15 s, one more pulse at each *done*, then it completes."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    store_belongings(stand)
    screen(stand)
    meet(stand)
    stand.press("officer-1", "done")
    for pulses in (1, 2, 3):
        assert len(stand.of(UnlockLocker)) == 1 + pulses
        stand.wait(15)
        assert lamps(stand.rules, stand.state)["officer-1"] == "slow"
        stand.press("officer-1", "done")
    assert set(stand.of(UnlockLocker)) == {UnlockLocker(1, next(iter(stand.state.visits)))}
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-1", "done")
    assert stand.outcomes() == ["completed"]


def test_the_alarm_of_a_lost_card_ends_when_somebody_has_seen_it() -> None:
    """The condition is over at once, so the same press acknowledges and clears the alarm."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "leave")
    stand.press("officer-1", "lost")
    stand.card(CARDS[0])
    assert list(stand.state.alarms) == [LOST]
    stand.press("officer-2", "acknowledge")
    assert stand.state.alarms == {}
    assert [record.type for record in stand.records[-2:]] == [
        "gardu.alarm.acknowledged.v1", "gardu.alarm.cleared.v1",
    ]  # fmt: skip


def test_every_alarm_of_the_page_is_in_the_contract() -> None:
    """Every alarm that officers read about is in the contract with the central office."""
    page, contract = (
        (DOCS / name).read_text(encoding="utf-8") for name in ("unexpected.md", "mqtt.md")
    )
    named = set(re.findall(r"alarm[^|]*?`((?:[a-z]+-)+(?:N|NAME|[a-z]+))`", page))
    assert len(named) >= 8
    for alarm in named:
        assert f"`{alarm}`" in contract, alarm
