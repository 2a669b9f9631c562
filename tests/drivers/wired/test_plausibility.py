"""The rules of plausibility alone: rates, rests, noise, the safe side; and days of chatter."""

from collections import Counter
from collections.abc import Iterable

import pytest

from edge.drivers.wired.plausibility import (
    FORGET_S,
    LIMITS,
    LONGEST_REST_S,
    NOISE_EVERY_S,
    REST_S,
    Kind,
    Level,
    Limits,
    Loose,
    Memory,
    Noise,
    Outcome,
    Plausibility,
)
from tests.longer import slow

DAY_S = 86_400.0
MOST_SPELLS = 33


class Contact:
    """One contact at 0 s, at rest; the level is read whenever that is due.

    :ivar outcomes: what followed, with its moment
    """

    def __init__(self, limits: Limits, bounce_s: float = 0.02) -> None:
        self.rules = Plausibility(limits, bounce_s)
        self.outcomes: list[tuple[float, Outcome]] = []
        self.memory = Memory()
        self.active = False
        self._take(0.0, self.rules.opened(0.0, active=False))

    def edge(self, at: float) -> None:
        """Change the level at *at*."""
        self.wait(at)
        self.active = not self.active
        self._take(at, self.rules.edge(self.memory, at, at, active=self.active))

    def wait(self, until: float) -> None:
        """Let the time pass until *until*."""
        while (due := self.rules.due(self.memory)) is not None and due < until:
            self._take(due, self.rules.confirmed(self.memory, due))

    def of(self, kind: type[Outcome]) -> list[Outcome]:
        """Return the outcomes of *kind*."""
        return [outcome for _, outcome in self.outcomes if isinstance(outcome, kind)]

    def _take(self, at: float, judged: tuple[Memory, tuple[Outcome, ...]]) -> None:
        self.memory, outcomes = judged
        self.outcomes += [(at, outcome) for outcome in outcomes]


def square(begin: float, end: float, rate: float) -> Iterable[float]:
    """Yield the moments of *rate* changes a second between *begin* and *end*."""
    return (begin + number / rate for number in range(int((end - begin) * rate)))


# What people and equipment do: the kind of input, changes a second, for how many seconds.
NORMAL: list[tuple[Kind, float, float]] = [
    ("button", 10.0, 6.0),  # five presses a second for six seconds
    ("button", 4.0, 24.0),  # fifty guests at once, or the 48th locker
    ("answer", 4.0, 3.0),
    ("door", 0.4, 20.0),  # opened and shut twice in ten seconds
    ("door", 0.66, 15.0),
    ("locker", 1.0, 8.0),
    ("beam", 1.0, 20.0),
    ("alarm", 1.0, 12.0),
    ("safety", 0.1, 60.0),
]


@pytest.mark.parametrize(("kind", "rate", "seconds"), NORMAL)
def test_what_people_do_is_no_loose_contact(kind: Kind, rate: float, seconds: float) -> None:
    """An impatient officer, a group at a door or a test of a loop must not become a fault."""
    contact = Contact(LIMITS[kind])
    for at in square(1.0, 1.0 + seconds, rate):
        contact.edge(at)
    contact.wait(1.0 + seconds + 2.0)
    assert contact.of(Loose) == []


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("rate", [2.0, 4.0, 20.0])
def test_chatter_is_one_fault_and_then_quiet(kind: Kind, rate: float) -> None:
    """Ten minutes of chatter are one fault within 70 s; then no level is reported but the safe one.

    It ends once, with the tally, and with the level that was found.
    """
    contact = Contact(LIMITS[kind])
    edges = list(square(1.0, 601.0, rate))
    for at in edges:
        contact.edge(at)
    contact.wait(601.0 + REST_S + 1.0)
    begun, over = contact.of(Loose)
    assert isinstance(begun, Loose)
    assert isinstance(over, Loose)
    assert (begun.over, over.over) == (False, True)
    assert begun.last < 71.0
    assert (over.began, over.changes) == (1.0, len(edges))
    after = [(at, one) for at, one in contact.outcomes if at > begun.last]
    assert [type(one) for _, one in after] == [Loose, Level]
    assert after[-1][1] == Level(contact.active, initial=True, at=after[-1][0])


