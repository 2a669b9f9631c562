"""Foreign cards one after the other: an alarm, and a reader that pauses."""

import pytest

from edge.sop import events
from edge.sop.effects import Beep
from tests.sop.stand import CARDS, SUPERVISOR, Stand, rules

ALARM = "foreign-cards"


def shown(stand: Stand, number: int, reader: str = "desk") -> None:
    """Show foreign card *number* at *reader*."""
    stand.send(events.CardPresented(stand.now, reader, f"FFFF{number:06X}"))


def guessing(stand: Stand) -> Stand:
    """Show as many foreign cards as make the reader pause."""
    for number in range(4):
        stand.wait(2)
        shown(stand, number)
    return stand


def test_a_guest_with_a_few_wrong_cards_is_only_refused() -> None:
    """Three foreign cards in a minute, and more of them later, raise no alarm."""
    stand = Stand()
    for number in range(9):
        shown(stand, number)
        stand.wait(21)
    assert ALARM not in stand.state.alarms
    assert stand.state.refusals == {"card/desk/unknown": 9}


@pytest.mark.parametrize("card", [CARDS[0], SUPERVISOR])
def test_a_reader_that_numbers_are_tried_at_pauses_with_an_alarm(card: str) -> None:
    """The fourth foreign card: alarm, and every card is refused and counted for 30 seconds."""
    stand = guessing(Stand())
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    assert stand.state.alarms[ALARM].detail == "shown at desk"
    assert Beep("refused") in stand.card(card)
    assert stand.state.cards == {}
    assert stand.state.supervision is None
    assert stand.state.refusals == {"card/desk/unknown": 4, "card/desk/paused": 1}
    stand.wait(30)
    assert ALARM not in stand.state.alarms
    assert Beep("accepted") in stand.card(card)


def test_the_other_readers_go_on() -> None:
    """A pause is for one reader: guests at another one are served."""
    stand = guessing(Stand())
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    effects = stand.send(events.CardPresented(stand.now, "gate", CARDS[0]))
    assert Beep("accepted") in effects


def test_cards_during_the_pause_do_not_prolong_it() -> None:
    """A card that is held to the reader again and again shuts it for 30 seconds, not for ever."""
    stand = guessing(Stand())
    for number in range(14):
        stand.wait(2)
        shown(stand, number)
    stand.wait(2)
    assert ALARM not in stand.state.alarms


def test_a_restart_ends_no_pause_and_makes_none_eternal() -> None:
    """Killed while a reader pauses: it still pauses, and goes on at the same moment."""
    stand = guessing(Stand())
    stand.wait(10)
    stand.restart()
    assert ALARM in stand.state.alarms
    assert Beep("refused") in stand.card(CARDS[0])
    stand.wait(20)
    assert (ALARM in stand.state.alarms, stand.state.foreign) == (False, {})


def test_a_reader_that_is_taken_out_of_the_config_leaves_no_alarm() -> None:
    """Paused, then removed from the config: the alarm is cleared at the next start."""
    stand = guessing(Stand())
    stand.rules = rules(readers={"gate": ("reception",)})
    stand.restart()
    assert ALARM not in stand.state.alarms
