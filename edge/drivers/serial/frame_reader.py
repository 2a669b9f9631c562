"""A card reader that sends unasked: RDM6300, ID-12LA, ID-20LA.

Rules of this driver
--------------------
1. Its bytes are parsed by :class:`~edge.drivers.serial.card_frames.CardFramer`; cards are accepted
   by the rules of :mod:`edge.drivers.serial.card_reader`.
2. Every broken frame and every run of noise is posted as InputRefused and never as a card.
3. A presentation ends when no byte has come for ``removed_after_s``. That is measured while
   waiting for bytes, so a thread that was held up never mistakes repeats for a new presentation.
   Noise for as many bytes as the line carries in that time is silence too.
"""

from edge.clock import Clock
from edge.config.sections.card_readers import Id12La, Rdm6300
from edge.drivers.port_reader import Port
from edge.drivers.serial.card_frames import ID_12LA_END, RDM6300_END, CardFramer
from edge.drivers.serial.card_reader import Presence, SerialCardReader
from edge.sop.events import Post

BAUD_RATE = 9600
_BYTES_PER_S = BAUD_RATE / 10  # a start bit, 8 data bits, a stop bit

# Repeats are 65 ms apart at most; a simulated clock cannot make a thread wake more often.
_LEAST_SILENCE_S = 0.05


class FrameReader(SerialCardReader):
    """One reader on the port of *config*."""

    def __init__(self, name: str, config: Rdm6300 | Id12La, clock: Clock, post: Post) -> None:
        silence_s = max(clock.real(config.removed_after_s), _LEAST_SILENCE_S)
        super().__init__(name, config.port, BAUD_RATE, silence_s, post)
        self._end = RDM6300_END if isinstance(config, Rdm6300) else ID_12LA_END
        self._silence_bytes = config.removed_after_s * _BYTES_PER_S

    def _greet(self, port: Port) -> None:
        """Send no greeting: the reader sends unasked."""

    def _work(self, port: Port) -> None:
        self._framer, self._presence, self._without_card = CardFramer(self._end), Presence(), 0
        while True:
            data = port.read(max(1, port.in_waiting))
            if self._closing.is_set():
                return
            for byte in data:
                self._heard(byte)
            if not data:
                self._take(self._presence.gone())

    def _heard(self, byte: int) -> None:
        self._without_card += 1
        for found in self._framer.feed(bytes([byte])):
            if isinstance(found, str):
                self._without_card = 0
                self._take(self._presence.seen(found))
            else:
                self._take(found)
        if self._without_card > self._silence_bytes:
            self._without_card = 0
            self._take(self._presence.gone())
