"""The frames that lock boards of one family speak, as their driver uses them."""

from typing import NamedTuple, Protocol

from edge.errors import ProtocolError


class BoardStatus(NamedTuple):
    """The latches of one board, as it sent them: bit 0 of *latches* is lock 1."""

    address: int
    latches: int


class Framer(Protocol):
    """Parses statuses; the same bytes give the same statuses, however they are split."""

    def feed(self, data: bytes, /) -> list[BoardStatus | ProtocolError]:
        """Parse the next bytes; return statuses and errors, in order."""

    def end(self) -> list[BoardStatus | ProtocolError]:
        """End the input: return errors for unfinished frames, and statuses found behind them."""


class Family(Protocol):
    """The requests and answers of one family of boards."""

    def query(self, address: int) -> bytes:
        """Return the request for the board's status."""

    def unlock(self, address: int, lock: int) -> bytes:
        """Return the request that energises *lock* (from 1) for its unlock time."""

    def set_unlock_time(self, address: int, seconds: float) -> bytes | None:
        """Return the request that sets the unlock time in the board; None if there is none.

        KERONG's comes from one unofficial source.
        """

    def clear_busy(self, address: int) -> bytes | None:
        """Return the request that frees a stuck board; None if no source documents one.

        One unofficial source gives KERONG's 38, which two others have as the code of a reply.
        """

    def framer(self) -> Framer:
        """Return a new framer for the answers."""
