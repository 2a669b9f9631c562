"""Days with faults that are drawn from a seed."""

from hypothesis import given
from hypothesis import strategies as st

from sim.days.programme import acts
from sim.scenario import Fault, Kill, NetworkEvent
from soak.days import FAULTS, GUESTS, MOST_FAULTS, Days, draw


@given(st.integers(0, 10**6))
def test_a_seed_draws_one_day(seed: int) -> None:
    """A day that did not add up is drawn again by its seed; each act of it can be carried out."""
    programme, guests = draw(seed)
    assert draw(seed) == (programme, guests)
    assert GUESTS[0] <= guests <= GUESTS[1]
    most = MOST_FAULTS * max(len(fault) for fault in FAULTS)
    for place in programme.checkpoint:
        done = [act for kind in (Fault, Kill, NetworkEvent) for act in acts(programme, place, kind)]
        assert 0 < len(done) == len(place.act) <= most
        assert len({getattr(act, "at_s", None) for act in done}) == len(done)


def test_a_cut_line_is_restored() -> None:
    """No day ends with a line that a fault has cut: records would count as lost."""
    for fault in FAULTS:
        does = [act["do"] for _, act in fault]
        assert ("restore" in does[1:]) == bool({"cut", "half-open"} & set(does))


def test_the_table_names_the_command_of_each_failed_day() -> None:
    """A failed night can be played again from its table alone."""
    sums = Days(days=3, guests=90, written=800, lost=1, restarts=2, problems={7: ["1 gap"]})
    lines = sums.table().splitlines()
    assert lines[1].split() == ["3", "90", "800", "1", "2", "1"]
    assert lines[2:] == ["seed 7: 1 gap", "  again: python -m soak --days 1 --seed 7"]
