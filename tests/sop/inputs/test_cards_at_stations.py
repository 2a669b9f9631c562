"""The card is the guest: where a station has a reader, the card shown says who is served."""

import pytest

from edge.sop import events
from edge.sop.effects import Beep, UnlockLocker
from edge.sop.lamps import lamps
from edge.sop.state import Visit
from tests.sop.stand import CARDS, Stand, rules

REFUSED = Beep("refused")
TANJUNG = ("pimpinan", "eselon-2-3", "eselon-4-asn")
STATIONS = ("reception", "officer-1", "officer-2", "officer-3", "aide", "escort")


def everywhere(*stations: str) -> Stand:
    """Return a checkpoint with a reader at *stations* (at every station, if none is given)."""
    readers = {"desk": stations or STATIONS, "gate": ("reception",)}
    return Stand(rules(readers=readers, card_readers=frozenset({"desk"})))


def visit_of(stand: Stand, card: str) -> Visit:
    """Return the open visit that has *card*."""
    return stand.state.visits[stand.state.cards[card]]


def register(stand: Stand, card: str, procedure: str = "pimpinan") -> None:
    """A guest is given *card* and goes to officer 1."""
    stand.press("reception", "arrive", procedure)
    stand.answer("accept")
    stand.card(card)
    stand.press("reception", "done")


def fail(stand: Stand, device: str = "card-reader/desk") -> None:
    """A device stops working."""
    stand.send(events.DeviceFailed(stand.now, device, "unplugged"))


@pytest.mark.parametrize("procedure", TANJUNG)
def test_rule_07_no_button_applies_before_the_card_is_shown(procedure: str) -> None:
    """Steps 2 and 3: two beeps before the card; the card is the first evidence of each."""
    stand = everywhere()
    register(stand, CARDS[0], procedure)
    assert REFUSED in stand.press("officer-1", "done")
    stand.card(CARDS[0])
    stand.press("officer-1", "done")
    assert REFUSED in stand.press("officer-2", "locker")
    stand.card(CARDS[0])
    stand.press("officer-2", "nothing")
    assert [step.evidence for step in stand.steps()[1:]] == [("card", "button")] * 2


def test_rule_07_the_locker_is_that_of_the_guest_who_showed_the_card() -> None:
    """B steps up first and shows the card: the locker is B's, and opens by B's card alone."""
    stand = everywhere()
    for card in CARDS[:2]:
        register(stand, card)
    for card in CARDS[:2]:
        stand.card(card)
        stand.press("officer-1", "done")
    stand.card(CARDS[1])
    stand.press("officer-2", "locker")
    assert stand.of(UnlockLocker)[-1].visit == visit_of(stand, CARDS[1]).id
    assert visit_of(stand, CARDS[0]).lockers == ()
    stand.opened(1)
    stand.closed_door(1)
    stand.card(CARDS[0])
    stand.press("officer-2", "locker")
    assert visit_of(stand, CARDS[0]).lockers == (2,)


def test_rule_07_of_two_who_showed_their_cards_the_last_is_served() -> None:
    """The press after a card is for that card's guest, also if another has shown one before."""
    stand = everywhere()
    for card in CARDS[:2]:
        register(stand, card)
    for card in CARDS[:2]:
        stand.card(card)
    stand.press("officer-1", "done")
    assert visit_of(stand, CARDS[1]).step == "penitipan"
    assert visit_of(stand, CARDS[0]).step == "menunggu"


def test_one_card_shows_a_whole_group() -> None:
    """At steps 2 and 3 one person of the group shows a card for all."""
    stand = everywhere()
    stand.press("reception", "arrive", "pimpinan")
    stand.press("reception", "more")
    stand.answer("accept")
    for card in CARDS[:2]:
        stand.card(card)
    stand.press("reception", "done")
    stand.card(CARDS[1])
    stand.press("officer-1", "done")
    assert visit_of(stand, CARDS[0]).step == "penitipan"


def test_rule_07_without_a_reader_the_first_in_line_is_served_and_no_card_is_recorded() -> None:
    """A reader at reception alone: officers 1 and 2 serve in order, the records have no card."""
    stand = everywhere("reception")
    for card in CARDS[:2]:
        register(stand, card)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    assert visit_of(stand, CARDS[0]).step == "pemeriksaan"
    assert [step.evidence for step in stand.steps()[2:]] == [("button",), ("button",)]


