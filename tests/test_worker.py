"""The worker: a thread for blocking calls."""

import asyncio
import threading

import pytest

from edge.worker import Worker


def test_calls_run_in_order_on_one_other_thread() -> None:
    """Calls run in the order they were given, off the loop; each result returns to its caller."""

    async def run() -> None:
        worker, done = Worker("test"), list[tuple[int, str]]()

        def note(number: int) -> int:
            done.append((number, threading.current_thread().name))
            return number * number

        worker.submit(note, 0)
        assert await asyncio.gather(*(worker.do(note, n) for n in range(1, 5))) == [1, 4, 9, 16]
        assert done == [(number, "test") for number in range(5)]
        worker.stop()

    asyncio.run(run())


def test_exceptions_come_through() -> None:
    """An exception is raised where the call was awaited, and the thread goes on."""

    async def run() -> None:
        worker = Worker("test")
        with pytest.raises(ZeroDivisionError):
            await worker.do(divmod, 1, 0)
        assert await worker.do(divmod, 7, 2) == (3, 1)
        worker.stop()

    asyncio.run(run())


@pytest.mark.parametrize("how", ["cancelled", "stopped"])
def test_what_has_not_begun_can_be_forgotten(how: str) -> None:
    """A call that was cancelled or stopped before it began is never made."""

    async def run() -> None:
        worker, begun, go = Worker("test"), threading.Event(), threading.Event()
        made = list[str]()

        def hold() -> None:
            begun.set()
            go.wait(10)
            made.append("first")

        first = asyncio.create_task(worker.do(hold))
        await asyncio.to_thread(begun.wait, 10)
        second = asyncio.create_task(worker.do(made.append, "second"))
        await asyncio.sleep(0)
        if how == "cancelled":
            second.cancel()
        else:
            worker.stop()
        await asyncio.sleep(0)
        go.set()
        await first
        if how == "cancelled":
            await worker.do(made.append, "third")
            worker.stop()
        else:
            second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert made == ["first", "third"] if how == "cancelled" else ["first"]

    asyncio.run(run())


def test_a_result_that_outlives_the_loop_harms_nobody() -> None:
    """A call that ends after its event loop has closed raises no error and logs none."""
    worker, begun, go, ended = Worker("test"), threading.Event(), threading.Event(), list[bool]()

    def hold() -> None:
        begun.set()
        go.wait(10)

    async def run() -> None:
        task = asyncio.create_task(worker.do(hold))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()

    asyncio.run(run())
    worker.submit(ended.append, True)
    go.set()
    asyncio.run(worker.do(int))
    assert ended == [True]
    worker.stop()
