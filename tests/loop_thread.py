"""An event loop in a thread of its own, for twins while a blocking driver uses them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

from edge import waits
from sim.stage.own_time import OwnTimeKeeper

T = TypeVar("T")

# An upper limit; a passing test never waits so long.
PATIENCE_S = 10.0
# The same in simulated time, which costs nothing: more than the time that its beginning skips.
_OWN_PATIENCE_S = 6000.0


class _CountedThreads(ThreadPoolExecutor):
    """Runs each call on a thread of its own, whose waits are simulated."""

    def submit(self, call: Callable[..., T], /, *args: Any, **named: Any) -> "Future[T]":
        """Begin the call; the future has its result."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(call(*args, **named))
            except BaseException as error:  # noqa: BLE001  # it is the caller's
                done.set_exception(error)

        waits.thread(run, "aside")
        return done


class LoopThread:
    """Use as ``with LoopThread() as loop``; all work given to it runs on the loop's thread.

    :param keeper: keeps the simulated time that the loop runs in; None: it runs in real time
    """

    def __init__(self, keeper: OwnTimeKeeper | None = None) -> None:
        self._keeper = keeper
        self._patience_s = PATIENCE_S if keeper is None else _OWN_PATIENCE_S

    def __enter__(self) -> Self:
        keeper = self._keeper
        self._runner = asyncio.Runner(loop_factory=None if keeper is None else keeper.new_loop)
        self.loop = self._runner.get_loop()
        if keeper is not None:
            self.loop.set_default_executor(_CountedThreads())
        self._thread = threading.Thread(target=self.loop.run_forever, name="twins")
        self._thread.start()
        if keeper is not None:
            self.call(keeper.begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keeper is not None:
            self.call(self._keeper.end)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE_S)
        self._runner.close()  # cancels remaining tasks, and closes their connections

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run *coroutine* on the loop and return its result."""
        running = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        ended = waits.event()
        running.add_done_callback(lambda _: ended.set())
        ended.wait(self._patience_s)
        return running.result(0)

    def call(self, function: Callable[[], T]) -> T:
        """Call *function* on the loop and return its result."""

        async def called() -> T:
            return function()

        return self.run(called())
