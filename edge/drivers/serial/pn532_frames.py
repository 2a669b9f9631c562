"""Frames of the PN532 on its high-speed UART: builds commands, parses answers. Pure.

A frame is ``00 FF``, LEN, LCS (LEN + LCS = 0), LEN bytes, DCS (bytes + DCS = 0), all modulo 256,
with ``00`` before and behind. Bytes to the chip begin with ``D4`` and a command; its answer with
``D5`` and the command plus one. Before the answer the chip sends an ACK, ``00 00 FF 00 FF 00``.
"""

from edge.errors import ProtocolError

WAKE = b"\x55\x55" + bytes(14)
"""The bytes that wake a sleeping chip, sent before the first frame."""

ACK = bytes.fromhex("00 00 FF 00 FF 00")
"""Acknowledges a command. Sent to the chip, it aborts the command that is running."""

# Normal mode, time-out of 1 s (not used in this mode), no interrupt pin: as the chip's examples.
SAM_CONFIGURATION = bytes.fromhex("14 01 14 01")
# Two tries to find a card, then the answer "none"; without this the chip is silent until one
# comes. The first two values are the chip's own defaults.
RETRIES = bytes.fromhex("32 05 FF 01 01")
# Never ask a chip card to open its data channel (no automatic RATS): card numbers are enough.
PARAMETERS = bytes.fromhex("12 04")
# Up to two cards, ISO 14443-A, 106 kbit/s.
LIST_CARDS = bytes.fromhex("4A 02 00")

_TO_CHIP, _FROM_CHIP = 0xD4, 0xD5
_START = b"\x00\xff"
_ERROR = b"\x7f"
_NUMBER_LENGTHS = (4, 7, 10)


def frame(command: bytes) -> bytes:
    """Return the frame that sends *command* to the chip."""
    data = bytes([_TO_CHIP]) + command
    length = len(data)
    return b"\x00\x00\xff" + bytes([length, -length & 0xFF]) + data + bytes([-sum(data) & 0xFF, 0])


class AnswerFramer:
    """Parses frames; the same bytes give the same frames, however they are split.

    A frame is returned as its bytes, ``D5`` included; an ACK as empty bytes.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._in_noise = False

    @property
    def begun(self) -> bool:
        """True if a frame has begun and is not whole yet."""
        return _START in self._rest

    def feed(self, data: bytes) -> list[bytes | ProtocolError]:
        """Parse the next bytes; return frames and errors, in order."""
        self._rest += data
        found: list[bytes | ProtocolError] = []
        while self._advance(found):
            pass
        return found

    def _advance(self, found: list[bytes | ProtocolError]) -> bool:
        """Remove one frame or error from the front; return False if that needs more bytes."""
        start = self._rest.find(_START)
        before = start if start >= 0 else len(self._rest) - self._rest.endswith(b"\x00")
        if any(self._rest[:before]):
            self._trouble(found, "noise between frames")
        del self._rest[:before]
        if start < 0 or len(self._rest) < 4:
            return False
        length, check = self._rest[2:4]
        if (length, check) == (0x00, 0xFF):
            return self._whole(found, b"", 4)
        if not length or (length + check) & 0xFF:
            return self._broken(found, "wrong length checksum")
        if len(self._rest) < 5 + length:
            return False
        if sum(self._rest[4 : 5 + length]) & 0xFF:
            return self._broken(found, "wrong checksum")
        return self._whole(found, bytes(self._rest[4 : 4 + length]), 5 + length)

    def _whole(self, found: list[bytes | ProtocolError], data: bytes, size: int) -> bool:
        found.append(data)
        del self._rest[:size]
        self._in_noise = False
        return True

    def _broken(self, found: list[bytes | ProtocolError], why: str) -> bool:
        """Drop one byte only: the bytes after it may hold a whole frame."""
        self._trouble(found, why)
        del self._rest[:1]
        return True

    def _trouble(self, found: list[bytes | ProtocolError], why: str) -> None:
        """Add one error for a run of wrong bytes."""
        if not self._in_noise:
            found.append(ProtocolError(why))
        self._in_noise = True


def answer(command: bytes, data: bytes) -> bytes:
    """Return the answer to *command* in the *data* of a frame.

    :raises ProtocolError: if it is no answer to *command*
    """
    if data == _ERROR:
        raise ProtocolError("the chip did not understand")
    if data[:2] != bytes([_FROM_CHIP, command[0] + 1]):
        raise ProtocolError("answer to another question")
    return data[2:]


def card_numbers(listed: bytes) -> list[str]:
    """Return the numbers (UIDs) of the cards in an answer to LIST_CARDS, in upper-case digits.

    :raises ProtocolError: if it is not exactly such a list
    """
    if not listed or listed[0] > 2:
        raise ProtocolError("not a list of cards")
    numbers, rest = [], listed[1:]
    for place in range(1, listed[0] + 1):
        # Its place in the list, the kind of card (3 bytes), the length of its number.
        if len(rest) < 5 or rest[0] != place or rest[4] not in _NUMBER_LENGTHS:
            raise ProtocolError("not a list of cards")
        end = 5 + rest[4]
        if len(rest) < end:
            raise ProtocolError("not a list of cards")
        numbers.append(rest[5:end].hex().upper())
        rest = rest[end:]
    if rest:
        raise ProtocolError("not a list of cards")
    return numbers