def test_a_guest_without_a_card_is_served_all_the_same() -> None:
    """Reception has vouched for the guest: there is no card to wait for."""
    stand = everywhere()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    stand.press("reception", "accept")
    stand.press("reception", "done")
    stand.press("officer-1", "done")
    assert [visit.step for visit in stand.state.visits.values()] == ["penitipan"]


def test_rule_07_a_reader_that_dies_holds_no_guest_up() -> None:
    """Guests who wait for their card to be read are served as without a reader, at once."""
    stand = everywhere()
    for card in CARDS[:2]:
        register(stand, card)
    fail(stand, "camera/lobby")
    assert visit_of(stand, CARDS[0]).phase == "kartu"
    fail(stand)
    assert visit_of(stand, CARDS[0]).phase == "arahkan"
    stand.press("officer-1", "done")
    assert visit_of(stand, CARDS[0]).phase == "tanya"
    stand.send(events.DeviceRestored(stand.now, "card-reader/desk"))
    assert REFUSED not in stand.press("officer-1", "done"), "went on without the card"
    assert visit_of(stand, CARDS[1]).phase == "kartu", "from now on it is asked for again"


def test_another_reader_at_the_station_is_enough() -> None:
    """One of two readers at a station fails: the card is shown to the other."""
    readers = {"desk": ("reception", "officer-1"), "wall": ("officer-1",)}
    stand = Stand(rules(readers=readers, card_readers=frozenset(readers)))
    register(stand, CARDS[0])
    fail(stand)
    assert visit_of(stand, CARDS[0]).phase == "kartu"
    fail(stand, "card-reader/wall")
    assert visit_of(stand, CARDS[0]).phase == "arahkan"


def test_a_scanner_reads_no_cards() -> None:
    """A scanner of invitations at a station asks for no card there."""
    stand = Stand(
        rules(
            readers={"desk": ("reception",), "gate": ("officer-1",)},
            card_readers=frozenset({"desk"}),
        )
    )
    register(stand, CARDS[0])
    assert visit_of(stand, CARDS[0]).phase == "arahkan"


def test_a_reader_that_is_gone_after_a_restart_holds_no_guest_up() -> None:
    """The config of the new start has no reader at the station any more."""
    stand = everywhere()
    register(stand, CARDS[0])
    stand.rules = everywhere("reception").rules
    stand.restart()
    assert visit_of(stand, CARDS[0]).phase == "arahkan"


def test_an_officer_vouches_for_a_card_that_is_not_read() -> None:
    """A broken reader may give no fault: *leave*, *done*; then *nothing* and the usual press."""
    stand = everywhere()
    register(stand, CARDS[0])
    stand.press("officer-1", "leave")
    assert lamps(stand.rules, stand.state)["officer-1"] == "slow"
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.press("officer-2", "locker")
    stand.opened(1)
    assert visit_of(stand, CARDS[0]).lockers == (1,)
    stand.closed_door(1)
    assert [step.evidence for step in stand.steps()[1:]] == [
        ("button", "button"),
        ("button", "button", "locker-opened", "locker-closed"),
    ]


def test_a_guest_who_is_gone_before_the_card_was_shown_needs_two_presses() -> None:
    """*leave*, *leave*, as at the return: one mistaken press ends no visit with its card out."""
    stand = everywhere()
    register(stand, CARDS[0])
    stand.press("officer-1", "leave")
    assert stand.outcomes() == []
    stand.press("officer-1", "leave")
    assert [(end.outcome, end.cards_out) for end in stand.closed] == [("abandoned", 1)]


def test_back_into_a_step_asks_for_its_card_only_where_it_can_be_shown() -> None:
    """A door ended the step: *back* leads to its beginning, past a reader that does not work."""
    for works, phase in ((True, "kartu"), (False, "tanya")):
        stand = everywhere()
        register(stand, CARDS[0])
        for station in ("officer-1", "officer-2"):
            stand.card(CARDS[0])
            stand.press(station, "done" if station == "officer-1" else "locker")
        stand.opened(1)
        stand.closed_door(1)
        if not works:
            fail(stand)
        stand.press("officer-3", "back")
        assert (visit_of(stand, CARDS[0]).step, visit_of(stand, CARDS[0]).phase) == (
            "penitipan", phase,
        )  # fmt: skip


