"""Pools of cards: each guest gets a card of the pool of its kind or procedure, and of no other."""

from msgspec.json import encode
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, FlashLamp
from edge.sop.lamps import occupancy
from edge.sop.procedures.model import Procedure
from edge.sop.records import StepCompleted, VisitClosed, VisitOpened
from edge.sop.state import GuestKind, Rules
from tests.sop.stand import CARDS, PROCEDURES, Stand, rules

VIP, CONTRACTOR = "0100FF0001", "0100FF0002"


def pooled(procedures: dict[str, Procedure] = PROCEDURES) -> Rules:
    """Return rules with two further pools, and a kind of guests for one of them."""
    return rules(
        procedures,
        pools={"vip": frozenset({VIP}), "contractor": frozenset({CONTRACTOR})},
        guest_kinds={"vip": GuestKind(card_pool="vip"), "elderly": GuestKind(priority=1)},
    )


def arrived(stand: Stand, guest_kind: str | None = None, procedure: str = "eselon-4-asn") -> str:
    """A guest arrives, and the aide accepts: the visit waits for a card."""
    stand.send(
        events.ButtonPressed(stand.now, "reception", "arrive", procedure, guest_kind=guest_kind)
    )
    stand.answer("accept")
    return max(stand.state.visits.values(), key=lambda visit: visit.number).id


def test_a_kind_of_guests_gets_cards_of_its_pool_only() -> None:
    """A VIP is refused a visitor card, with beeps, flash and a count, and gets the VIP's card."""
    stand = Stand(pooled())
    visit = arrived(stand, "vip")
    effects = stand.card(CARDS[0])
    assert effects == [Beep("refused"), FlashLamp("reception")]
    assert stand.state.refusals == {"card/desk/other pool": 1}
    assert stand.state.foreign == {}
    assert Beep("accepted") in stand.card(VIP)
    assert stand.state.cards == {VIP: visit}


def test_a_card_finds_the_first_guest_who_waits_for_its_pool() -> None:
    """Two guests wait at the desk: each card goes to the guest of its pool, in any order."""
    stand = Stand(pooled())
    vip = arrived(stand, "vip")
    other = arrived(stand)
    stand.card(CARDS[0])
    stand.card(VIP)
    assert stand.state.cards == {CARDS[0]: other, VIP: vip}


def test_a_procedure_draws_from_its_pool() -> None:
    """``card_pool`` of a procedure holds for guests whose kind has no pool of its own."""
    procedures = {"eselon-4-asn": replace(PROCEDURES["eselon-4-asn"], card_pool="contractor")}
    stand = Stand(pooled(procedures))
    visit = arrived(stand, "elderly")
    assert Beep("refused") in stand.card(CARDS[0])
    stand.card(CONTRACTOR)
    assert stand.state.cards == {CONTRACTOR: visit}


def test_a_card_of_a_pool_that_no_guest_waits_for_is_refused_as_before() -> None:
    """Without a guest who waits for a card it is only a free card that is shown."""
    stand = Stand(pooled())
    stand.card(VIP)
    assert stand.state.refusals == {"card/desk/free": 1}


def test_the_desk_names_the_kind_until_there_is_a_card() -> None:
    """A request chooses the pool; with the card given, another kind is refused and counted."""
    stand = Stand(pooled())
    visit = arrived(stand)
    stand.send(events.GuestKindNamed(stand.now, visit, "vip"))
    assert Beep("refused") in stand.card(CARDS[0])
    stand.card(VIP)
    stand.send(events.GuestKindNamed(stand.now, visit, "elderly"))
    assert stand.state.visits[visit].guest_kind == "vip"
    assert stand.state.refusals["guest-kind/too late"] == 1
    stand.press("reception", "done")
    (step,) = stand.steps()
    assert step.guest_kind == "vip"
    assert "guest-kind" in step.evidence


def test_records_have_the_kind_only_where_one_was_named() -> None:
    """Opened, steps and end: the key is absent for a guest without a kind, as before."""
    stand = Stand(pooled())
    for kind in (None, "vip"):
        arrived(stand, kind)
        stand.press("reception", "leave")
    for data in (VisitOpened, StepCompleted, VisitClosed):
        without, with_kind = stand.data(data)
        assert b"guest_kind" not in encode(without)
        assert b'"guest_kind":"vip"' in encode(with_kind)


def test_an_unknown_kind_of_a_button_is_no_kind() -> None:
    """A button of an older config opens the visit all the same."""
    stand = Stand(pooled())
    visit = arrived(stand, "gone")
    assert stand.state.visits[visit].guest_kind is None


def test_occupancy_counts_each_further_pool() -> None:
    """The office sees how many cards of a pool are out; without pools the topic is as before."""
    stand = Stand(pooled())
    arrived(stand, "vip")
    stand.card(VIP)
    shown = occupancy(stand.rules, stand.state)
    assert shown["card_pools"] == [
        {"pool": "vip", "cards": 1, "out": 1},
        {"pool": "contractor", "cards": 1, "out": 0},
    ]
    assert "card_pools" not in occupancy(rules(), stand.state)
