"""A thread of one's own for calls that block."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One thread; calls given to it run one at a time, in order, off the loop."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def do(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *call* on the thread and return what it returns; its exceptions come through."""
        return await asyncio.wrap_future(self._pool.submit(call, *args, **kwargs))

    def submit(self, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run *call* on the thread, in its turn; it must not raise, nobody would hear."""
        self._pool.submit(call, *args, **kwargs)

    def stop(self) -> None:
        """Forget what has not begun; do not wait for what has."""
        self._pool.shutdown(wait=False, cancel_futures=True)
