"""Which card lies at a reader: what all card readers have in common.

Rules this driver keeps
-----------------------
1. A card is posted once a presentation, however often the reader repeats it. A presentation ends
   with silence.
2. A card is taken when the reader has named it twice, or once and then nothing: had there been a
   second card, it would have been named between.
3. Two cards at once: no card is taken, TwoCardsPresented is posted once, and nothing is taken until
   there has been silence. Which of the two was meant only the guest's officer knows; and of two
   cards that are lifted together one is seen last, alone.
"""

from typing import Literal

from edge.drivers.serial.serial_reader import SerialReader
from edge.errors import ProtocolError
from edge.sop.events import CardPresented, TwoCardsPresented


class TwoCards:
    """What a reader has named is two cards."""


class Presence:
    """Which card is there, told by what a reader names. Pure."""

    def __init__(self) -> None:
        self._card: str | None = None
        self._is: Literal["named", "taken", "two"] = "taken"

    def seen(self, card: str) -> str | TwoCards | None:
        """The reader has named *card*: return the card to take, or that there are two, if so."""
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
        """There has been silence: return the card to take, if one was named only once."""
        card, self._card = self._card, None
        return card if self._is == "named" else None


class SerialCardReader(SerialReader):
    """One reader. Posts CardPresented with its id (the last part of its name)."""

    def _take(self, found: str | TwoCards | ProtocolError | None) -> None:
        """Post what the presence or a framer has *found*."""
        match found:
            case ProtocolError():
                self._refuse(found)
            case TwoCards():
                self._post_event(TwoCardsPresented, self.id)
            case str():
                self._post_event(CardPresented, self.id, found)
