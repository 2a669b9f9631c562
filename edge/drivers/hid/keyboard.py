"""Card readers and scanners that type like a keyboard (USB HID).

Rules of this driver
--------------------
1. The device is opened and grabbed by :mod:`edge.drivers.hid.input_port`; its keys become texts by
   :mod:`edge.drivers.hid.typist`. A text that is refused is posted as InputRefused.
2. A card reader types a number once for each presentation, in one of several forms: the config
   names the form, because ten digits can be decimal or hexadecimal. A text in another form is
   posted as InputRefused. Cards are accepted by the rules of :mod:`edge.drivers.card_reader`.
3. A scanner's text, without the characters that scanners add, is an invitation or is refused.
4. What is typed is never logged.
"""

from edge.clock import Clock
from edge.config.sections.card_readers import KeyboardCardReader as CardReaderSection
from edge.config.sections.card_readers import KeyboardScanner as ScannerSection
from edge.drivers.card_number import card_number
from edge.drivers.card_reader import FramedCardReader
from edge.drivers.code_scanner import PortCodeScanner, Read
from edge.drivers.hid.input_port import input_port
from edge.drivers.hid.typist import EVENT, Typist
from edge.drivers.port_reader import Port
from edge.errors import ProtocolError
from edge.sop.events import Post

# Silences between keys that make a removed card; a card's text may end without Enter.
_GAPS = 2
# Real seconds. Longer than the time between two keys of a text: readers need 1 to 30 ms.
_LEAST_GAP_S = 0.03
_SCANNER_GAP_S = 0.2
# A key is two events and their reports, often with a scan code; readers type 125 keys a second.
_BYTES_PER_S = 6 * EVENT.size * 125


class CardTypist:
    """Parses the input events of the reader of *config* into card numbers."""

    def __init__(self, config: CardReaderSection) -> None:
        self._config = config
        self._typist = Typist()

    def feed(self, data: bytes) -> list[str | ProtocolError]:
        """Process the next bytes; return cards and errors, in order."""
        return [self._card(item) for item in self._typist.feed(data)]

    def silence(self) -> list[str | ProtocolError]:
        """Process a silence longer than any gap within a number: it ends the number."""
        return [self._card(item) for item in self._typist.silence()]

    def _card(self, typed: str | ProtocolError) -> str | ProtocolError:
        if isinstance(typed, ProtocolError):
            return typed
        try:
            return card_number(typed, self._config.number, self._config.first_byte)
        except ProtocolError as error:
            return error


class KeyboardCardReader(FramedCardReader):
    """The card reader of *config*."""

    def __init__(self, name: str, config: CardReaderSection, clock: Clock, post: Post) -> None:
        gap_s = max(clock.real(config.removed_after_s) / _GAPS, _LEAST_GAP_S)
        super().__init__(
            name,
            input_port(name, config.port, gap_s),
            lambda: CardTypist(config),
            _GAPS,
            config.removed_after_s * _BYTES_PER_S,
            post,
        )


class KeyboardScanner(PortCodeScanner[Port]):
    """The scanner of *config*.

    :param read: checks a code and returns its event
    """

    def __init__(
        self, name: str, config: ScannerSection, read: Read, clock: Clock, post: Post
    ) -> None:
        opened = input_port(name, config.port, _SCANNER_GAP_S)
        super().__init__(name, opened, config.repeat_s, read, clock, post)

    def _work(self, port: Port) -> None:
        typist = Typist()
        while True:
            data = port.read(max(1, port.in_waiting))
            if self._closing.is_set():
                return
            self._process(typist.feed(data) if data else typist.silence())
