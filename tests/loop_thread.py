"""An event loop in a thread of its own, for twins while a blocking driver uses them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

# An upper limit; a passing test never waits so long.
PATIENCE_S = 10.0


class LoopThread:
    """Use as ``with LoopThread() as loop``; all work given to it runs on the loop's thread."""

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self.loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="twins")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE_S)
        self._runner.close()  # cancels remaining tasks, and closes their connections

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run *coroutine* on the loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_S)

    def call(self, function: Callable[[], T]) -> T:
        """Call *function* on the loop and return its result."""

        async def called() -> T:
            return function()

        return self.run(called())
