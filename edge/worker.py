"""Runs blocking calls on a thread of their own."""

import asyncio
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from edge import waits

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One thread that runs calls one at a time, in order, outside the event loop.

    One call may come first: it runs before every other call, and after :meth:`nudge`.

    concurrent.futures is not used: its futures have locks of their own and need one more turn of
    the loop to return a result, a tenth of the time between an edge and its message.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], object] | None] = waits.queue()
        self._first: Callable[[], object] = _nothing
        self._nudged = False  # one nudge waits: it is enough for all
        self._stopped = False
        # A daemon thread: a call that hangs in a device or a disk must not block the process's end.
        waits.thread(self._work, name)

    async def do(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *call* on the thread; return its result or raise its exception."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            if result.cancelled():
                return
            try:
                tell = partial(_return, result, call(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
                tell = partial(_raise, result, error)
            notify(loop, tell)

        self._calls.put(run)
        return await result

    def submit(self, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run *call* on the thread, in its turn, without a result; it must not raise."""
        self._calls.put(partial(call, *args, **kwargs))

    def put_first(self, call: Callable[[], object] | None) -> None:
        """Run *call* before every other call from now on; it must not raise. None: no call."""
        self._first = call or _nothing
        self.nudge()

    def nudge(self) -> None:
        """Run the first call as soon as the present call has ended; from any thread."""
        if not self._nudged:
            self._nudged = True
            self._calls.put(_nothing)

    def attempt(self, call: Callable[[], object]) -> bool:
        """Run *call* on the present thread, the worker's; return True: it need not be repeated."""
        call()
        return True

    def review(self) -> None:
        """Check the state that calls may have changed, on the thread; a plain worker has none."""

    def stop(self) -> None:
        """Drop the calls that have not begun; do not wait for one that runs."""
        self._stopped = True
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            if call is _nothing:
                self._nudged = False
            if not self._stopped:
                self._first()
                call()
            del call  # an idle thread must hold no references


def notify(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Run *call* on *loop*, from any thread; if the loop is closed, *call* is dropped."""
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _nothing() -> None:
    """Wake the thread, and no more."""


def _return(future: asyncio.Future[Any], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _raise(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
