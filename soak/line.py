"""The line between daemon and broker; it can lose data as well."""

import asyncio
from typing import Literal

from sim.line.network import End, Fate, Network


class Line(Network):
    """A line that can also swallow ``answers`` (broker to daemon) or ``everything``, or hang up.

    Swallowed data is lost: :meth:`restore` breaks the connections that lost it, as TCP would.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self._losing: Literal["answers", "everything"] | None = None
        self._hangs_up_on = b""
        self._flaps_after: int | None = None

    async def __aexit__(self, *error: object) -> None:
        # Let them end by themselves: asyncio complains of connections with cancelled tasks.
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await super().__aexit__(*error)

    def lose(self, what: Literal["answers", "everything"]) -> None:
        """Swallow ``answers`` or ``everything`` from now on; connections stay open."""
        self._losing = what

    def hang_up_on(self, part: bytes) -> None:
        """End a connection as soon as the daemon sends *part*, as brokers do on some packets."""
        self._hangs_up_on = part

    def flap(self, after: int) -> None:
        """End each connection after *after* bytes of the daemon."""
        self._flaps_after = after

    def restore(self) -> None:
        """Let all data pass again."""
        self._hangs_up_on, self._flaps_after = b"", None
        if self._losing is not None:
            self._losing = None
            self.cut()
        super().restore()

    def _fate(self, to: End, data: bytes, count: int) -> Fate:
        if to == "broker":
            flaps = self._flaps_after is not None and count > self._flaps_after
            if flaps or (self._hangs_up_on and self._hangs_up_on in data):
                return "end"
        lost = self._losing == "everything" or (self._losing == "answers" and to == "daemon")
        return "lose" if lost else "pass"
