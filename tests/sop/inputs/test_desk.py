"""Step 1's evidence (guest book, signature, ID), and the IDs: each is held, and given back once."""

import msgspec
import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, TakeStill
from edge.sop.lamps import occupancy
from edge.sop.procedures.model import Phase, Procedure, Transition
from edge.sop.records import DayClosed, StepCompleted, VisitJoined, VisitReconciled
from edge.sop.state import Rules, Visit
from edge.sop.visit import identities
from tests.restored import stored
from tests.sop.stand import CARDS, PROCEDURES, SUPERVISOR, Stand, rules
from tests.sop.test_day import DAYS
from tests.sop.visit.test_course import visit

TANJUNG = ["pimpinan", "eselon-2-3", "eselon-4-asn"]
PAGE = frozenset(["desk", "alarm", "guestbook"])


def called(stand: Stand, procedure: str = "pimpinan") -> Visit:
    """A guest whose host accepts stands at reception; return the visit."""
    stand.press("reception", "arrive", procedure)
    stand.answer("accept")
    return newest(stand)


def newest(stand: Stand) -> Visit:
    """Return the newest open visit."""
    return max(stand.state.visits.values(), key=lambda visit: visit.number)


def carded(stand: Stand, *cards: str) -> None:
    """Reception hands out *cards* (one card, if none is named) and confirms the step."""
    for card in cards or CARDS[:1]:
        stand.card(card)
    stand.press("reception", "done")


def pictured(stand: Stand, purpose: str = "guestbook") -> None:
    """The still for *purpose* arrives."""
    (still,) = [key for key, one in stand.state.stills.items() if one.purpose == purpose]
    stand.send(events.StillTaken(stand.now, still, "ab" * 32, 1000))


def desk(stand: Stand, visit: str, *, identity: events.IdentityKind | None = None) -> None:
    """A desk application attaches the guest's details, perhaps with the ID that it has taken."""
    stand.send(events.DetailsAttached(stand.now, visit, 1, identity))


def first(stand: Stand) -> StepCompleted:
    """Return the record of step 1."""
    return stand.steps()[0]


@pytest.mark.parametrize("procedure", TANJUNG)
def test_the_receptionist_presses_no_more_than_before_and_vouches(procedure: str) -> None:
    """On a panel without buttons for IDs: card and *done*; the record shows the button alone."""
    stand = Stand()
    called(stand, procedure)
    carded(stand)
    assert first(stand).evidence == ("aiphone", "card", "button")
    assert newest(stand).identities == (identities.UNSTATED,)
    assert newest(stand).vouched == ("guest-book", "signature")
    assert [still.purpose for still in stand.of(TakeStill)] == ["desk"]


@pytest.mark.parametrize("procedure", TANJUNG)
def test_one_picture_of_the_page_shows_the_entry_and_the_signature(procedure: str) -> None:
    """The procedure says that one still serves for both; it is evidence once it is taken."""
    stand = Stand(rules(purposes=PAGE))
    called(stand, procedure)
    stand.card(CARDS[0])
    pictured(stand)
    stand.press("reception", "done")
    assert first(stand).evidence == ("aiphone", "card", "guest-book", "signature", "button")
    assert [still.purpose for still in first(stand).stills] == ["desk", "guestbook"]


@pytest.mark.parametrize("missed", [True, False])
def test_a_broken_camera_holds_up_no_guest(*, missed: bool) -> None:
    """No picture, or one that comes when the step is over: the officer has vouched."""
    stand = Stand(rules(purposes=PAGE))
    called(stand)
    stand.card(CARDS[0])
    if missed:
        (still,) = [key for key, one in stand.state.stills.items() if one.purpose == "guestbook"]
        stand.send(events.StillMissed(stand.now, still, "no picture"))
    stand.press("reception", "done")
    if not missed:
        pictured(stand)
    assert first(stand).evidence == ("aiphone", "card", "button")
    assert newest(stand).evidence == ()
    assert newest(stand).papers == (() if missed else ("guest-book", "signature"))


