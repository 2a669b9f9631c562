"""KERONG boards: behaviour beyond the contract of lockers, and every fault of their twin."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import InputRefused, LockerClosed, LockerFailed, LockerOpened
from tests.contract.locker_bench import TwinBench, bench_of
from tests.contract.lockers import closed, doors, failures, opened, restored
from tests.contract.test_lockers import kerong

Make = Callable[..., TwinBench]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Yield a maker of benches of boards."""
    benches: list[Iterator[TwinBench]] = []

    def made(board: str = "cu16", **more: Any) -> TwinBench:
        bench = bench_of(kerong(board, 12, **more), tmp_path, monkeypatch)
        benches.append(bench)
        return next(bench)

    yield made
    for bench in benches:
        next(bench, None)


def seen(bench: TwinBench) -> list[str]:
    """Return the reasons of all refused input, once one more door was polled for certain."""
    bench.open_door(2)
    return [event.why for event in bench.posted(opened(2)) if isinstance(event, InputRefused)]


def heard(bench: TwinBench) -> list[bytes]:
    """Begin to record the requests to board 1's line; return the list."""
    messages: list[bytes] = []
    listen = bench.board(1).listen

    def noting(message: bytes) -> None:
        messages.append(message)
        listen(message)

    bench.board(1).listen = noting
    return messages


def test_an_unlock_is_one_request_on_the_wire(make: Make) -> None:
    """An unlock without an answer is not repeated: the board may have carried it out."""
    bench = make()
    messages = heard(bench)
    bench.board(1).answers_unlock = False
    bench.driver.unlock(1)
    bench.posted(opened(1))
    assert messages.count(bytes.fromhex("02 04 31 03 3A")) == 1
    assert bench.pulses(1) == 1


def test_a_lock_on_a_silent_board_is_not_worked(make: Make) -> None:
    """No unlock is sent to a board that may hear but does not answer: its action is unknown."""
    bench = make()
    messages = heard(bench)
    bench.board(1).answer = lambda _message: None  # its transmitter is broken
    bench.posted(LockerFailed(opened(1).at, 1, ""))
    with pytest.raises(DeviceUnavailable, match="no answer from board 0"):
        bench.driver.unlock(1)
    assert bytes.fromhex("02 04 31 03 3A") not in messages


@pytest.mark.parametrize(
    ("fault", "why"), [("wrong-sum", "wrong sum"), ("half", "frame cut short")]
)
def test_a_broken_answer_is_refused_and_moves_no_door(make: Make, fault: str, why: str) -> None:
    """Three broken answers in a row fail the board's lockers, and post no door."""
    bench = make()
    bench.board(1).fault = fault
    bench.open_door(1)
    events = bench.posted(LockerFailed(opened(1).at, 1, ""))
    assert doors(events) == []
    assert why in {event.why for event in events if isinstance(event, InputRefused)}
    bench.board(1).fault = None
    assert doors(bench.posted(restored(1), opened(1))) == [(LockerOpened, 1, False)]


def test_an_answer_that_comes_too_late_does_no_harm(make: Make) -> None:
    """A late answer is used for the board that sent it, not for the one asked meanwhile."""
    bench = make()
    bench.board(1).fault = "slow"
    bench.driver.unlock(2)
    events = bench.posted(opened(2))
    bench.board(1).fault = None
    bench.open_door(1)
    events += bench.posted(opened(1))
    assert doors(events) == [(LockerOpened, 2, False), (LockerOpened, 1, False)]
    assert (bench.pulses(1), bench.pulses(2)) == (0, 1)


def test_an_answer_from_another_board_is_none(make: Make) -> None:
    """An answer with another board's address is refused, so that doors are not mixed up."""
    bench = make()
    bench.board(2).status = bench.board(1).status
    events = bench.posted(LockerFailed(opened(1).at, 2, ""))
    assert failures(events) == [2]
    whys = {event.why for event in events if isinstance(event, InputRefused)}
    assert whys == {"an answer from another board"}


def test_an_adapter_that_hears_itself(make: Make) -> None:
    """An adapter's echo is neither an answer nor counted as a fault."""
    bench = make()
    bench.world.lobby.buses["lockers"].echo = True
    bench.driver.unlock(1)
    bench.posted(opened(1))
    assert bench.pulses(1) == 1
    assert seen(bench) == []


def test_a_busy_board_is_freed(make: Make) -> None:
    """A busy board gets one request to clear, and its lockers do not fail."""
    bench = make()
    messages = heard(bench)
    bench.board(1).busy = True
    bench.driver.unlock(1)
    events = bench.posted(opened(1))
    assert failures(events) == []
    assert messages.count(bytes.fromhex("02 00 38 03 3D")) == 1


def test_a_busy_cu48_is_out_of_order(make: Make) -> None:
    """No source defines how to clear a busy CU48: its lockers fail until it is switched off."""
    bench = make("cu48")
    bench.board(1).busy = True
    assert failures(bench.posted(LockerFailed(opened(1).at, 1, ""))) == [1]


def test_wrong_polarity_shows_every_door_wrong(make: Make) -> None:
    """With wrong polarity all shut doors are open: this shows the technician the mistake."""
    bench = make()
    for locker in (1, 2):
        bench.board(locker).closed_bit = 0
    assert doors(bench.posted(opened(1), opened(2))) == [
        (LockerOpened, 1, False),
        (LockerOpened, 2, False),
    ]


def test_the_unlock_time_is_told_again_to_a_board_that_was_away(make: Make) -> None:
    """A board without power may lose its unlock time, so it is sent again."""
    bench = make(unlock_s=0.3)
    board = bench.board(1)
    assert board.unlock_s == 0.3
    board.fault = "dead"
    bench.posted(LockerFailed(opened(1).at, 1, ""))
    board.unlock_s = 0.5
    board.fault = None
    bench.posted(restored(1))
    bench.driver.unlock(1)
    assert board.unlock_s == 0.3


def test_a_cut_line_fails_all_and_is_told(make: Make) -> None:
    """A cut line fails all lockers; the fault names the boards without an answer."""
    bench = make()
    bench.world.lobby.buses["lockers"].cut = True
    events = bench.posted(*(LockerFailed(opened(1).at, number, "") for number in (1, 2)))
    assert failures(events) == [1, 2]
    with pytest.raises(DeviceFault, match="no answer from board 0, 15"):
        bench.driver.reconcile()  # type: ignore[attr-defined]
    bench.world.lobby.buses["lockers"].cut = False
    bench.posted(restored(1), restored(2))
    bench.driver.reconcile()  # type: ignore[attr-defined]


def test_a_missing_port_fails_every_locker_once(make: Make) -> None:
    """A missing port fails every locker once, so that no guest is sent there, and is retried."""
    bench = make()
    bench.driver.close()
    bench.take_away()
    bench.posted()
    for _ in range(3):
        with pytest.raises(DeviceUnavailable):
            bench.driver.open()
    assert failures(bench.posted()) == [1, 2]
    bench.bring_back()
    bench.driver.open()
    events = bench.posted(restored(1), restored(2))
    assert doors(events) == [(LockerClosed, 1, True), (LockerClosed, 2, True)]


def test_every_board_is_restored_at_opening(make: Make) -> None:
    """Every locker is restored at opening: it may have failed when the last run ended."""
    bench = make()
    bench.driver.close()
    bench.posted()
    bench.driver.open()
    bench.posted(restored(1), restored(2), closed(1, initial=True), closed(2, initial=True))
