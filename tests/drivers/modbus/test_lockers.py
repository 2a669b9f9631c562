"""Lockers on Modbus relay boards: their bytes, and faults between Pi and board.

The contract of lockers is in tests/contract/lockers.py.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import waits
from edge.drivers.modbus.relay_boards import R421a08, RelayBoard
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import (
    DeviceFailed,
    InputRefused,
    LockerClosed,
    LockerFailed,
    LockerOpened,
    LockerRestored,
)
from sim.twins.modbus import R421a08Twin, crc
from tests.drivers.conftest import PATIENCE_S, Pins, Posted
from tests.drivers.modbus.relay_rig import R421A08, WAVESHARE, Rig, Section, rig_of
from tests.own_time import Own

KINDS: dict[str, Section] = {"waveshare": WAVESHARE, "r421a08": R421A08}
BROKEN = (InputRefused, "lockers", "broken answer")

# The beginning of a Waveshare board's pulse, and of its answer.
PULSE = bytes.fromhex("01 05 02")


@pytest.fixture(params=KINDS)
def rig(
    request: pytest.FixtureRequest, own_time: Own, tmp_path: Path, pins: Pins, posted: Posted
) -> Iterator[Rig]:
    """Yield open lockers on two boards of one kind, no bytes written and no event posted since."""
    with rig_of(KINDS[request.param], own_time, tmp_path, pins, posted) as rig:
        rig.driver.open()
        rig.frames()
        posted.take()
        yield rig


@pytest.fixture
def make(own_time: Own, tmp_path: Path, pins: Pins, posted: Posted) -> Callable[..., Any]:
    """Return a maker of rigs, for tests that need other ones."""
    return partial(rig_of, own=own_time, folder=tmp_path, pins=pins, posted=posted)


def only_board_one(config: Section) -> Section:
    """Return *config* with lockers on its first board only."""
    lockers = [locker for locker in config.locker if locker.address == 1]
    return msgspec.structs.replace(config, locker=lockers)


# -- bytes


def test_waveshare_bytes(make: Callable[..., Any]) -> None:
    """The bytes are the examples of the boards' manual."""
    with make(only_board_one(WAVESHARE)) as rig:
        rig.driver.open()
        assert rig.frames() == [
            "01 05 00 FF 00 00 FD FA",  # all off
            "01 01 00 00 00 08 3D CC",  # read 8 coils, to verify it
        ]
        rig.driver.unlock(1)
        assert rig.frames() == ["01 05 02 00 00 07 8D B0"]  # relay 1 on for 700 ms
        rig.driver.reconcile()
        assert rig.frames() == ["01 01 00 00 00 08 3D CC"]


def test_r421a08_bytes(make: Callable[..., Any]) -> None:
    """The bytes are the examples for the boards, and the delay command with its seconds."""
    config = only_board_one(R421A08)
    with make(config) as rig:
        rig.driver.open()
        reads = ["01 03 00 01 00 01 D5 CA", "01 03 00 03 00 01 74 0A"]
        assert rig.frames() == ["01 06 00 01 02 00 D9 6A", "01 06 00 03 02 00 78 AA", *reads]
        rig.driver.unlock(2)
        assert rig.frames() == ["01 06 00 03 05 00 7A 9A"]  # relay 3 on for a moment
        rig.driver.reconcile()
        assert rig.frames() == reads
    with make(msgspec.structs.replace(config, command="delay", pulse_s=2.0)) as rig:
        rig.driver.open()
        rig.frames()
        rig.driver.unlock(2)
        assert rig.frames() == ["01 06 00 03 06 02 FB AB"]  # relay 3 on for 2 seconds


# -- pulses


def test_the_board_times_the_pulse(make: Callable[..., Any]) -> None:
    """A pulse is as long as the config's, and ends by itself, even if the Pi fails."""
    with make(WAVESHARE) as rig:
        rig.driver.open()
        rig.driver.unlock(2)
        rig.call(rig.twin.port.unplug)  # the Pi cannot switch it off any more
        rig.wait(lambda: not rig.doors[2].energised)
        assert (rig.doors[2].pulses, rig.doors[2].unlocks) == (1, 1)
        assert rig.doors[2].energised_s == pytest.approx(0.7)
        assert rig.told(LockerOpened) == [(LockerOpened, 2, False)]


