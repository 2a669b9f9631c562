"""Codes at a scanner: the part that all scanners share.

Rules
-----
1. The same code counts once as long as it has not been away for ``repeat_s``: a guest holds a
   telephone still for seconds.
2. The characters that scanners add are no part of a code (:mod:`edge.drivers.scanned_text`).
3. The content of a code is never logged: it may hold a guest's name.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from edge.clock import Clock, Stamp
from edge.drivers.port_reader import P, PortReader
from edge.drivers.scanned_text import code_in
from edge.errors import ProtocolError
from edge.sop.events import InvitationPresented, InvitationRefused, Post

Read = Callable[[str, str, Stamp], InvitationPresented | InvitationRefused]
"""Return the event for a code: called with the code, the reader's id and the moment."""


class PortCodeScanner(PortReader[P]):
    """A scanner on a port.

    :param repeat_s: the same code counts again after this absence, seconds of the clock
    :param read: checks a code and returns its event
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], P],
        repeat_s: float,
        read: Read,
        clock: Clock,
        post: Post,
    ) -> None:
        super().__init__(name, open_port, post)
        self._clock = clock
        self._repeat_s = repeat_s
        self._read = read
        self._last_code = ""
        self._last_ns = 0

    def _process(self, found: Iterable[str | ProtocolError]) -> None:
        """Post the events for codes and errors, as a framer found them."""
        for item in found:
            if isinstance(item, ProtocolError):
                self._refuse(item)
            else:
                self._shown(code_in(item))

    def _shown(self, code: str) -> None:
        """Post the event for *code*, unless it is still the code before."""
        now = self._clock.now()
        away_s = (now.boot_ns - self._last_ns) / 1e9
        still_there = code == self._last_code and away_s < self._repeat_s
        self._last_code, self._last_ns = code, now.boot_ns
        if still_there:
            return
        event = self._read(code, self.id, now)
        self._post_event(lambda at: replace(event, at=at))
