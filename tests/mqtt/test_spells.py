"""Spells: trouble that comes and goes is one spell, however often it does."""

from hypothesis import given
from hypothesis import strategies as st

from edge.mqtt.spells import QUIET_S, SETTLE_S, Spell


def test_a_single_trouble_ends_at_once() -> None:
    """One outage and its end are reported when they happen."""
    spell = Spell()
    assert spell.begin("connection lost", 100.0)
    assert not spell.begin("connection refused", 101.0)
    assert (spell.why, spell.times) == ("connection refused", 1)
    assert spell.settle(160.0) == 0.0
    assert spell.settle(161.0) is None
    spell.end()
    assert spell.why == ""


def test_a_trouble_that_returns_must_be_calm_for_longer_each_time() -> None:
    """The calm before the end grows with each return, up to the longest."""
    spell, now, calms = Spell(), 0.0, []
    for _ in range(14):
        spell.begin("lost", now)
        calms.append(spell.settle(now + 1))
        now += 2
    assert calms[:4] == [0.0, SETTLE_S, 2 * SETTLE_S, 3 * SETTLE_S]
    assert calms[-1] == QUIET_S
    assert spell.times == 14


def test_an_old_trouble_is_forgotten() -> None:
    """After a long calm the next trouble is a first one again."""
    spell = Spell()
    for at in (0.0, 10.0):
        spell.begin("lost", at)
        spell.settle(at + 1)
    spell.end()
    assert spell.begin("lost", 11 + QUIET_S)
    assert spell.times == 1
    assert spell.settle(12 + QUIET_S) == 0.0


@given(st.lists(st.floats(0.5, 900.0), min_size=1, max_size=300))
def test_the_number_of_spells_is_bounded(pauses: list[float]) -> None:
    """In any rhythm, records are far fewer than troubles that return within the quiet time."""
    spell, now, begun = Spell(), 0.0, 0
    ends_at: float | None = None
    for pause in pauses:
        now += pause
        if ends_at is not None and now >= ends_at:
            spell.end()
        begun += spell.begin("lost", now)
        calm_s = spell.settle(now)
        ends_at = None if calm_s is None else now + calm_s
    quiet = sum(pause >= QUIET_S for pause in pauses)
    # Each return makes the calm longer by SETTLE_S, until it is as long as the quiet time.
    assert begun <= (QUIET_S / SETTLE_S + 1) * (1 + quiet)