def test_closing_ends_a_pulse_under_way(make: Callable[..., Any]) -> None:
    """A daemon that stops leaves no solenoid energised."""
    long = msgspec.structs.replace(WAVESHARE, pulse_s=3.0)
    with make(long) as rig:
        rig.driver.open()
        unlocking = waits.thread(lambda: rig.driver.unlock(1), "unlock")
        rig.wait(lambda: rig.doors[1].energised)
        rig.driver.close()
        assert not rig.doors[1].energised
        unlocking.join(PATIENCE_S)


def test_a_relay_that_is_on_by_itself_is_switched_off(rig: Rig) -> None:
    """A solenoid that stays energised burns: it is switched off and reported as a fault."""
    rig.call(lambda: rig.boards[1].relays[3].set(True))
    with pytest.raises(DeviceFault, match="board 1: relay 3 was on although no lock was operated"):
        rig.driver.reconcile()
    assert not rig.boards[1].relays[3].on
    rig.driver.reconcile()


def test_opening_switches_off_what_was_left_on(make: Callable[..., Any]) -> None:
    """Opening switches off the relays that a previous run may have left on."""
    with make(R421A08) as rig:
        rig.call(lambda: rig.boards[2].relays[1].set(True))
        rig.driver.open()
        assert not rig.boards[2].relays[1].on


# -- retries


def lose_first_answer(rig: Rig, *, and_request: bool) -> None:
    """Lose board 1's first answer to a pulse; *and_request*: the request is lost too.

    Other messages pass: on a busy machine an earlier one may have been sent twice.
    """
    board = rig.boards[1]
    hear, answer = board.hear, board.answer
    lost: list[bytes] = []

    def lossy(message: bytes) -> None:
        if not lost and message.startswith(PULSE):
            lost.append(message)
        else:
            (hear if and_request else answer)(message)

    setattr(board, "hear" if and_request else "answer", lossy)


def test_a_lost_answer_is_not_answered_by_a_second_pulse(make: Callable[..., Any]) -> None:
    """The relay reads on, so the request was carried out: it is not sent again."""
    with make(WAVESHARE) as rig:
        rig.driver.open()
        lose_first_answer(rig, and_request=False)
        rig.driver.unlock(1)
        assert rig.frames().count("01 05 02 00 00 07 8D B0") == 1
        assert (rig.doors[1].pulses, rig.doors[1].energised_s) == (1, pytest.approx(0.7))


def test_a_lost_request_is_repeated_when_that_is_safe(make: Callable[..., Any]) -> None:
    """A lost request is sent again: the relay reads off too early for a pulse, the door is shut."""
    with make(WAVESHARE) as rig:
        rig.driver.open()
        lose_first_answer(rig, and_request=True)
        rig.driver.unlock(1)
        assert rig.frames().count("01 05 02 00 00 07 8D B0") == 2
        assert rig.doors[1].pulses == 1


def test_a_pulse_that_may_be_over_is_not_repeated(make: Callable[..., Any]) -> None:
    """Read too late, off does not prove a lost request: an officer checks the door and decides."""
    short = msgspec.structs.replace(WAVESHARE, pulse_s=0.1)  # over before the time-out is
    with make(short) as rig:
        rig.driver.open()
        rig.call(lambda: setattr(rig.doors[1], "jammed", True))  # else the door would open
        lose_first_answer(rig, and_request=False)
        with pytest.raises(DeviceFault, match="is not repeated"):
            rig.driver.unlock(1)
        assert rig.doors[1].pulses == 1


def test_no_second_pulse_for_a_door_that_stands_open(make: Callable[..., Any]) -> None:
    """With an open door no second pulse is sent, even if the relay reads off during a pulse."""
    with make(WAVESHARE) as rig:
        rig.driver.open()
        lose_first_answer(rig, and_request=True)
        rig.call(rig.doors[1].force_open)
        rig.posted.wait_for(LockerOpened)  # the driver has seen the door open
        with pytest.raises(DeviceFault, match="not repeated"):
            rig.driver.unlock(1)
        assert rig.doors[1].pulses == 0


def test_a_busy_board_is_asked_again_and_then_given_up(rig: Rig) -> None:
    """BUSY means that the request was not carried out: it is sent again, at most three times."""
    rig.call(lambda: setattr(rig.boards[1], "busy", True))
    with pytest.raises(DeviceFault, match="relay 1 was not switched on in 3 tries"):
        rig.driver.unlock(1)
    assert rig.told(InputRefused) == [(InputRefused, "lockers", "BUSY")] * 3
    rig.call(lambda: setattr(rig.boards[1], "busy", False))
    rig.driver.unlock(1)
    assert rig.doors[1].unlocks == 1


