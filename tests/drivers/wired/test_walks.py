"""Walks through one or two beams, as pure decisions: which count, in which direction."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.drivers.wired.walks import CROSSING_S, Episode, Key, Outcome, Walk, Walks
from edge.sop.events import WalkDirection

TOO_FAST_S, APART_S = 0.1, 0.3
IN, OUT = Walk("in"), Walk("out")
EMPTY = Episode()
# Moment in seconds, beam, interrupted.
Edge = tuple[float, Key, bool]


def walks(beams: int = 2, direction: WalkDirection | None = "in") -> Walks:
    """Return the rules of one beam or two."""
    keys: tuple[Key, ...] = ("outer", "inner") if beams == 2 else ("passage",)
    return Walks(keys, direction, TOO_FAST_S, APART_S)


def play(
    rules: Walks, edges: Sequence[Edge], episode: Episode = EMPTY, unknown: int | None = None
) -> tuple[Episode, list[Outcome]]:
    """Return the episode after *edges* and the outcomes.

    :param unknown: the number of the edge whose moment is not known
    """
    found: list[Outcome] = []
    for number, (at, beam, interrupted) in enumerate(sorted(edges, key=lambda edge: edge[0])):
        known = number != unknown
        if interrupted:
            episode = rules.interrupted(episode, beam, at, known=known)
        else:
            episode, outcomes = rules.freed(episode, beam, at, known=known)
            found += outcomes
    return episode, found


def decode(rules: Walks, edges: Sequence[Edge]) -> list[Outcome]:
    """Return the outcomes of *edges*, all at known moments."""
    return play(rules, edges)[1]


def spans(*of: tuple[Key, float, float]) -> list[Edge]:
    """Return the edges of interruptions: beam, begin and end in seconds."""
    return [edge for beam, b, e in of for edge in ((b, beam, True), (e, beam, False))]


TWO_BEAMS: dict[str, tuple[list[Edge], list[Outcome]]] = {
    "in": (spans(("outer", 0, 0.5), ("inner", 0.2, 0.7)), [IN]),
    "out": (spans(("inner", 0, 0.5), ("outer", 0.2, 0.7)), [OUT]),
    "beams further apart than a body": (
        spans(("outer", 0, 0.3), ("inner", 0.3 + CROSSING_S - 0.1, 1.2)), [IN],
    ),
    "turns back between the beams": (spans(("outer", 0, 0.4)), []),
    "turns back at the second beam": (spans(("outer", 0, 1.5), ("inner", 0.4, 1.0)), []),
    "turns back, and another comes in": (
        spans(("outer", 0, 0.4), ("outer", 2.0, 2.5), ("inner", 2.2, 2.7)), [IN],
    ),
    "turns back, and another goes out at once": (
        spans(("outer", 0, 0.4), ("inner", 0.6, 1.1), ("outer", 0.8, 1.3)), [],
    ),
    "turns back, and another goes out later": (
        spans(("outer", 0, 0.4), ("inner", 2.0, 2.5), ("outer", 2.2, 2.7)), [OUT],
    ),
    "two persons apart": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.7), ("outer", 1.2, 1.7), ("inner", 1.4, 1.9)),
        [IN, IN],
    ),
    "two persons close together are one walk": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.7), ("outer", 0.6, 1.1), ("inner", 0.8, 1.3)),
        [IN],
    ),
    "an arm behind the body belongs to it": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.7), ("outer", 0.8, 0.95), ("inner", 0.9, 1.1)),
        [IN],
    ),
    "an arm behind the body does not swallow the next person": (
        spans(
            ("outer", 0, 0.5), ("inner", 0.2, 0.7), ("inner", 0.8, 0.95),
            ("outer", 1.4, 1.9), ("inner", 1.6, 2.1),
        ),
        [IN, IN],
    ),
    "an arm before the body": (
        spans(("outer", 0, 0.15), ("outer", 0.2, 0.7), ("inner", 0.3, 0.9)), [IN],
    ),
    "one in and one out": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.7), ("inner", 2.0, 2.5), ("outer", 2.2, 2.7)),
        [IN, OUT],
    ),
    "a stuck outer beam": (spans(("outer", 0, 90), ("inner", 1, 1.5), ("inner", 9, 9.5)), []),
    "too fast": (spans(("outer", 0, 0.05), ("inner", 0.03, 0.08)), [Walk("in", too_fast=True)]),
    "too fast out": (spans(("inner", 0, 0.05), ("outer", 0.03, 0.3)), [Walk("out", too_fast=True)]),
    "both beams begin at the same sample": (
        spans(("outer", 0, 0.5), ("inner", 0, 0.7)), ["unclear"],
    ),
    "both beams end at the same sample": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.5)), ["unclear"],
    ),
    "a spike on one beam": (spans(("outer", 0, 0.01)), ["noise"]),
    "a spike during a walk": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.8), ("outer", 0.6, 0.605)), ["noise", IN],
    ),
    "a spike on the first beam after the walk has left both": (
        spans(("outer", 0, 0.5), ("inner", 0.2, 0.7), ("outer", 0.695, 0.702)), ["noise", IN],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TWO_BEAMS)
def test_two_beams_tell_a_walk_in_from_a_walk_out(case: str) -> None:
    """The first interrupted and the last freed beam decide; what is not certain is no walk."""
    edges, outcomes = TWO_BEAMS[case]
    assert decode(walks(), edges) == outcomes


@pytest.mark.parametrize(
    ("edges", "outcomes"),
    [
        (spans(("passage", 0, 0.5)), [IN]),
        (spans(("passage", 0, 0.5), ("passage", 2, 2.5)), [IN, IN]),
        (spans(("passage", 0, 0.5), ("passage", 0.7, 0.9), ("passage", 1.0, 1.2)), [IN]),
        (spans(("passage", 0, 0.05), ("passage", 0.2, 0.7)), [Walk("in", too_fast=True), IN]),
        (spans(("passage", 0, 0.01)), ["noise"]),
    ],
    ids=["a walk", "two walks", "an arm and a bag behind", "an arm before", "a spike"],
)
def test_one_beam_counts_each_person_once(edges: list[Edge], outcomes: list[Outcome]) -> None:
    """An arm or a bag behind a person is no second person: a group is counted by its walks."""
    assert decode(walks(1), edges) == outcomes


@pytest.mark.parametrize("direction", ["in", "out", None])
def test_one_beam_has_the_direction_of_the_config(direction: WalkDirection | None) -> None:
    """One beam shows no direction: the config does, or it is not known."""
    assert decode(walks(1, direction), spans(("passage", 0, 0.5))) == [Walk(direction)]


@pytest.mark.parametrize("unknown", range(4))
def test_an_interruption_without_a_known_beginning_or_end_is_no_walk(unknown: int) -> None:
    """Found interrupted at opening, or an edge was missed; the next walk counts again."""
    episode, found = play(walks(), spans(("outer", 0, 0.5), ("inner", 0.2, 0.7)), unknown=unknown)
    assert found == []
    assert play(walks(), spans(("outer", 5, 5.5), ("inner", 5.2, 5.7)), episode)[1] == [IN]


@pytest.mark.parametrize("beams", [1, 2])
def test_an_interruption_found_at_opening_that_ends_at_once_is_no_noise(beams: int) -> None:
    """How long it lasted is not known: it is neither a walk nor noise of the cable."""
    beam: Key = "passage" if beams == 1 else "outer"
    found = play(walks(beams), spans((beam, 0, 0.001)), unknown=0)[1]
    assert found == []


def blocked_beam(rules: Walks) -> Episode:
    """Return the episode after a suitcase in the frame."""
    episode = rules.void(rules.interrupted(EMPTY, "outer", 0, known=True))
    after, found = play(rules, [(0.2, "inner", True), (7, "outer", False), (7.2, "inner", False)],
                        episode)  # fmt: skip
    assert found == []
    return after


def loose_beam(rules: Walks) -> Episode:
    """Return the episode after the outer beam's contact turned out to be loose."""
    return rules.lost(rules.interrupted(EMPTY, "outer", 0, known=True), "outer")