@pytest.mark.parametrize("kind", LIMITS)
def test_a_loose_contact_stands_at_its_safe_side(kind: Kind) -> None:
    """Alarms stand, presses and answers do not, and doors are not reported at all."""
    limits = LIMITS[kind]
    contact = Contact(limits)
    for at in square(1.0, 100.0, 4.0):
        contact.edge(at)
    assert contact.memory.loose is not None
    if limits.stands is not None:
        assert contact.memory.counted == limits.stands
    levels = [one for one in contact.of(Level) if isinstance(one, Level) and one.initial]
    assert len(levels) <= 2  # at opening, and at the safe side if it was not there


def test_each_time_the_rest_must_be_longer() -> None:
    """A contact that comes back waits twice as long each time, up to an hour."""
    contact = Contact(LIMITS["door"])
    waits: list[float] = []
    for _ in range(12):
        begin = contact.memory.ended if waits else 0.0
        for at in square(begin + 1.0, begin + 21.0, 4.0):
            contact.edge(at)
        waits.append(contact.memory.wait_s)
        contact.wait(begin + 21.0 + LONGEST_REST_S + 1.0)
        assert contact.memory.loose is None
    assert waits == [min(REST_S * 2**number, LONGEST_REST_S) for number in range(12)]


def test_a_day_without_a_loose_contact_is_forgiven() -> None:
    """After a good day the first rest is short again."""
    contact = Contact(LIMITS["door"])
    for begin in (1.0, 100.0, 200.0 + FORGET_S):
        for at in square(begin, begin + 20.0, 4.0):
            contact.edge(at)
    assert contact.memory.wait_s == REST_S


# Intermittent chatter of a day: 5 s of each so many seconds.
@slow
@pytest.mark.parametrize("every_s", [30.0, 60.0, 600.0, 1800.0, 3700.0])
@pytest.mark.parametrize("kind", ["door", "locker", "answer", "safety"])
def test_a_day_of_intermittent_chatter_is_bounded(kind: Kind, every_s: float) -> None:
    """Bursts of 5 s through a day give at most 33 spells, and few levels between them."""
    limits = LIMITS[kind]
    contact = Contact(limits)
    bursts = int(DAY_S / every_s)
    for burst in range(bursts):
        for at in square(1.0 + burst * every_s, 6.0 + burst * every_s, 8.0):
            contact.edge(at)
    contact.wait(DAY_S)
    kinds = Counter(type(one) for _, one in contact.outcomes)
    spells = kinds[Loose] / 2
    assert spells <= MOST_SPELLS + 0.5
    assert kinds[Level] <= (spells + 1) * (limits.most + 4) + bursts * 6.0 / limits.each_s


def test_crosstalk_that_lasts_is_a_fault_and_no_flood() -> None:
    """Pulses of 30 ms, ten a second: a few refusals with their number, then a loose contact."""
    contact = Contact(LIMITS["answer"]._replace(active_s=0.1))
    for number in range(6_000):
        contact.edge(1.0 + number * 0.1)
        contact.edge(1.03 + number * 0.1)
    noise, loose = contact.of(Noise), contact.of(Loose)
    assert len(noise) == 1
    assert len(loose) == 1
    assert [one for one in contact.of(Level) if isinstance(one, Level) and one.active] == []


def test_noise_is_reported_once_a_minute_with_its_number() -> None:
    """A pulse now and then is counted, and costs one event a minute at most."""
    contact = Contact(LIMITS["answer"]._replace(active_s=0.1))
    for at in (1.0, 21.0, 41.0, 61.0, 81.0):
        contact.edge(at)
        contact.edge(at + 0.05)
    contact.memory, last = contact.rules.confirmed(contact.memory, 61.05 + NOISE_EVERY_S)
    counts = [one.pulses for one in (*contact.of(Noise), *last) if isinstance(one, Noise)]
    assert counts == [1, 3, 1]


def test_bounces_without_a_bounce_time_never_count_and_become_a_fault() -> None:
    """A buzz of 5 ms levels is no level, though no channel filters it; it does not stay hidden."""
    contact = Contact(LIMITS["safety"], bounce_s=0.0)
    for at in square(1.0, 3.0, 200.0):
        contact.edge(at)
    assert contact.memory.loose is not None
    assert contact.memory.counted


def test_an_edge_to_the_same_level_begins_it_anew() -> None:
    """A lost edge is seen by the next: the pulses on both sides are not one long pulse."""
    contact = Contact(LIMITS["answer"]._replace(active_s=0.1))
    contact.edge(1.0)
    contact.active = False  # at 1.03, and the edge is lost
    contact.edge(1.09)
    contact.edge(1.15)
    assert contact.memory.counted is False
    assert len(contact.of(Noise)) == 1