def test_a_relay_that_the_board_has_not_is_a_fault_at_once(make: Callable[..., Any]) -> None:
    """A wrong relay number is reported in the board's words, and not sent again."""
    lockers = [msgspec.structs.replace(WAVESHARE.locker[0], channel=16)]
    config = msgspec.structs.replace(WAVESHARE, channels=16, locker=lockers)
    with make(config) as rig:
        rig.driver.open()
        rig.call(lambda: rig.boards[1].relays.pop(16))
        rig.frames()
        with pytest.raises(DeviceFault, match=r"board 1: .*illegal data address"):
            rig.driver.unlock(1)
        assert len(rig.frames()) == 1


@pytest.mark.parametrize("fault", ["wrong-sum", "half"])
def test_broken_answers_are_counted_and_a_fault(rig: Rig, fault: Any) -> None:
    """Broken answers, as of bad wires, are discarded and counted, and fail that board's lockers."""
    rig.call(lambda: setattr(rig.boards[2], "fault", fault))
    with pytest.raises(DeviceFault, match="board 2: answers broken"):
        rig.driver.reconcile()
    assert rig.told(InputRefused, LockerFailed) == [
        *[BROKEN] * 3,
        (LockerFailed, 3, "lockers: board 2: answers broken: broken answer"),
    ]


def test_stray_bytes_before_every_answer_are_counted(rig: Rig) -> None:
    """A 00 before each answer, of a line without bias, costs no try, and is reported once."""
    for board in rig.boards.values():
        board.before = b"\x00"
    for _ in range(3):
        rig.driver.reconcile()
    rig.driver.unlock(1)
    assert rig.line.stray >= 4
    assert rig.told(InputRefused, LockerFailed) == [
        (InputRefused, "bus/relays", "stray bytes beside sound answers")
    ]


# -- boards that are not there


def test_no_board_at_all_is_unavailable(make: Callable[..., Any], pins: Pins) -> None:
    """Without any board opening raises, claims no pin, and works once the boards answer."""
    with make(WAVESHARE) as rig:
        for board in rig.boards.values():
            rig.call(partial(setattr, board, "fault", "dead"))
        with pytest.raises(
            DeviceUnavailable, match=r"lockers: board 1: .*; lockers: board 2: does not"
        ):
            rig.driver.open()
        with pytest.raises(DeviceUnavailable, match="not open"):
            rig.driver.unlock(1)
        for board in rig.boards.values():
            rig.call(partial(setattr, board, "fault", None))
        rig.driver.open()
        assert rig.told(LockerClosed, LockerRestored)[-3:] == [
            (LockerRestored, number) for number in (1, 2, 3)
        ]


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS)
def test_an_adapter_that_hears_itself_is_no_board(
    make: Callable[..., Any], config: Section
) -> None:
    """An echoed write looks like its answer: only a read shows that a board is dead."""
    with make(config) as rig:
        for board in rig.boards.values():
            rig.call(partial(setattr, board, "fault", "dead"))
        rig.call(lambda: setattr(rig.twin, "echo", True))
        with pytest.raises(DeviceUnavailable, match="board 1: answers broken"):
            rig.driver.open()


def test_a_relay_that_cannot_be_switched_off_is_told(make: Callable[..., Any]) -> None:
    """A welded relay, or a faulty board, fails the board's lockers."""
    with make(WAVESHARE) as rig:
        welded = rig.boards[1].relays[3]
        rig.call(lambda: welded.set(True))
        rig.call(lambda: setattr(welded, "set", lambda on: None))
        rig.driver.open()
        why = "lockers: board 1: relay 3 cannot be switched off"
        assert rig.told(LockerFailed) == [(LockerFailed, 1, why), (LockerFailed, 2, why)]


def test_one_silent_board_does_not_take_the_others_with_it(make: Callable[..., Any]) -> None:
    """A board that is silent at opening fails its own lockers; the others work."""
    with make(R421A08) as rig:
        rig.call(lambda: setattr(rig.boards[1], "fault", "dead"))
        rig.driver.open()
        why = "lockers: board 1: does not answer"
        assert rig.told(LockerFailed, LockerRestored) == [
            (LockerFailed, 1, why),
            (LockerFailed, 2, why),
            (LockerRestored, 3),
        ]
        rig.driver.unlock(3)
        assert rig.doors[3].unlocks == 1