@pytest.mark.parametrize("trouble", [blocked_beam, loose_beam])
def test_a_blocked_or_loose_beam_makes_no_walk_and_the_next_person_counts(
    trouble: Callable[[Walks], Episode],
) -> None:
    """The episode in which a beam was blocked or lost is no walk; the one after it is."""
    walk = spans(("outer", 9, 9.5), ("inner", 9.2, 9.7))
    assert play(walks(), walk, trouble(walks()))[1] == [IN]


class Person(NamedTuple):
    """A person before the frame: *turns*: comes that far (0 to 1 of the way) and goes back.

    Metres and metres per second; the next person comes *pause_s* after this one has left the frame.
    """

    out: bool
    speed: float
    body: float
    turns: float | None
    pause_s: float


PERSONS = st.builds(
    Person,
    out=st.booleans(),
    speed=st.floats(0.5, 1.5),
    body=st.floats(0.2, 0.5),
    turns=st.none() | st.floats(0.0, 1.0),
    pause_s=st.floats(CROSSING_S + 0.2, 5.0),
)


def edges_of(persons: list[Person], apart_m: float) -> list[Edge]:
    """Return the edges that *persons*, one after the other, make at beams *apart_m* apart."""
    edges: list[Edge] = []
    now = 10.0
    for person in persons:
        first: Key = "inner" if person.out else "outer"
        second: Key = "outer" if person.out else "inner"
        crossing, body = apart_m / person.speed, person.body / person.speed
        if person.turns is None:
            reached = now + crossing
            edges += spans((first, now, now + body), (second, reached, reached + body))
            now = reached + body
        else:
            # The front comes as far as `depth` behind the first beam, and the person goes back.
            depth = person.turns * (apart_m + person.body)
            there = max(0.05, depth / person.speed)
            edges += spans((first, now, now + 2 * there))
            beyond = there - crossing
            if beyond > 0.02:
                edges += spans((second, now + crossing, now + crossing + 2 * beyond))
            now += 2 * there
        now += person.pause_s
    return edges


@given(persons=st.lists(PERSONS, max_size=8), apart_m=st.floats(0.05, 0.4))
@settings(max_examples=300, deadline=None)
def test_one_after_the_other_all_who_go_through_are_counted_and_no_other(
    persons: list[Person], apart_m: float
) -> None:
    """Each person who goes through is one walk in that direction; who turns back is none."""
    through = [person for person in persons if person.turns is None]
    assert decode(walks(), edges_of(persons, apart_m)) == [
        OUT if person.out else IN for person in through
    ]


EDGES = st.lists(st.tuples(st.floats(0.0, 2.0), st.booleans()), max_size=60)


@given(steps=EDGES)
@settings(max_examples=300, deadline=None)
def test_never_more_walks_than_both_beams_were_interrupted(steps: list[tuple[float, bool]]) -> None:
    """Any edges at all: a walk needs an interruption of each beam of its own."""
    now, edges, level = 0.0, [], {"outer": False, "inner": False}
    for after_s, at_outer in steps:
        now += after_s
        beam: Key = "outer" if at_outer else "inner"
        level[beam] = not level[beam]
        edges.append((now, beam, level[beam]))
    found = [one for one in decode(walks(), edges) if isinstance(one, Walk)]
    for beam in ("outer", "inner"):
        assert len(found) <= sum(1 for _, where, begins in edges if where == beam and begins)
