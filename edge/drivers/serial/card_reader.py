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

from typing import Literal

from edge.drivers.serial.serial_reader import SerialReader
from edge.errors import ProtocolError
from edge.sop.events import CardPresented, TwoCardsPresented


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


class SerialCardReader(SerialReader):
    """One reader. Posts CardPresented with its id (the last part of its name)."""

    def _take(self, found: str | TwoCards | ProtocolError | None) -> None:
        """Post the event for *found*, a result of the presence or of a framer."""
        match found:
            case ProtocolError():
                self._refuse(found)
            case TwoCards():
                self._post_event(TwoCardsPresented, self.id)
            case str():
                self._post_event(CardPresented, self.id, found)
