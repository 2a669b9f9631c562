"""Server-sent events: the page shows each change of a state as soon as it comes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent

# How long the events of a response may take to end when the server stops, seconds; it is less than
# the server waits for its responses (pages/server.py).
_GRACE_S = 0.4


def respond(events: Callable[[anyio.Event], AsyncIterator[ServerSentEvent]]) -> EventSourceResponse:
    """Return a response of *events*; they get what is set when the server stops, and end then.

    A response that is cut off in the middle would be an error in the server's log at each stop.
    """
    stopping = anyio.Event()
    return EventSourceResponse(
        events(stopping), shutdown_event=stopping, shutdown_grace_period=_GRACE_S
    )


async def pause(stopping: anyio.Event, seconds: float) -> None:
    """Wait for *seconds*, real ones, or until the server stops."""
    with anyio.move_on_after(seconds):
        await stopping.wait()


async def _nothing() -> None:
    return


class Stream:
    """The present texts of several named states, for all pages that listen.

    A page that listens later, or slowly, gets the present texts only: old ones are of no use.

    :param begin: awaited when the first page begins to listen, before it is told anything
    """

    def __init__(self, begin: Callable[[], Awaitable[None]] = _nothing) -> None:
        self._begin = begin
        self._texts: dict[str, tuple[int, str]] = {}
        self._number = 0
        self._changed = asyncio.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        self._listeners = 0

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return self._listeners

    async def put(self, **texts: str) -> None:
        """Set each named state to its text; pages hear of those that differ from before."""
        new = {name: text for name, text in texts.items() if self._text(name) != text}
        if not new:
            return
        async with self._changed:
            self._number += 1
            self._texts |= {name: (self._number, text) for name, text in new.items()}
            self._changed.notify_all()

    def put_soon(self, **texts: str) -> None:
        """Do :meth:`put` from another thread, without waiting for it; without a page do nothing."""
        if self._loop is not None and not self._ended:
            asyncio.run_coroutine_threadsafe(self.put(**texts), self._loop)

    def end(self) -> None:
        """End all responses; may be called from another thread."""
        self._ended = True
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._wake(), self._loop)

    def response(self) -> EventSourceResponse:
        """Return a response that goes on until the page is closed, or the stream is ended."""
        return EventSourceResponse(self._events())

    def _text(self, name: str) -> str | None:
        return self._texts[name][1] if name in self._texts else None

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _events(self) -> AsyncIterator[ServerSentEvent]:
        seen = 0
        self._loop = asyncio.get_running_loop()
        self._listeners += 1
        try:
            if self._listeners == 1:
                await self._begin()
            while not self._ended:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._ended or self._number > seen)  # noqa: B023 - awaited at once
                    news = {n: text for n, (at, text) in self._texts.items() if at > seen}
                    seen = self._number
                for name, text in news.items():
                    yield ServerSentEvent(text, event=name)
        finally:
            self._listeners -= 1