def test_details_show_the_entry_and_the_signature_is_still_wanted() -> None:
    """The desk application registers the guest: the picture is taken for the signature alone."""
    stand = Stand(rules(purposes=PAGE))
    desk(stand, called(stand).id)
    stand.card(CARDS[0])
    pictured(stand)
    stand.press("reception", "done")
    assert first(stand).evidence == ("aiphone", "guest-book", "card", "signature", "button")


def test_no_second_picture_of_a_page_that_was_shown() -> None:
    """A page is personal data: it is not taken again after a correction."""
    stand = Stand(rules(purposes=PAGE))
    called(stand)
    stand.card(CARDS[0])
    pictured(stand)
    stand.press("reception", "back")
    stand.card(CARDS[1])
    taken = [still.purpose for still in stand.of(TakeStill)]
    assert (taken.count("desk"), taken.count("guestbook")) == (2, 1)


def test_the_page_of_jatim_is_taken_as_the_host_is_called() -> None:
    """The guest book is step 3's; the picture of its page is evidence of step 4."""
    stand = Stand(rules(purposes=PAGE))
    stand.press("security", "arrive", "jatim")
    stand.press("security", "done")
    stand.press("reception", "done")
    assert newest(stand).vouched == ("guest-book",)
    pictured(stand)
    stand.answer("accept")
    assert [step.evidence for step in stand.steps()[2:]] == [
        ("button",), ("guest-book", "aiphone"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("procedure", "button", "kind"),
    [
        ("pimpinan", "identity-ktp", "ktp"),
        ("eselon-2-3", "identity-sim", "sim"),
        ("eselon-4-asn", "identity-other", "other"),
        ("jatim", "identity-ktp", "ktp"),
    ],
)
def test_a_button_states_the_kind_of_the_id(procedure: str, button: str, kind: str) -> None:
    """The record has the kind as evidence of its step; a second press is refused: one guest."""
    stand = Stand()
    if procedure == "jatim":
        stand.press("security", "arrive", "jatim")
        stand.press("security", "done")
        stand.press("reception", "done")
        stand.answer("accept")
    else:
        called(stand, procedure)
    assert Beep("accepted") in stand.press("reception", button)
    assert Beep("refused") in stand.press("reception", button)
    carded(stand)
    assert newest(stand).identities == (kind,)
    assert f"identity-{kind}" in stand.steps()[-1].evidence
    assert stand.state.ids_held == 1


def test_a_kind_can_be_stated_after_the_card() -> None:
    """The order at the desk is free: card first, then the ID, then *done*."""
    stand = Stand()
    called(stand)
    stand.card(CARDS[0])
    stand.press("reception", "identity-sim")
    stand.press("reception", "done")
    assert first(stand).evidence == ("aiphone", "card", "identity-sim", "button")
    assert newest(stand).identities == ("sim",)


def test_an_id_is_taken_of_each_person_of_a_group() -> None:
    """Three persons: two kinds by two presses, the third by the officer's *done*."""
    stand = Stand()
    called(stand)
    for _ in range(2):
        stand.press("reception", "more")
    stand.press("reception", "identity-ktp")
    stand.press("reception", "identity-sim")
    carded(stand, *CARDS[:3])
    assert newest(stand).identities == ("ktp", "sim", "unstated")
    assert (stand.state.ids_held, len(stand.state.cards)) == (3, 3)
    assert occupancy(stand.rules, stand.state)["ids_held"] == 3


def test_an_id_is_for_the_first_guest_who_lacks_one() -> None:
    """Rule 2: two guests at reception; guests at other stations are not meant."""
    stand = Stand()
    one = called(stand)
    two = called(stand, "eselon-2-3")
    stand.press("reception", "identity-ktp")
    stand.press("reception", "identity-sim")
    visits = stand.state.visits
    assert (visits[one.id].identities, visits[two.id].identities) == (("ktp",), ("sim",))
    assert Beep("refused") in stand.press("officer-1", "identity-ktp")


@pytest.mark.parametrize("when", ["ringing", "vouched", "twice"])
def test_the_desk_application_states_the_id(when: str) -> None:
    """While it rings; after *done* (the kind of the ID that was vouched for); or sent again."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    visit = newest(stand).id
    if when == "vouched":
        stand.answer("accept")
        carded(stand)
    desk(stand, visit, identity="student-card")
    if when == "twice":
        desk(stand, visit, identity="student-card")
        assert stand.state.refusals == {"identity/known": 1}
    assert newest(stand).identities == ("student-card",)
    assert "identity-student-card" in newest(stand).evidence


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_procedure_gives_the_id_back_at_its_last_step(procedure: str) -> None:
    """The record of the return says so, and no ID is held then."""
    stand = Stand()
    if procedure == "jatim":
        stand.press("security", "arrive", "jatim")
        stand.press("security", "done")
        stand.press("reception", "done")
        stand.answer("accept")
        carded(stand)
        stand.answer("release")
        stand.press("escort", "done")
        stand.card(CARDS[0])
        assert stand.state.ids_held == 1
        stand.press("reception", "done")
    else:
        visit(stand, procedure, screened=procedure != "eselon-4-asn")
    assert stand.steps()[-1].evidence[-1] == "identity-returned"
    assert [step.number for step in stand.steps() if "identity-returned" in step.evidence] == [
        PROCEDURES[procedure].steps[-1].number
    ]
    assert stand.closed[0].ids_held == stand.state.ids_held == 0


@pytest.mark.parametrize("ends", ["decline", "leave"])
def test_a_guest_who_gets_no_card_keeps_the_id(ends: str) -> None:
    """Turned away or gone before the exchange: the ID lies on the desk, and is given back."""
    stand = Stand()
    called(stand)
    stand.press("reception", "identity-ktp")
    stand.press("reception", ends)
    assert first(stand).evidence[-1] == "identity-returned"
    assert stand.state.ids_held == 0
    assert stand.data(VisitReconciled) == []


def gone(*, with_day: bool = False, persons: int = 1) -> Stand:
    """Return a stand: guests left without a word, with a card, and without their IDs."""
    stand = Stand(rules(day=DAYS) if with_day else None)
    called(stand)
    for _ in range(persons - 1):
        stand.press("reception", "more")
    stand.card(CARDS[0])
    stand.press("reception", "accept")  # the reader fails: no card for the others
    stand.press("reception", "done")
    stand.press("officer-1", "leave")
    (closed,) = stand.closed
    assert (closed.ids_held, closed.card_out) == (persons, True)
    assert stand.state.ids_held == persons
    return stand


def test_an_id_that_was_left_is_given_back_when_the_card_comes_back() -> None:
    """Rule 9: the card of yesterday at any reader settles the ID too, once."""
    stand = gone(persons=2)
    holder = stand.closed[0].visit
    stand.state = stored(stand.state)
    stand.restart()
    stand.card(CARDS[0])
    told = [(data.visit, data.returned, data.by) for data in stand.data(VisitReconciled)]
    assert told == [
        (holder, "card", "equipment"), *2 * [(holder, "identity", "equipment")],
    ]  # fmt: skip
    assert (stand.state.ids_held, stand.state.identities) == (0, {})


def test_a_lost_card_that_is_found_settles_the_id() -> None:
    """Rule 11: until then the ID is held, although its card is out of the pool."""
    stand = gone()
    stand.press("officer-1", "lost")
    assert (stand.state.cards, stand.state.ids_held) == ({}, 1)
    stand.card(SUPERVISOR)
    stand.card(CARDS[0])
    assert [data.returned for data in stand.data(VisitReconciled)] == ["card", "identity"]
    assert stand.state.ids_held == 0


def test_the_day_counts_ids_and_closes_when_the_last_is_given_back() -> None:
    """The card is lost, the ID is held: the day asks for it, and *reconcile* settles it."""
    stand = gone(with_day=True)
    stand.press("officer-1", "lost")
    stand.close_day("reception")
    assert stand.said("gardu.day.closed.v1") == []
    stand.press("reception", "reconcile")
    (end,) = stand.data(DayClosed)
    assert (end.how, end.ids_held, end.cards_out, end.cards_lost) == ("closed", 0, 0, 1)
    assert [data.by for data in stand.data(VisitReconciled)] == ["officer"]


def test_a_day_that_is_carried_over_says_how_many_ids_are_held() -> None:
    """Three IDs for one card: the record counts IDs."""
    stand = gone(with_day=True, persons=3)
    stand.close_day("reception")
    stand.press("reception", "close-day")
    (end,) = stand.data(DayClosed)
    assert (end.how, end.ids_held, end.cards_out) == ("carried-over", 3, 1)


def test_the_ids_that_were_left_are_limited() -> None:
    """A checkpoint where guests always leave without their IDs: the state stays small."""
    stand = Stand(rules(cards=frozenset()))
    for _ in range(identities.MOST_LEFT + 2):
        called(stand)
        stand.press("reception", "accept")
        stand.press("reception", "done")
        stand.press("officer-1", "leave")
    assert len(stand.state.identities) == identities.MOST_LEFT
    assert stand.state.refusals["identity/too many left"] == 2
    assert len(msgspec.json.encode(stand.state.identities)) < 16_000


def test_a_visit_of_an_older_text_holds_no_id() -> None:
    """A text without a word of IDs: no press makes one that is never returned."""
    text = PROCEDURES["eselon-4-asn"]
    steps = tuple(
        replace(step, phases=tuple(replace(p, on=tuple(map(_plain, p.on))) for p in step.phases))
        for step in text.steps
    )
    stand = Stand(rules({"eselon-4-asn": replace(text, steps=steps)}))
    visit = called(stand, "eselon-4-asn")
    assert Beep("refused") in stand.press("reception", "identity-ktp")
    desk(stand, visit.id, identity="ktp")
    assert stand.state.refusals["identity/not taken here"] == 1
    carded(stand)
    stand.press("officer-1", "leave")
    assert (stand.state.ids_held, stand.closed[0].ids_held) == (0, 0)


def _plain(way: Transition) -> Transition:
    return replace(way, vouches=(), returns_identity=False)


def strict() -> Rules:
    """Return rules where reception must confirm guest book and ID before the card is given."""
    text = PROCEDURES["pimpinan"]
    step = text.steps[0]
    asks = Phase(
        id="lengkapi",
        on=(
            Transition(event="identity.taken", to="kartu"),
            Transition(event="button.done", to="kartu", vouches=("guest-book", "identity")),
        ),
    )
    phases = tuple(
        replace(phase, needs="identity", otherwise="lengkapi") if phase.id == "kartu" else phase
        for phase in step.phases
    )
    return rules({"pimpinan": _with(text, (*phases, asks))})


def _with(text: Procedure, phases: tuple[Phase, ...]) -> Procedure:
    return replace(text, steps=(replace(text.steps[0], phases=phases), *text.steps[1:]))


@pytest.mark.parametrize("way", ["button", "vouched", "registered"])
def test_an_office_may_demand_the_id_before_the_card(way: str) -> None:
    """``needs = "identity"``: no card before the ID is in hand, by a button, a word or the desk."""
    stand = Stand(strict())
    stand.press("reception", "arrive", "pimpinan")
    if way == "registered":
        desk(stand, newest(stand).id, identity="ktp")
    stand.answer("accept")
    if way != "registered":
        assert newest(stand).phase == "lengkapi"
        assert Beep("refused") in stand.card(CARDS[0])
        stand.press("reception", "identity-ktp" if way == "button" else "done")
    assert newest(stand).phase == "kartu"
    assert Beep("accepted") in stand.card(CARDS[0])


def test_details_count_the_persons_as_before() -> None:
    """The number of persons of the details is the head count, once (rule 17)."""
    stand = Stand()
    visit = called(stand).id
    for _ in range(2):
        stand.send(events.DetailsAttached(stand.now, visit, 4))
    assert [data.persons for data in stand.data(VisitJoined)] == [4]
    assert newest(stand).evidence == ("aiphone", "guest-book")
