"""Simulated time in one process, as the tests of drivers use it."""

import asyncio
import threading

import pytest

from edge import waits
from tests.own_time import Own, in_own_time, own_time

__all__ = ["own_time"]


def test_a_wait_for_a_condition_ends_after_simulated_seconds(own_time: Own) -> None:
    """A module that never answers costs its caller the time-out, not for ever."""
    news = waits.condition()
    began = waits.monotonic()
    with news:
        assert not news.wait_for(lambda: False, 3600)
    assert waits.monotonic() - began == pytest.approx(3600)


def test_a_call_beside_the_loop_counts_as_a_thread(own_time: Own) -> None:
    """A blocking call of a twin's test waits in simulated time while the loop goes on."""

    async def both() -> list[str]:
        said: list[str] = []

        def slow() -> None:
            waits.sleep(100)
            said.append("thread")

        async def quick() -> None:
            await asyncio.sleep(50)
            said.append("loop")

        await asyncio.gather(asyncio.to_thread(slow), quick())
        return said

    assert own_time.loop.run(both()) == ["loop", "thread"]


def test_an_error_beside_the_loop_comes_to_its_caller(own_time: Own) -> None:
    """A driver that raises on the thread beside the loop fails its test."""

    async def fails() -> None:
        await asyncio.to_thread(int, "none")

    with pytest.raises(ValueError, match="none"):
        own_time.loop.run(fails())


def test_a_thread_of_an_earlier_test_does_not_move_time() -> None:
    """A thread that polls on after its test would let time pass while this one works."""
    polled, ended = threading.Semaphore(0), threading.Event()

    def poll() -> None:
        while not ended.is_set():
            waits.sleep(0.001)
            polled.release()

    left = threading.Thread(target=poll)
    left.start()
    try:
        with in_own_time() as own:
            began = own.clock.boot_ns()
            for _ in range(20):
                assert polled.acquire(timeout=10)
            assert own.clock.boot_ns() == began
    finally:
        ended.set()
        left.join()
