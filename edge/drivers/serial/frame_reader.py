"""A serial card reader that sends unasked: RDM6300, ID-12LA, ID-20LA, EM-18.

Its bytes are parsed by the framer of its kind; cards are accepted by the rules of
:mod:`edge.drivers.card_reader`.
"""

from collections.abc import Callable

from edge.clock import Clock
from edge.config.sections.card_readers import Em18, Id12La, Rdm6300
from edge.drivers.card_reader import FramedCardReader, Framer
from edge.drivers.serial.card_frames import ID_12LA_END, RDM6300_END, CardFramer
from edge.drivers.serial.em18_frames import Em18Framer
from edge.drivers.serial.ports import serial_port
from edge.sop.events import Post

BAUD_RATE = 9600
_BYTES_PER_S = BAUD_RATE / 10  # a start bit, 8 data bits, a stop bit

# Repeats are 65 ms apart at most; a simulated clock cannot make a thread wake more often.
_LEAST_SILENCE_S = 0.05

Section = Rdm6300 | Id12La | Em18
# The framer of each kind, and how many gaps of its frames make a removed card. A frame that only
# silence ends needs several: two cards are known to be two before the presentation is over.
_KINDS: dict[type[Section], tuple[Callable[[], Framer], int]] = {
    Rdm6300: (lambda: CardFramer(RDM6300_END), 1),
    Id12La: (lambda: CardFramer(ID_12LA_END), 1),
    Em18: (Em18Framer, 4),
}


class FrameReader(FramedCardReader):
    """One reader on the port of *config*."""

    def __init__(self, name: str, config: Section, clock: Clock, post: Post) -> None:
        framer, gaps = _KINDS[type(config)]
        silence_s = max(clock.real(config.removed_after_s), _LEAST_SILENCE_S)
        noise_bytes = config.removed_after_s * _BYTES_PER_S
        opened = serial_port(name, config.port, BAUD_RATE, silence_s / gaps)
        super().__init__(name, opened, framer, gaps, noise_bytes, post)
