"""A GM65 or GM8xx scanner that reads the QR codes of invitations.

Rules of this driver
--------------------
1. Its bytes are parsed by :class:`~edge.drivers.serial.gm65_frames.CodeFramer`. Noise and broken
   codes are posted as InputRefused; a whole code, without the characters that a scanner adds
   (:mod:`edge.drivers.scanned_text`), is posted as InvitationPresented or InvitationRefused.
2. The same code counts once as long as it has not been away for ``repeat_s``: a guest holds a
   telephone still for seconds.
3. The content of a code is never logged: it may hold a guest's name.
4. In mode ``host`` every trigger must be acknowledged before the next one, or the device has
   failed. In mode ``presence`` a dead scanner cannot be distinguished from an unused one.
"""

from collections.abc import Callable

from msgspec.structs import replace

from edge.clock import Clock, Stamp
from edge.config.sections.card_readers import Gm65
from edge.drivers.port_reader import Port, PortReader
from edge.drivers.scanned_text import code_in
from edge.drivers.serial.gm65_frames import TRIGGER, CodeFramer
from edge.drivers.serial.ports import serial_port
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.events import InvitationPresented, InvitationRefused, Post

BAUD_RATE = 9600
# Longer than the gap between two bytes of a code, real seconds; USB adapters hold bytes for 16 ms.
GAP_S = 0.2
# Time for the guest to take the telephone away after a code, seconds of the clock.
_AFTER_CODE_S = 1.0

Read = Callable[[str, str, Stamp], InvitationPresented | InvitationRefused]
"""Return the event for a code: called with the code, the reader's id and the moment."""


class Gm65Scanner(PortReader):
    """One scanner on the port of *config*.

    :param read: checks a code and returns its event
    """

    def __init__(self, name: str, config: Gm65, read: Read, clock: Clock, post: Post) -> None:
        super().__init__(name, serial_port(name, config.port, BAUD_RATE, GAP_S), post)
        self._config = config
        self._read = read
        self._clock = clock
        self._last_code = ""
        self._last_ns = 0

    def _greet(self, port: Port) -> None:
        self._framer, self._due_ns = CodeFramer(), 0
        if self._config.mode == "host":
            self._trigger(port)
            while not self._framer.acknowledged and self._listen(port):
                pass
            self._need_acknowledgement()

    def _work(self, port: Port) -> None:
        while not self._closing.is_set():
            if self._config.mode == "host" and self._clock.boot_ns() >= self._due_ns:
                self._need_acknowledgement()
                self._trigger(port)
            self._listen(port)

    def _trigger(self, port: Port) -> None:
        self._framer.acknowledged = 0
        port.write(TRIGGER)
        self._wait(self._config.reading_s)

    def _wait(self, seconds: float) -> None:
        """Make the next trigger due in *seconds* of the clock."""
        self._due_ns = self._clock.boot_ns() + int(seconds * 1e9)

    def _need_acknowledgement(self) -> None:
        if not self._framer.acknowledged:
            raise DeviceUnavailable(
                f"{self.name}: no answer to a trigger",
                'Check power and the crossing of TX and RX. For mode = "host" the scanner must be '
                'set to "command triggered" (docs/cards.md).',
            )

    def _listen(self, port: Port) -> bool:
        """Process the bytes that come within GAP_S; return False if none came."""
        data = port.read(max(1, port.in_waiting))
        if self._closing.is_set():
            return False
        for found in self._framer.feed(data) if data else self._framer.silence():
            if isinstance(found, ProtocolError):
                self._refuse(found)
            else:
                self._shown(code_in(found))
        return bool(data)

    def _shown(self, code: str) -> None:
        """Post the event for *code*, unless it is still the code before."""
        now = self._clock.now()
        away_s = (now.boot_ns - self._last_ns) / 1e9
        still_there = code == self._last_code and away_s < self._config.repeat_s
        self._last_code, self._last_ns = code, now.boot_ns
        self._wait(_AFTER_CODE_S)
        if still_there:
            return
        event = self._read(code, self.id, now)
        self._post_event(lambda at: replace(event, at=at))
