"""The writes of a module's outputs: only changes, several in one, timed pulses by the module."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.sections.modules import MODELS, Registers
from edge.drivers.modbus.module_outputs import MOST_WRONG, ModuleOutputs, OutputState

TIMED = MODELS["waveshare-relay-d"]
PLAIN = Registers()


def outputs(*numbers: int, registers: Registers = PLAIN) -> ModuleOutputs:
    """Return a module whose outputs *numbers* are claimed and have been written off."""
    made = ModuleOutputs(registers, {n: OutputState(written=False) for n in numbers})
    assert made.next_write() is None
    return made


def written(made: ModuleOutputs) -> list[str]:
    """Do all writes; return their requests in hexadecimal."""
    found = []
    while (write := made.next_write()) is not None:
        found.append(write.request.pdu.hex(" ").upper())
        made.done(write)
    return found


def test_one_change_is_one_single_write() -> None:
    """Only the output that changes is written, and only once."""
    made = outputs(1, 2, 3)
    made.claimed[2].want(on=True, at_most_s=None)
    assert written(made) == ["05 00 01 FF 00"]
    made.claimed[2].want(on=True, at_most_s=None)
    assert written(made) == []


def test_several_changes_are_one_write() -> None:
    """Claimed outputs side by side are written together, with the levels between unchanged."""
    made = outputs(1, 2, 3)
    for number in (1, 3):
        made.claimed[number].want(on=True, at_most_s=None)
    assert written(made) == ["0F 00 00 00 03 01 05"]


def test_an_output_that_is_not_claimed_is_never_written() -> None:
    """An output of another's between two of ours is left alone."""
    made = outputs(1, 3)
    for one in made.claimed.values():
        one.want(on=True, at_most_s=None)
    assert written(made) == ["05 00 00 FF 00", "05 00 02 FF 00"]


def test_a_timed_output_is_pulsed_by_the_module_and_then_left_alone() -> None:
    """A lock's pulse is the module's own; a lamp beside it does not end it."""
    made = outputs(1, 2, 3, registers=TIMED)
    made.claimed[2].want(on=True, at_most_s=0.5)
    assert written(made) == ["05 02 01 00 06"]  # 0.6 s: one step more than wanted
    for number in (1, 3):
        made.claimed[number].want(on=True, at_most_s=None)
    assert written(made) == ["05 00 00 FF 00", "05 00 02 FF 00"]
    made.claimed[2].want(on=False, at_most_s=None)
    assert written(made) == ["05 00 01 00 00"]


def test_a_second_pulse_begins_the_timer_anew() -> None:
    """The module's timer of the first pulse must not end the second."""
    made = outputs(1, registers=TIMED)
    for _ in range(2):
        made.claimed[1].want(on=True, at_most_s=1.0)
        assert written(made) == ["05 02 00 00 0B"]


def test_after_a_loss_everything_is_written_again() -> None:
    """Outputs that fell while the module was dark are put to what is wanted."""
    made = outputs(1, 2)
    made.claimed[2].want(on=True, at_most_s=None)
    written(made)
    made.forget()
    assert written(made) == ["0F 00 00 00 02 01 02"]


def test_a_level_read_back_otherwise_is_written_again_then_a_fault() -> None:
    """A module that started again is put right; an output that never follows is reported."""
    made = outputs(1, 2)
    made.claimed[2].want(on=True, at_most_s=None)
    written(made)
    for times in range(1, MOST_WRONG + 1):
        made.read_back(0b00)
        assert written(made) == ["05 00 01 FF 00"]
        assert made.stubborn == ([2] if times == MOST_WRONG else [])
    made.read_back(0b10)
    assert (made.stubborn, written(made)) == ([], [])


def test_blinking_lamps_of_one_rhythm_are_one_write_a_change() -> None:
    """Two lamps that blink together need two writes a cycle, not a flood."""
    made = outputs(1, 2)
    for one in made.claimed.values():
        one.want(on=True, at_most_s=None)
        one.blink = 1.0, 1.0, 1.0
    count = 0
    for now in range(11):
        made.turn(float(now))
        count += len(written(made))
    assert count == 11  # on at 0, then one change a second
    assert made.due == pytest.approx(11.0)


@given(
    wishes=st.lists(
        st.tuples(st.integers(1, 6), st.booleans(), st.sampled_from([None, 0.3])), max_size=30
    ),
    claimed=st.sets(st.integers(1, 6), min_size=1),
    timed=st.booleans(),
)
def test_any_wishes_end_as_wanted_in_few_writes(
    wishes: list[tuple[int, bool, float | None]], claimed: set[int], timed: bool
) -> None:
    """Whatever is wanted when, all outputs end as wanted, in one write an output at most."""
    made = outputs(*claimed, registers=TIMED if timed else PLAIN)
    for number, on, at_most_s in wishes:
        if number in claimed:
            made.claimed[number].want(on=on, at_most_s=at_most_s)
    assert len(written(made)) <= len(claimed)
    assert all(one.settled for one in made.claimed.values())
