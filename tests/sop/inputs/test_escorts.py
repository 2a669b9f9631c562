"""Escorts' cards: who goes with a guest is known by a number, and not with too many at once."""

import pytest
from msgspec.json import encode

from edge.sop.effects import Beep
from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.verify import verify
from tests.sop.archive import ARCHIVE, archive_rules, registered, visit
from tests.sop.stand import Stand

FIRST, SECOND, SPARE = "0100EE0001", "0100EE0002", "0100EE0003"
ESCORTS = {FIRST: "pengantar-1", SECOND: "pengantar-2", SPARE: "pengantar-1"}
ESCORTED = ARCHIVE.replace(
    """id = "di-dalam"
needs""",
    """id = "antar"
on = [{ event = "card.escort", to = "di-dalam" }, { event = "button.done", to = "di-dalam" }]

[[steps.phases]]
id = "di-dalam"
needs""",
)


def escorted(text: str = ESCORTED) -> Stand:
    """Return a stand where each guest is escorted to the reading room."""
    readers = {"desk": ("reception", "officer-1")}
    return Stand(
        archive_rules(
            text,
            at_most=9,
            escorts=ESCORTS,
            readers=readers,
            card_readers=frozenset({"desk"}),
        )
    )


def test_the_record_names_the_escort() -> None:
    """The step has the evidence, and the escort's number; a step without an escort has no key."""
    stand = escorted()
    registered(stand)
    assert Beep("accepted") in stand.card(FIRST)
    stand.press("officer-1", "done")
    before, step = stand.steps()
    assert step.evidence == ("escort", "button")
    assert step.escort == "pengantar-1"
    assert b"escort" not in encode(before)


def test_an_escort_goes_with_as_many_as_allowed() -> None:
    """``escort_visits = 1``: by either card, the escort is refused until the guest is back."""
    stand = escorted("escort_visits = 1\n" + ESCORTED)
    registered(stand)
    second = registered(stand)
    stand.card(FIRST)
    for card in (FIRST, SPARE):
        assert Beep("refused") in stand.card(card)
    assert stand.state.refusals == {"card/desk/escort busy": 2}
    assert visit(stand, second).phase == "antar"
    stand.card(SECOND)
    assert visit(stand, second).escort == "pengantar-2"
    stand.press("officer-1", "done")
    stand.press("reception", "done")
    third = registered(stand)
    stand.card(SPARE)
    assert visit(stand, third).escort == "pengantar-1"


def test_without_a_limit_an_escort_goes_with_any_number() -> None:
    """Two guests walk together with one escort."""
    stand = escorted()
    visits = [registered(stand), registered(stand)]
    stand.card(FIRST)
    stand.card(FIRST)
    assert [visit(stand, one).escort for one in visits] == ["pengantar-1", "pengantar-1"]


def test_an_escort_is_free_again_after_release_escort() -> None:
    """The procedure says where the escort's task ends: before the guest has left the house."""
    text = ESCORTED.replace('["leave-place"]', '["leave-place", "release-escort"]')
    stand = escorted("escort_visits = 1\n" + text)
    first, second = registered(stand), registered(stand)
    stand.card(FIRST)
    assert Beep("refused") in stand.card(FIRST)
    stand.press("officer-1", "done")
    assert visit(stand, first).escort is None
    assert Beep("accepted") in stand.card(FIRST)
    assert visit(stand, second).escort == "pengantar-1"


def test_an_escorts_card_without_a_guest_is_refused() -> None:
    """It is the office's own card: no alarm, no pause, but a count."""
    stand = escorted()
    assert Beep("refused") in stand.card(FIRST)
    assert stand.state.refusals == {"card/desk/escort": 1}
    assert stand.state.foreign == {}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'id = "arsip"',
            'id = "arsip"\nescort_visits = 2',
            (
                "escort_visits: is 2, and no phase waits for an escort's card; allowed: with a "
                'transition on "card.escort"'
            ),
        ),
        (
            '["leave-place"]',
            '["leave-place", "release-escort"]',
            (
                "step keluar, phase pamit: do 'release-escort', and no phase waits for an escort's "
                'card; allowed: with a transition on "card.escort"'
            ),
        ),
        (
            "room:ruang-baca",
            "escort",
            (
                "step membaca, phase di-dalam: needs is 'escort', and no phase waits for an "
                "escort's card; allowed: "
                'with a transition on "card.escort"'
            ),
        ),
    ],
)
def test_an_escort_without_a_card_event_is_a_problem(old: str, new: str, problem: str) -> None:
    """Each use of an escort that can never come is reported with its place."""
    text = ARCHIVE.replace(old, new, 1)
    assert problem in verify(parse_procedure(text, "arsip.toml"))
