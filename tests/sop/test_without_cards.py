"""A checkpoint without cards: everything that is about cards elsewhere works without them."""

from datetime import UTC

from edge.sop import events
from edge.sop.effects import Beep
from edge.sop.inputs.outstanding import out
from edge.sop.lamps import occupancy
from edge.sop.records import DayClosed
from edge.sop.state import DayRules
from tests.sop.archive import archive_rules, registered
from tests.sop.stand import CARDS, Stand

DAYS = DayRules(opens_s=0, zone=UTC)


def test_a_day_without_cards_closes_with_nothing_out() -> None:
    """Guests come and go; no card is out, owed or lost, and the day closes by itself."""
    stand = Stand(archive_rules(day=DAYS))
    for _ in range(2):
        registered(stand)
        stand.press("officer-1", "done")
        stand.press("reception", "done")
    assert stand.outcomes() == ["completed", "completed"]
    assert all(not closed.card_out for closed in stand.closed)
    stand.close_day("reception")
    (day,) = stand.data(DayClosed)
    assert (day.how, day.cards_out, day.cards_lost, day.visits_open) == ("closed", 0, 0, 0)


def test_reconciliation_settles_the_visits_alone() -> None:
    """A guest who is still here in the evening is the only item; *reconcile* settles it."""
    stand = Stand(archive_rules(day=DAYS))
    registered(stand)
    stand.close_day("reception")
    assert [item.what for item in out(stand.rules, stand.state)] == ["visit"]
    assert Beep("accepted") in stand.press("reception", "reconcile")
    assert stand.data(DayClosed)[0].how == "closed"


def test_cards_and_lost_cards_are_refused() -> None:
    """A card at a reader that is left over is no card of the office; *lost* finds none."""
    stand = Stand(archive_rules(readers={"desk": ("reception",)}))
    registered(stand)
    assert Beep("refused") in stand.press("reception", "lost")
    assert Beep("refused") in stand.card(CARDS[0])
    assert stand.state.refusals == {"button/reception/lost": 1, "card/desk/unknown": 1}


def test_a_group_grows_without_cards() -> None:
    """*more* counts persons at the desk, and details of the guest book too."""
    stand = Stand(archive_rules(at_most=9))
    visit = registered(stand, 3)
    assert stand.state.visits[visit].persons == 3
    stand.send(events.DetailsAttached(stand.now, visit, 4))
    assert stand.state.visits[visit].persons == 4
    shown = occupancy(stand.rules, stand.state)
    assert (shown["persons"], shown["cards_out"], shown["cards_missing"]) == (4, 0, 0)
    assert shown["places"][0]["persons"] == 4
