"""Pools, rooms, kinds and escorts under any events: what must hold however guests come and go."""

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from edge.sop import events
from edge.sop.lamps import lamps, occupancy
from edge.sop.state import GuestKind, Visit
from edge.sop.visit.guest_kind import card_pool
from edge.sop.visit.room import persons_in
from tests.restored import stored
from tests.sop.archive import ARCHIVE, archive_rules
from tests.sop.stand import Stand

ROOM, AT_MOST, MOST_VISITS = "ruang-baca", 3, 2
VISITOR = [f"0100AA00{number:02X}" for number in range(4)]
GOLD = [f"0100BB00{number:02X}" for number in range(2)]
ESCORTS = {"0100EE0001": "pengantar-1", "0100EE0002": "pengantar-2"}
KINDS = {
    "vip": GuestKind(card_pool="emas", priority=2),
    "lansia": GuestKind(priority=1),
}
_CARD = """id = "kartu"
needs = "more-cards"
otherwise = "selesai"
on = [{ event = "card.issued", to = "kartu" }, { event = "button.accept", to = "selesai" }]

[[steps.phases]]
id = "selesai"
"""
_ESCORT = """id = "antar"
on = [{ event = "card.escort", to = "di-dalam" }, { event = "button.accept", to = "di-dalam" }]

[[steps.phases]]
id = "di-dalam"
"""
_RETURN = """do = ["leave-place", "release-escort"]
on = [{ event = "card.presented", to = "pamit" }, { event = "button.done", to = "kembali" }]

[[steps.phases]]
id = "kembali"
do = ["take-card"]
"""
# The guest gets a card, is escorted to the room, and gives the card back.
TEXT = f'escort_visits = {MOST_VISITS}\nwaiting_order = "arrival"\n' + ARCHIVE.replace(
    'id = "buku"\n', _CARD
).replace('id = "di-dalam"\n', _ESCORT).replace('do = ["leave-place"]\n', _RETURN)

REACHED: Counter[str] = Counter()


