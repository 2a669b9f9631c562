"""Whose turn it is: the people and the SOP core agree on the guest whom each deed is for."""

from contextvars import ContextVar

import pytest

from edge.sop import events
from edge.sop.state import State
from sim.people.deeds import Deeds, Heard
from sim.people.guests import Guest
from sim.people.place import Place
from sim.people.stay import Stay
from sim.people.way import Deed
from sim.scenario import Branch
from tests.sim.fake_lobby import FakeLobby
from tests.sim.people.running import Run

# Events of people; others follow from them, or come at their time.
_OF_PEOPLE = (
    events.ButtonPressed
    | events.CardPresented
    | events.HostAnswered
    | events.DetectorAlarmed
    | events.PassageMade
    | events.PassageTooFast
)
_doing: ContextVar[tuple[Guest, Deed] | None] = ContextVar("doing", default=None)

CROWDS: dict[str, tuple[int, list[str], tuple[Branch, ...]]] = {
    "leaving": (
        24,
        ["jatim"],
        ("card-in-the-tray", "loses-card", "forgets-belongings", "normal", "leaves", "sent-back"),
    ),
    "unseen": (8, ["jatim"], ("vanishes", "card-in-the-tray", "stays", "loses-card")),
    "staying": (8, ["jatim"], ("stays", "stays", "vanishes")),
    "calling": (
        24,
        ["pimpinan", "eselon-2-3"],
        ("answers-late", "host-absent", "reason-3", "normal", "no-answer", "rescheduled"),
    ),
    "screening": (
        24,
        ["pimpinan", "eselon-2-3", "eselon-4-asn"],
        ("alarm-then-clear", "too-fast", "refused", "shared-card", "loses-card", "sent-back"),
    ),
    "at a door": (
        24,
        ["jatim"],
        ("no-door-release", "stays", "host-absent", "answers-late", "sent-back", "shared-card"),
    ),
}


@pytest.fixture
def exchanged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the deeds that the core took for the visit of another guest, in words."""
    found: list[str] = []
    do, post = Deeds.do, FakeLobby.post

    async def doing(self: Deeds, deed: Deed) -> Heard:
        token = _doing.set((self.guest, deed))
        try:
            return await do(self, deed)
        finally:
            _doing.reset(token)

    def posted(self: FakeLobby, event: events.Event) -> None:
        before = self.state
        post(self, event)
        done = _doing.get()
        if done is not None and isinstance(event, _OF_PEOPLE):
            guest, deed = done
            others = _moved(before, self.state) - {guest.account.opened}
            if others:
                found.append(f"{deed.event} of {guest.account.opened} was taken for {others}")

    monkeypatch.setattr(Deeds, "do", doing)
    monkeypatch.setattr(FakeLobby, "post", posted)
    return found


def _moved(before: State, after: State) -> set[int]:
    """Return the numbers of the visits that have entered another phase, or have ended."""
    return {
        visit.number
        for name, visit in before.visits.items()
        if name not in after.visits or after.visits[name].entries != visit.entries
    }


@pytest.mark.parametrize("crowd", CROWDS)
def test_no_deed_is_taken_for_another_guest(crowd: str, exchanged: list[str]) -> None:
    """In a dense crowd the people order themselves exactly as the core orders the visits."""
    guests, procedures, branches = CROWDS[crowd]
    run = Run(procedures, *branches, guests=guests, gap_s=10, groups=0.2).live()
    assert exchanged == []
    assert not run.lobby.state.visits
    assert [guest.account.gave_up for guest in run.guests] == [None] * guests


def test_an_answer_is_for_the_guest_whom_the_officers_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """*Still here* counts for the first guest in line whom the panel asks about."""
    meant: list[int] = []
    taken: list[int] = []
    staying: ContextVar[bool] = ContextVar("staying", default=False)
    stay_on, seen, post = Stay.stay_on, Place.seen, FakeLobby.post

    async def stays(self: Stay) -> None:
        token = staying.set(True)
        try:
            await stay_on(self)
        finally:
            staying.reset(token)

    def noted(self: Place) -> None:
        seen(self)
        if staying.get():
            meant.append(self.visit.guest.account.opened)

    def posted(self: FakeLobby, event: events.Event) -> None:
        before = self.state
        post(self, event)
        if staying.get():
            asked = (visit for visit in before.visits.values() if visit.asked)
            taken.extend(one.number for one in asked if not self.state.visits[one.id].asked)

    monkeypatch.setattr(Stay, "stay_on", stays)
    monkeypatch.setattr(Place, "seen", noted)
    monkeypatch.setattr(FakeLobby, "post", posted)
    order: tuple[Branch, ...] = ("stays", "vanishes", "loses-card")
    Run(["jatim"], *order, guests=8, gap_s=60, groups=0.4, seed=5).live()
    assert len(taken) >= 3
    assert meant == taken
