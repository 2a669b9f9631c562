"""A GM65 or GM8xx scanner that reads the QR codes of invitations.

Rules of this driver
--------------------
1. Its bytes are parsed by :class:`~edge.drivers.serial.gm65_frames.CodeFramer`. Noise and broken
   codes are posted as InputRefused; a whole code is posted as InvitationPresented or
   InvitationRefused, by the rules of :mod:`edge.drivers.code_scanner`.
2. In mode ``host`` every trigger must be acknowledged before the next one, or the device has
   failed. In mode ``presence`` a dead scanner cannot be distinguished from an unused one.
"""

from edge.clock import Clock
from edge.config.sections.card_readers import Gm65
from edge.drivers.code_scanner import PortCodeScanner, Read
from edge.drivers.port_reader import SerialPort
from edge.drivers.serial.gm65_frames import TRIGGER, CodeFramer
from edge.drivers.serial.ports import serial_port
from edge.errors import DeviceUnavailable
from edge.sop.events import Post

BAUD_RATE = 9600
# Longer than the gap between two bytes of a code, real seconds; USB adapters hold bytes for 16 ms.
GAP_S = 0.2
# Time for the guest to take the telephone away after a code, seconds of the clock.
_AFTER_CODE_S = 1.0


class Gm65Scanner(PortCodeScanner[SerialPort]):
    """One scanner on the port of *config*.

    :param read: checks a code and returns its event
    """

    def __init__(self, name: str, config: Gm65, read: Read, clock: Clock, post: Post) -> None:
        opened = serial_port(name, config.port, BAUD_RATE, GAP_S)
        super().__init__(name, opened, config.repeat_s, read, clock, post)
        self._config = config

    def _greet(self, port: SerialPort) -> None:
        self._framer, self._due_ns = CodeFramer(), 0
        if self._config.mode == "host":
            self._trigger(port)
            while not self._framer.acknowledged and self._listen(port):
                pass
            self._need_acknowledgement()

    def _work(self, port: SerialPort) -> None:
        while not self._closing.is_set():
            if self._config.mode == "host" and self._clock.boot_ns() >= self._due_ns:
                self._need_acknowledgement()
                self._trigger(port)
            elif self._config.mode == "presence" and self._framer.idle:
                port.wait()  # nothing has begun that silence would end
            self._listen(port)

    def _trigger(self, port: SerialPort) -> None:
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

    def _listen(self, port: SerialPort) -> bool:
        """Process the bytes that come within GAP_S; return False if none came."""
        data = port.read(max(1, port.in_waiting))
        if self._closing.is_set():
            return False
        self._process(self._framer.feed(data) if data else self._framer.silence())
        return bool(data)

    def _shown(self, code: str) -> None:
        """Post the event for *code*; the next trigger gives time to take it away."""
        self._wait(_AFTER_CODE_S)
        super()._shown(code)
