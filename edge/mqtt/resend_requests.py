"""Carries out `cmd/resend`: sends a range of records again, for a consumer that misses them.

A request costs a write to the card, so there is at most one in ``PAUSE_S``, of a bounded range.
"""

from collections.abc import Awaitable, Callable

from edge.clock import Stamp
from edge.mqtt import requests
from edge.mqtt.requests import Answer, RequestRefused, ResendRange
from edge.store.rows import Resent

# Shortest time between two requests that are carried out, seconds.
PAUSE_S = 10.0

SendAgain = Callable[[str, int, int], Awaitable[Resent]]
"""Sends the records first to last of a stream again; raises RequestRefused for another stream."""


class ResendRequests:
    """Carries out requests, one in ``PAUSE_S``."""

    def __init__(self, send_again: SendAgain) -> None:
        self._send_again = send_again
        self._last: Stamp | None = None

    async def carry_out(self, request: ResendRange, now: Stamp) -> Answer:
        """Carry out *request*; return its answer.

        :raises RequestRefused: with the reason
        """
        requests.in_time(request.time, now, need_synced=False)
        if self._last is not None and now.seconds_since(self._last) < PAUSE_S:
            raise RequestRefused("too soon", f"one request in {PAUSE_S:.0f} s; ask again then")
        self._last = now
        resent = await self._send_again(request.stream, request.first, request.last)
        return Answer(
            ok=True,
            id=request.id,
            resent=resent.marked + resent.unparked + resent.waiting,
            missing=resent.missing,
        )