class House(RuleBasedStateMachine):
    """A house with one room, two pools of cards and two escorts."""

    def __init__(self) -> None:
        super().__init__()
        self.stand = Stand(
            archive_rules(
                TEXT,
                at_most=AT_MOST,
                cards=frozenset(VISITOR),
                pools={"emas": frozenset(GOLD)},
                escorts=ESCORTS,
                guest_kinds=KINDS,
                readers={"desk": ("reception", "officer-1")},
                card_readers=frozenset({"desk"}),
            )
        )
        self.before = 0
        self.excused = False

    def send(self, event: events.Event) -> None:
        """Send *event*; remember how full the room was."""
        self.before = persons_in(self.stand.state, ROOM)
        self.excused = False
        self.stand.send(event)

    @rule(kind=st.sampled_from([None, "vip", "lansia"]), more=st.sampled_from([0, 0, 1, 3]))
    def arrive(self, kind: str | None, more: int) -> None:
        """A guest or a group arrives."""
        now = self.stand.now
        self.send(events.ButtonPressed(now, "reception", "arrive", "arsip", guest_kind=kind))
        for _ in range(more):
            self.press("reception", "more")

    @rule(
        panel=st.sampled_from(["reception", "officer-1"]),
        action=st.sampled_from(
            ["done", "done", "accept", "leave", "next", "back", "more", "refuse"]
        ),
    )
    def press(self, panel: str, action: str) -> None:
        """Any button at any panel."""
        self.send(events.ButtonPressed(self.stand.now, panel, action))
        self.excused = action in ("back", "more")

    @rule(card=st.sampled_from([*VISITOR, *GOLD, *ESCORTS, "FFFFFFFFFF"]))
    def card(self, card: str) -> None:
        """Any card at the reader."""
        self.send(events.CardPresented(self.stand.now, "desk", card))

    @rule(which=st.integers(0, 5), kind=st.sampled_from(["vip", "lansia", "unknown"]))
    def named(self, which: int, kind: str) -> None:
        """A desk application names a kind, perhaps too late."""
        visits = [*self.stand.state.visits, "unknown"]
        self.send(events.GuestKindNamed(self.stand.now, visits[which % len(visits)], kind))

    @rule(
        good=st.lists(st.sampled_from(["card", "escort", "wait", "leave"]), max_size=4),
        kind=st.sampled_from([None, "vip"]),
    )
    def served(self, good: list[str], kind: str | None) -> None:
        """A guest is served well for a while: so that rooms fill and escorts are away."""
        self.arrive(kind, 0)
        for card in GOLD if kind else VISITOR:
            self.card(card)
        self.press("reception", "done")
        for deed in good:
            match deed:
                case "escort":
                    for card in ESCORTS:
                        self.card(card)
                case "wait":
                    self.stand.wait(60)
                case "leave":
                    self.press("officer-1", "done")
                case _:
                    self.press("officer-1", "accept")

    @rule()
    def restart(self) -> None:
        """A power cut: the state is that of the disk."""
        again = stored(self.stand.state)
        assert again == self.stand.state
        self.stand.state = again
        self.before = persons_in(again, ROOM)
        self.excused = False
        self.stand.restart()

    def teardown(self) -> None:
        """Count what this example has reached."""
        refused = self.stand.state.refusals
        REACHED["other pool"] += refused.get("card/desk/other pool", 0)
        REACHED["escort busy"] += refused.get("card/desk/escort busy", 0)
        REACHED["completed"] += self.stand.outcomes().count("completed")
        REACHED["escorted"] += any(step.escort for step in self.stand.steps())

    @invariant()
    def no_guest_enters_a_full_room(self) -> None:
        """Only a correction, or a person who joins, can make it fuller than allowed."""
        there = persons_in(self.stand.state, ROOM)
        assert there <= max(AT_MOST, self.before) or self.excused

    @invariant()
    def who_fits_does_not_wait(self) -> None:
        """The first in line whose group is not too large waits only because the room is full."""
        state = self.stand.state
        line = sorted(state.visits.values(), key=lambda visit: visit.place)
        waiting = [v for v in line if v.phase == "menunggu" and v.persons <= AT_MOST]
        REACHED["waits"] += bool(waiting)
        assert not waiting or waiting[0].persons + persons_in(state, ROOM) > AT_MOST

    @invariant()
    def each_card_is_of_its_pool(self) -> None:
        """No guest holds a card of another pool; the kind does not change after the card."""
        for visit in self.stand.state.visits.values():
            pool = card_pool(self.stand.rules, visit)
            assert all(self.stand.rules.pool_of(card) == pool for card in visit.cards)

    @invariant()
    def no_escort_goes_with_too_many(self) -> None:
        """At most as many visits at a time as the procedure allows."""
        with_escort = [v.escort for v in self.stand.state.visits.values() if v.escort]
        assert all(with_escort.count(one) <= MOST_VISITS for one in with_escort)

    @invariant()
    def places_in_line_are_unique(self) -> None:
        """No two visits share a place; lamps and topics can be shown in every state."""
        visits: list[Visit] = list(self.stand.state.visits.values())
        assert len({visit.place for visit in visits}) == len(visits)
        lamps(self.stand.rules, self.stand.state)
        (shown,) = occupancy(self.stand.rules, self.stand.state)["places"]
        assert shown["persons"] == persons_in(self.stand.state, ROOM)


def test_rooms_pools_and_escorts_under_any_events() -> None:
    """The invariants hold, and the machine reaches a full room with guests who wait."""
    run_state_machine_as_test(
        House,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,  # what it reaches is the same in every run
            suppress_health_check=list(HealthCheck),
        ),
    )
    never = [what for what, times in REACHED.items() if not times]
    assert len(REACHED) == 5
    assert never == []
