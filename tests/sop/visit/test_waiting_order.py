"""The order in which guests who wait are called: by waiting, by arrival, by priority."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sop import events
from edge.sop.state import GuestKind
from tests.sop.archive import ARCHIVE, archive_rules
from tests.sop.stand import CARDS, PROCEDURES, Stand, rules
from tests.sop.visit.test_course import register

KINDS = {"lansia": GuestKind(priority=2), "surat": GuestKind(priority=1)}
BY_ARRIVAL = 'waiting_order = "arrival"\n' + ARCHIVE


def full_room(text: str = ARCHIVE) -> Stand:
    """Return a stand with one guest in the reading room, which is full."""
    stand = Stand(archive_rules(text, at_most=1, guest_kinds=KINDS))
    arrive(stand)
    stand.press("reception", "done")
    return stand


def arrive(stand: Stand, guest_kind: str | None = None) -> None:
    """A guest arrives at the desk."""
    stand.send(
        events.ButtonPressed(stand.now, "reception", "arrive", "arsip", guest_kind=guest_kind)
    )


def waiting(stand: Stand) -> list[int]:
    """Return the numbers of the visits that wait for room, in the order of the line."""
    line = sorted(stand.state.visits.values(), key=lambda visit: visit.place)
    return [visit.number for visit in line if visit.phase == "menunggu"]


def test_a_priority_goes_before_who_came_earlier() -> None:
    """The elderly first, then guests with an official letter, each in the order of coming."""
    stand = full_room()
    for kind in (None, "surat", "lansia", "lansia", "surat", None):
        arrive(stand, kind)
        stand.press("reception", "done")
    assert waiting(stand) == [4, 5, 3, 6, 2, 7]


def test_next_holds_against_later_guests() -> None:
    """A guest who was sent to the end of the line stays there when another begins to wait."""
    stand = full_room(ARCHIVE.replace('lamp = "off"', 'lamp = "on"'))
    for kind in ("lansia", None):
        arrive(stand, kind)
        stand.press("reception", "done")
    for _ in range(2):  # the guest in the room, then the first who waits
        stand.press("officer-1", "next")
    assert waiting(stand) == [3, 2]
    for kind in (None, "lansia"):
        arrive(stand, kind)
        stand.press("reception", "done")
    assert waiting(stand) == [3, 2, 5, 4]


def test_guests_are_called_in_the_order_of_their_arrival() -> None:
    """The first to arrive is called first, though the desk has served the other before."""
    for text, expected in ((ARCHIVE, [3, 2]), (BY_ARRIVAL, [2, 3])):
        stand = full_room(text)
        arrive(stand)
        arrive(stand)
        stand.press("reception", "next")
        stand.press("reception", "done")
        stand.press("reception", "done")
        assert waiting(stand) == expected


def test_the_aide_calls_by_priority() -> None:
    """In the waiting room of the shipped procedures the aide's *accept* calls the elderly first."""
    stand = Stand(replace(rules(), guest_kinds=KINDS))
    seated = []
    for number, kind in enumerate((None, "lansia")):
        register(stand, "eselon-4-asn", CARDS[number])
        visit = stand.state.cards[CARDS[number]]
        stand.state = replace(
            stand.state,
            visits={
                **stand.state.visits, visit: replace(stand.state.visits[visit], guest_kind=kind)
            },
        )  # fmt: skip
        stand.press("officer-1", "done")
        stand.press("officer-2", "nothing")
        seated.append(visit)
    stand.call()
    called = [one for one in seated if stand.state.visits[one].phase != "menunggu-panggilan"]
    assert called == [seated[1]]
    assert PROCEDURES["eselon-4-asn"].waiting_order == "waiting"


@settings(deadline=None)
@given(
    kinds=st.lists(st.sampled_from([None, "surat", "lansia"]), max_size=8),
    by_arrival=st.booleans(),
)
def test_the_line_is_sorted_and_places_are_unique(
    kinds: list[str | None], by_arrival: bool
) -> None:
    """However guests come: a higher priority is never behind a lower, and no two share a place."""
    stand = full_room(BY_ARRIVAL if by_arrival else ARCHIVE)
    for kind in kinds:
        arrive(stand, kind)
        stand.press("reception", "done")
    by_number = {visit.number: visit for visit in stand.state.visits.values()}
    keys = [
        (-KINDS.get(by_number[number].guest_kind or "", GuestKind()).priority, number)
        for number in waiting(stand)
    ]
    assert keys == sorted(keys)
    places = [visit.place for visit in stand.state.visits.values()]
    assert len(places) == len(set(places))