def test_a_board_that_stops_and_comes_back(rig: Rig) -> None:
    """A board's failure and return are posted once each; its relays are off before the return."""
    rig.call(lambda: setattr(rig.boards[2], "fault", "dead"))
    for _ in range(2):
        with pytest.raises(DeviceUnavailable, match="board 2: does not answer"):
            rig.driver.reconcile()
    assert rig.told(LockerFailed) == [(LockerFailed, 3, "lockers: board 2: does not answer")]
    rig.call(lambda: setattr(rig.boards[2], "fault", None))
    rig.call(lambda: rig.boards[2].relays[1].set(True))
    rig.driver.reconcile()
    rig.driver.reconcile()
    assert rig.told(LockerFailed, LockerRestored) == [(LockerRestored, 3)]
    assert not rig.boards[2].relays[1].on


def test_an_unlock_finds_a_board_silent_first(rig: Rig) -> None:
    """An unlock on a silent board fails its locker at once, not at the next reconcile."""
    rig.call(lambda: setattr(rig.boards[2], "fault", "dead"))
    with pytest.raises(DeviceUnavailable, match="board 2"):
        rig.driver.unlock(3)
    assert rig.told(LockerFailed, DeviceFailed) == [
        (LockerFailed, 3, "lockers: board 2: does not answer")
    ]
    rig.driver.unlock(1)
    assert rig.doors[1].unlocks == 1


def test_a_board_that_answers_late_is_silent_and_spoils_nobody(rig: Rig) -> None:
    """A board's late answers are discarded or refused, and do not fail the other board."""
    rig.call(lambda: setattr(rig.boards[1], "fault", "slow"))
    with pytest.raises((DeviceUnavailable, DeviceFault), match="board 1"):
        rig.driver.reconcile()
    for times in range(1, 21):  # while late answers may still arrive
        rig.driver.unlock(3)
        assert rig.doors[3].unlocks == times
        rig.close_door(3)
    # A door that moves so often is a loose contact, which is another cause.
    failed = [event for event in rig.told(LockerFailed) if "loose" not in event[2]]
    assert (3,) not in [event[1:2] for event in failed]


def test_the_adapter_is_pulled_and_comes_back(rig: Rig) -> None:
    """An unplugged adapter fails all lockers; its link leads to the new number."""
    rig.call(rig.twin.port.unplug)
    with pytest.raises(DeviceUnavailable, match="bus/relays"):
        rig.driver.reconcile()
    assert [event[:2] for event in rig.told(LockerFailed)] == [
        (LockerFailed, number) for number in (1, 2, 3)
    ]
    rig.call(rig.twin.port.plug)
    rig.driver.reconcile()
    assert rig.told(LockerRestored) == [(LockerRestored, number) for number in (1, 2, 3)]


def test_another_master_on_the_line(rig: Rig) -> None:
    """Another master's requests and answers are discarded; the driver goes on."""
    foreign = bytes.fromhex("09 03 00 01 00 01")
    stranger = rig.boards[2]
    for _ in range(5):
        rig.call(lambda: rig.twin.say(stranger, foreign + crc(foreign)))
        rig.driver.unlock(1)
        rig.wait(lambda: rig.doors[1].door_open)
        rig.close_door(1)
    assert rig.doors[1].unlocks == 5
    assert rig.bus.discarded + rig.line.stray == 5 * len(foreign + crc(foreign))
    assert {told[1] for told in rig.told(InputRefused)} == {"bus/relays"}


def test_two_kinds_of_board_on_one_line(make: Callable[..., Any], pins: Pins) -> None:
    """Two kinds of board share a line at one speed: two drivers take turns and mix no answers."""
    with make(only_board_one(WAVESHARE)) as rig:
        other = rig.call(lambda: R421a08Twin(rig.twin, 9, 8, rig.clock))
        refused: list[str] = []
        board = RelayBoard(
            "other", R421a08(R421A08), 9, [5], rig.line, rig.clock, 1.0, refused.append
        )
        rig.driver.open()

        def talk() -> None:
            for _ in range(10):
                board.rest()

        talking = waits.thread(talk, "talk")
        for _ in range(10):
            rig.driver.reconcile()
        talking.join(PATIENCE_S)
        board.pulse(5, shut=lambda: True)
        rig.driver.unlock(2)
        assert (rig.doors[2].pulses, other.requests) == (1, 21)
        assert (refused, rig.told(InputRefused)) == ([], [])
