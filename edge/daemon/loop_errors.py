"""Loop errors: logs what goes wrong in asyncio itself; the same error in a row is counted.

Out of file descriptors, asyncio tries to accept a connection every second, and reports each try
with a traceback: after a day the journal would have no other line.
"""

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)

# asyncio accepts again a second after it ran out of descriptors, even if the server has been
# closed meanwhile; that is no error.
_AFTER_CLOSE = "._start_serving("

# A spell of an error ends after so long without it, real seconds.
QUIET_S = 30.0


class LoopErrors:
    """The exception handler of *loop* (``loop.set_exception_handler``)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._spells: dict[str, tuple[int, asyncio.TimerHandle]] = {}

    def __call__(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log the error in *context*, unless its spell lasts; called by asyncio."""
        error = context.get("exception")
        if isinstance(error, ValueError) and _AFTER_CLOSE in context["message"]:
            return
        what = f"{context['message']}: {error}"
        count, timer = self._spells.get(what, (0, None))
        if timer is None:
            log.error("%s", what, exc_info=None if isinstance(error, OSError) else error)
        else:
            timer.cancel()
        self._spells[what] = count + 1, self._loop.call_later(QUIET_S, self._end, what)

    def _end(self, what: str) -> None:
        count, _ = self._spells.pop(what)
        if count > 1:
            log.warning("%s: %d times in all, not any more", what, count)
