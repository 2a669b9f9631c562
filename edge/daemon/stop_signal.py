"""Stop signal: SIGTERM and Ctrl-C stop the daemon cleanly, at any moment, once or several times.

- Before the daemon has begun anything, the process ends at once (edge/commands/main.py).
- From then on the first signal requests the stop, and later ones change nothing. asyncio's own
  handlers would not do: they end with the loop, and a second SIGTERM would kill the process then.
"""

import asyncio
import signal

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop(Exception):
    """A clean stop was requested."""


class StopSignal:
    """Requests a stop when the first signal comes. Make it on the main thread, while no loop runs.

    :ivar requested: True from the first signal on
    """

    def __init__(self) -> None:
        self.requested = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._came = asyncio.Event()
        for number in _SIGNALS:
            signal.signal(number, self._note)

    async def wait(self) -> None:
        """Wait on the running loop until a stop is requested."""
        self._loop = asyncio.get_running_loop()
        # While it handles any signal, asyncio wakes its loop at every signal, also at one that the
        # kernel has given to another thread. SIGURG is not used here, and has no effect by itself.
        self._loop.add_signal_handler(signal.SIGURG, lambda: None)
        if not self.requested:
            await self._came.wait()

    async def wait_at_most(self, seconds: float) -> bool:
        """Wait until a stop is requested, at most *seconds* (real); return True if it is."""
        try:
            async with asyncio.timeout(seconds):
                await self.wait()
        except TimeoutError:
            return self.requested
        return True

    def ignore(self) -> None:
        """Ignore signals from now on: all is stored, and the process ends."""
        for number in (*_SIGNALS, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def _note(self, _number: int, _frame: object) -> None:
        """Note the signal: Python calls this on the main thread between two instructions."""
        self.requested = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._came.set)