def to_the_screening(stand: Stand, card: str, procedure: str) -> None:
    """A guest is called to the metal detector, with nothing to store."""
    register(stand, card, procedure)
    stand.card(card)
    stand.press("officer-1", "done")
    stand.card(card)
    stand.press("officer-2", "nothing")
    stand.call()


def test_lampiran_ii_shows_the_card_at_the_screening_too() -> None:
    """A walk before the card is no screening, neither of this guest nor of the next one."""
    stand = everywhere()
    to_the_screening(stand, CARDS[0], "eselon-2-3")
    stand.detector("passage")
    assert REFUSED in stand.press("officer-3", "done")
    stand.card(CARDS[0])
    stand.detector("passage")
    stand.press("officer-3", "done")
    assert stand.steps()[-1].evidence == ("aiphone", "passage", "card", "passage", "button")


def test_metal_before_the_card_is_an_alarm_all_the_same() -> None:
    """The guest has walked without showing the card: the alarm is that guest's."""
    stand = everywhere()
    to_the_screening(stand, CARDS[0], "eselon-2-3")
    stand.detector("alarm")
    assert visit_of(stand, CARDS[0]).phase == "alarm-tanpa-kartu"
    assert "metal-detector" in stand.state.alarms


def test_an_alarm_is_no_way_past_the_card() -> None:
    """After metal the card is still due, and the alarm stands until all have walked clear."""
    stand = everywhere()
    to_the_screening(stand, CARDS[0], "eselon-2-3")
    stand.detector("alarm", "passage", "clear")
    stand.wait(2)
    assert visit_of(stand, CARDS[0]).phase == "kartu"
    stand.detector("passage")
    stand.wait(2)
    assert visit_of(stand, CARDS[0]).phase == "kartu"
    stand.card(CARDS[0])
    assert "metal-detector" in stand.state.alarms
    stand.detector("passage")
    assert visit_of(stand, CARDS[0]).phase == "bersih"
    assert "metal-detector" not in stand.state.alarms


def test_lampiran_i_lists_no_card_at_the_screening() -> None:
    """The card is not asked for where the law does not list it, even beside a reader."""
    stand = everywhere()
    to_the_screening(stand, CARDS[0], "pimpinan")
    assert visit_of(stand, CARDS[0]).phase == "lewat"


@pytest.mark.parametrize("reader", [True, False])
def test_the_card_is_shown_to_the_aide_only_beside_a_reader(*, reader: bool) -> None:
    """With a reader there the guest who was called shows the card; else the meeting begins."""
    stand = everywhere() if reader else everywhere("reception")
    register(stand, CARDS[0], "eselon-4-asn")
    if reader:
        stand.card(CARDS[0])
    stand.press("officer-1", "done")
    if reader:
        stand.card(CARDS[0])
    stand.press("officer-2", "nothing")
    stand.call()
    assert visit_of(stand, CARDS[0]).phase == ("kartu" if reader else "bertemu")
    if reader:
        stand.card(CARDS[0])
    assert visit_of(stand, CARDS[0]).phase == "bertemu"
    stand.answer("decline")
    evidence = ("aiphone", "card", "aiphone") if reader else ("aiphone", "aiphone")
    assert stand.steps()[-1].evidence == evidence


def test_the_escort_of_jatim_takes_the_guest_whose_id_was_shown() -> None:
    """*ID tamu* is listed at the escort's step: beside a reader it says who is escorted."""
    stand = everywhere()
    for card in CARDS[:2]:
        stand.press("security", "arrive", "jatim")
        stand.press("security", "done")
        stand.press("reception", "done")
        stand.answer("accept")
        stand.card(card)
        stand.press("reception", "done")
    stand.card(CARDS[1])
    stand.answer("release")
    assert visit_of(stand, CARDS[1]).phase == "pintu"
    assert visit_of(stand, CARDS[0]).phase == "kartu"
