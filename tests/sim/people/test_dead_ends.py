"""Standings from which the search for a way does not go on."""

import pytest

from sim.people.course import Standing
from sim.people.dead_ends import DeadEnds
from sim.people.intention import Intention, Wish, of
from sim.people.procedure_text import Text
from sim.people.way import Aim, Deed, find
from tests.sim.people.test_way import start
from tests.sim.people.texts import AROUND, text

STEPS = Text.parse(
    "id = 'uji'\n"
    + "".join(
        f"""
        [[steps]]
        id = "{name}"
        number = {number}
        station = "reception"
        role = "Penerima tamu"
        [[steps.phases]]
        id = "tunggu"
        on = [{{ event = "button.done", to = "@next" }}, {more}]
        """
        for number, (name, more) in enumerate(
            [
                ("datang", "{ event = 'button.refuse', to = '@refused', via = 'pulang' }"),
                ("periksa", "{ event = 'button.again', to = '#datang' }"),
                ("temu", "{ event = 'button.decline', to = '@declined', via = 'pulang' }"),
                ("pulang", "{ event = 'button.nothing', to = 'tunggu' }"),
            ],
            start=1,
        )
    )
)
"""Four steps: the second may lead back to the first."""

REFUSE, AGAIN = Wish(("button.refuse",)), Wish(("button.again",))


def alive(intention: Intention, wish: Wish | None) -> list[int]:
    """Return the steps of STEPS that are no dead ends before *wish*."""
    places = {REFUSE: [0], AGAIN: [1]}
    ends = DeadEnds(STEPS, intention, lambda one: places[one])
    return [n for n in range(4) if not ends.has(Standing(step=n, phase="tunggu"), wish)]


def test_a_wish_that_cannot_come_any_more_is_a_dead_end() -> None:
    """A visit that has passed the only step of an event does not come to it again."""
    assert alive(Intention(ends=(), wishes=(REFUSE,)), REFUSE) == [0, 1]


def test_later_wishes_and_the_end_count_too() -> None:
    """An event is of no use after which the rest of the intention cannot happen."""
    assert alive(Intention(ends=("refused",), wishes=(AGAIN, REFUSE)), AGAIN) == [0, 1]
    assert alive(Intention(ends=("refused",)), None) == [0, 1]
    assert alive(Intention(ends=("declined",)), None) == [0, 1, 2]
    assert alive(Intention(), None) == [0, 1, 2, 3]


def test_an_end_that_is_decided_stays() -> None:
    """A guest who is on the way out has the end that was decided, and no other."""
    ends = DeadEnds(STEPS, Intention(ends=("declined",)), lambda _wish: [])
    out = Standing(step=3, phase="tunggu", decided=("declined", None))
    refused = Standing(step=3, phase="tunggu", decided=("refused", None))
    assert not ends.has(out, None)
    assert ends.has(refused, None)


@pytest.mark.parametrize(
    "branch", ["normal", "refused", "no-door-release", "third-call", "second-declines", "leaves"]
)
def test_the_ways_are_those_of_a_search_without_them(
    branch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving out dead ends makes the search faster, and changes no way."""
    procedure = text("jatim")

    def ways() -> list[tuple[Deed, ...] | None]:
        return [
            find(procedure, AROUND, start(procedure), Aim(intention=one), lambda _at, _event: True)
            for one in of(branch)
        ]

    found = ways()
    monkeypatch.setattr(DeadEnds, "has", lambda *_: False)
    assert found == ways()
