"""Cards at a reader: the part that all card readers share.

Rules of this driver
--------------------
1. A card is posted once per presentation, however often the reader repeats it. A presentation ends
   with silence.
2. A card is accepted when the reader has sent its number twice, or once before silence: the number
   of a second card would have come in between.
3. Two cards at once: neither is accepted, TwoCardsPresented is posted once, and no card is accepted
   until there has been silence. Only the guest's officer knows which of the two was meant; and of
   two cards that are lifted together one is read last, alone.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from edge.drivers.port_reader import P, Port, PortReader
from edge.errors import ProtocolError
from edge.sop.events import CardPresented, Post, TwoCardsPresented


class TwoCards:
    """The reader has read two cards in one presentation."""


class Presence:
    """One presentation after the other, from the card numbers that a reader sends. Pure."""

    def __init__(self) -> None:
        self._card: str | None = None
        self._is: Literal["named", "taken", "two"] = "taken"

    def seen(self, card: str) -> str | TwoCards | None:
        """Process *card*, just read; return the card to accept, TwoCards, or None for neither."""
        if self._card is None:
            self._card, self._is = card, "named"
            return None
        if self._is == "two":
            return None
        if card != self._card:
            self._is = "two"
            return TwoCards()
        taken = card if self._is == "named" else None
        self._is = "taken"
        return taken

    def gone(self) -> str | None:
        """End the presentation after silence; return its card if that was read only once."""
        card, self._card = self._card, None
        return card if self._is == "named" else None


class PortCardReader(PortReader[P]):
    """A reader on a port. Posts CardPresented with its id (the last part of its name)."""

    def _take(self, found: str | TwoCards | ProtocolError | None) -> None:
        """Post the event for *found*, a result of the presence or of a framer."""
        match found:
            case ProtocolError():
                self._refuse(found)
            case TwoCards():
                self._post_event(TwoCardsPresented, self.id)
            case str():
                self._post_event(CardPresented, self.id, found)


class Framer(Protocol):
    """Parses a reader's bytes into card numbers."""

    def feed(self, data: bytes, /) -> list[str | ProtocolError]:
        """Parse the next bytes; return cards and errors, in order."""

    def silence(self) -> list[str | ProtocolError]:
        """Process a silence longer than any gap within a frame; return cards and errors."""


class FramedCardReader(PortCardReader[Port]):
    """A reader that sends a frame for each card unasked.

    Rules
    -----
    1. Every broken frame and every run of noise is posted as InputRefused and never as a card.
    2. A frame ends at the latest when no byte has come for the port's time-out, a presentation
       after *gaps* such time-outs in a row. Both are measured while waiting for bytes, so a thread
       that was held up never mistakes repeats for a new presentation.
    3. *noise_bytes* bytes without a card end a presentation too: endless noise is no card that
       stays.

    :param framer: makes a new framer, at each opening
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], Port],
        framer: Callable[[], Framer],
        gaps: int,
        noise_bytes: float,
        post: Post,
    ) -> None:
        super().__init__(name, open_port, post)
        self._make_framer = framer
        self._gaps = gaps
        self._noise_bytes = noise_bytes

    def _work(self, port: Port) -> None:
        self._framer, self._presence = self._make_framer(), Presence()
        self._without_card, silent = 0, 0
        while True:
            if silent >= self._gaps:
                port.wait()  # no card is there: no silence has to be counted
            data = port.read(max(1, port.in_waiting))
            if self._closing.is_set():
                return
            for place in range(len(data)):
                self._without_card += 1
                self._found(self._framer.feed(data[place : place + 1]))
                if self._without_card > self._noise_bytes:
                    self._gone()
            silent = 0 if data else silent + 1
            if not data:
                self._found(self._framer.silence())
            if silent == self._gaps:
                self._gone()

    def _found(self, items: list[str | ProtocolError]) -> None:
        for item in items:
            if isinstance(item, str):
                self._without_card = 0
                self._take(self._presence.seen(item))
            else:
                self._take(item)

    def _gone(self) -> None:
        self._without_card = 0
        self._take(self._presence.gone())
