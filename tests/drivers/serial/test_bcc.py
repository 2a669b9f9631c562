"""BCC lock control boards: behaviour beyond the contract of lockers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.sop.events import InputRefused, LockerFailed, LockerOpened
from tests.contract.locker_bench import TwinBench, bench_of
from tests.contract.lockers import doors, failures, opened
from tests.contract.test_lockers import bcc

Make = Callable[..., TwinBench]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Yield a maker of benches of boards."""
    benches: list[Iterator[TwinBench]] = []

    def made(**more: Any) -> TwinBench:
        bench = bench_of(bcc(**more), tmp_path, monkeypatch)
        benches.append(bench)
        return next(bench)

    yield made
    for bench in benches:
        next(bench, None)


def refusals(bench: TwinBench) -> list[str]:
    """Return the reasons of all refused input, once one more door was polled for certain."""
    bench.open_door(2)
    return [event.why for event in bench.posted(opened(2)) if isinstance(event, InputRefused)]


@pytest.mark.parametrize("answers", [True, False])
def test_an_unlock_is_one_request_whatever_the_board_answers(make: Make, *, answers: bool) -> None:
    """An unlock is never repeated, and its answer is no latch: the door's state is polled."""
    bench = make()
    board = bench.board(1)
    messages: list[bytes] = []
    listen = board.listen

    def noting(message: bytes) -> None:
        messages.append(message)
        listen(message)

    board.listen = noting
    board.answers_unlock = answers
    bench.driver.unlock(1)
    assert doors(bench.posted(opened(1))) == [(LockerOpened, 1, False)]
    assert messages.count(bytes.fromhex("8A 01 05 11 9F")) == 1
    assert bench.pulses(1) == 1
    assert refusals(bench) == []


def test_the_pulse_is_sent_with_the_unlock(make: Make) -> None:
    """With unlock_s the board energises the lock for as long, and the driver waits for it."""
    bench = make(unlock_s=2)
    bench.driver.unlock(1)
    bench.posted(opened(1))
    bench.wait_for_current(1, flowing=False)
    assert bench.world.lobby.lockers[1].energised_s >= 1.9


def test_an_adapter_that_hears_itself(make: Make) -> None:
    """An adapter's echo is neither an answer nor counted as a fault."""
    bench = make()
    bench.world.lobby.buses["lockers"].echo = True
    bench.driver.unlock(1)
    bench.posted(opened(1))
    assert bench.pulses(1) == 1
    assert refusals(bench) == []


def test_a_stray_byte_before_each_answer_hides_nothing(make: Make) -> None:
    """A byte before every answer is counted, and doors are read all the same."""
    bench = make()
    port = bench.world.lobby.buses["lockers"].port
    send = port.send
    port.send = lambda message: send(b"\x00" + message)  # type: ignore[method-assign,assignment]
    bench.driver.unlock(1)
    events = bench.posted(opened(1))
    assert (doors(events), failures(events)) == ([(LockerOpened, 1, False)], [])
    assert set(refusals(bench)) == {"noise between frames"}


def test_a_state_that_is_sent_unasked_is_no_fault_of_the_board(make: Make) -> None:
    """Boards that report moved doors by themselves work; such frames are uncalled bytes at most."""
    bench = make()
    for _ in range(5):
        bench.world.do(lambda _lobby: bench.board(1).moved(5))
    bench.open_door(1)
    events = bench.posted(opened(1))
    assert (doors(events), failures(events)) == ([(LockerOpened, 1, False)], [])
    assert set(refusals(bench)) <= {"uncalled bytes"}


def test_a_board_with_another_number_of_state_bytes_is_named(make: Make) -> None:
    """Its lockers are out of order, and the refusal names the setting to change."""
    bench = make(status_bytes=2)
    bench.board(1).status_bytes = 3
    events = bench.posted(LockerFailed(opened(1).at, 1, ""))
    whys = {event.why for event in events if isinstance(event, InputRefused)}
    assert "a status of 3 bytes (status_bytes)" in whys
    assert doors(events) == []
