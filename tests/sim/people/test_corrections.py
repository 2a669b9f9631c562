"""Corrections by the player: the visit goes back with the checkpoint, and on from there."""

from collections.abc import Callable

import pytest

from edge.sop.records import VisitCorrected
from sim.people.corrections import correct, is_correction
from sim.people.visit import Visit
from tests.sim.people.running import Run
from tests.sim.people.test_player import EVERYBODY, Robot, beside

When = Callable[[Visit], bool]


class Forgetful(Robot):
    """A player who presses a button of correction once, when a visit stands as *when* says."""

    def __init__(self, run: Run, action: str, when: When) -> None:
        super().__init__(run)
        self._action = action
        self._when = when
        self.pressed = False

    async def do(self, visit: Visit, event: str) -> None:
        """Press the correction if it is time for it, else do *event*."""
        waits = self._action == "next" and visit.station == "officer-2" and not self.pressed
        if waits and not self._when(visit):
            return  # until another guest is there
        if self.pressed or not self._when(visit):
            await super().do(visit, event)
            return
        self.pressed = True
        station = visit.station
        assert await self.people.hands.press_once(station, self._action) == "accepted"
        assert correct(self.people, self.people.hands.panel_at(station) or "", self._action)


def corrected(run: Run, action: str, when: When) -> list[str]:
    """Play the day of *run*, with one press of *action*; return the recorded corrections."""
    robot = Forgetful(run, action, when)

    async def both() -> None:
        run.people.player.take(EVERYBODY)
        await beside(run.day.live(), robot.play())

    run.play(both)
    assert robot.pressed
    records = [one.data for one in run.lobby.records]
    return [one.correction for one in records if isinstance(one, VisitCorrected)]


def at(station: str, *, cards: int = 0, lockers: int = 0) -> When:
    """Return what is true of a visit at *station* with so many cards and lockers at least."""
    return lambda visit: (
        visit.station == station and visit.at.cards >= cards and visit.at.lockers >= lockers
    )


BACK: dict[str, tuple[str, When]] = {
    "the card just given": ("card", at("reception", cards=1)),
    "the step at reception": ("back", at("officer-1", cards=1)),
    "the step of officer 1": ("back", at("officer-2", cards=1)),
    "the step of the locker": ("back", at("officer-3", lockers=1)),
}


@pytest.mark.parametrize("what", BACK)
def test_back_is_followed(what: str) -> None:
    """The player reverses *what*: it is done once more, and the guest is served to the end."""
    kind, when = BACK[what]
    run = Run(["pimpinan"], "normal")
    assert corrected(run, "back", when) == [kind]
    assert run.lobby.outcomes() == ["completed"]
    account = run.guests[0].account
    assert (account.corrections, account.gave_up) == ([kind], None)
    assert not run.people.taken, "the belongings are out of the locker"


def test_one_more_person_is_followed() -> None:
    """The player adds a person to the group: two cards, two walks, and both guests go out."""
    run = Run(["pimpinan"], "normal")
    assert corrected(run, "more", lambda visit: visit.is_open) == []
    assert run.lobby.outcomes() == ["completed"]
    assert run.guests[0].persons == 2
    assert run.guests[0].account.gave_up is None


def test_next_is_followed() -> None:
    """The player lets the second guest go first: both are served, in the other order."""
    run = Run(["pimpinan"], "normal", "normal", gap_s=1)

    def two_wait(visit: Visit) -> bool:
        here = [one.visit for one in run.guests if one.visit is not None and one.visit.is_open]
        return len([one for one in here if one.station == "officer-2"]) == 2

    assert corrected(run, "next", two_wait) == ["next"]
    assert run.lobby.outcomes() == ["completed", "completed"]
    assert [guest.account.corrections for guest in run.guests] == [["next"], []]


def test_other_buttons_are_no_corrections() -> None:
    """A press that moves a visit on is not taken for one that moves it back."""
    assert not is_correction("done")
    assert is_correction("back")
