"""Frames of the GM65: parses bytes into codes. Pure.

A code is printable text that ends with CR, LF or TAB. The acknowledgement of a trigger has no end
of its own and would stand before the code: it is removed wherever it comes, and so is a UTF-8 byte
order mark. GS (1D, sent for the FNC1 of a GS1 code) is part of the text.
"""

from edge.errors import ProtocolError

TRIGGER = bytes.fromhex("7E 00 08 01 00 02 01 AB CD")
"""Start one reading. (AB CD stands for a checksum that is not checked.)"""

ACKNOWLEDGED = bytes.fromhex("02 00 00 01 00 33 31")

LONGEST = 600
"""The longest code, characters: invitations are never longer; longer codes are discarded."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REMOVED = {sequence[0]: sequence for sequence in (ACKNOWLEDGED, _BYTE_ORDER_MARK)}
_ENDS = b"\r\n\t"
_GS = 0x1D


class CodeFramer:
    """Parses codes; the same bytes give the same codes, however they are split.

    :ivar acknowledged: number of acknowledgements; the driver sets it to 0 before each trigger
    """

    def __init__(self) -> None:
        self.acknowledged = 0
        self._text = bytearray()
        self._begun = b""  # the first bytes of a sequence that is removed
        self._in_noise = False
        self._too_long = False

    @property
    def idle(self) -> bool:
        """True if nothing has begun that a silence would end."""
        return not (self._text or self._begun or self._in_noise or self._too_long)

    def feed(self, data: bytes) -> list[str | ProtocolError]:
        """Parse the next bytes; return codes and errors, in order."""
        return [item for byte in data for item in self._feed(byte)]

    def silence(self) -> list[str | ProtocolError]:
        """Process a silence longer than any gap within a code; an unfinished code is an error."""
        cut_short = bool(self._text or self._begun) and not self._too_long
        self._start_anew()
        return [ProtocolError("code without an end")] if cut_short else []

    def _feed(self, byte: int) -> list[str | ProtocolError]:
        if self._begun or byte in _REMOVED:
            return self._remove(byte)
        if byte in _ENDS:
            return self._end()
        if not 0x20 <= byte < 0x7F and byte != _GS:
            return self._noise()
        self._text.append(byte)
        if len(self._text) > LONGEST and not self._too_long:
            self._too_long = True
            return [ProtocolError("code too long")]
        if self._too_long:
            self._text.clear()
        return []

    def _remove(self, byte: int) -> list[str | ProtocolError]:
        """Process the next byte of a sequence that is removed; any other byte makes it noise."""
        sequence = _REMOVED[self._begun[0] if self._begun else byte]
        if byte != sequence[len(self._begun)]:
            self._begun = b""
            return [*self._noise(), *self._feed(byte)]
        self._begun += bytes([byte])
        if self._begun == sequence:
            self._begun = b""
            self.acknowledged += sequence == ACKNOWLEDGED
        return []

    def _end(self) -> list[str | ProtocolError]:
        code, too_long = self._text.decode("ascii"), self._too_long
        self._start_anew()
        return [code] if code and not too_long else []

    def _noise(self) -> list[str | ProtocolError]:
        """Return one error for a run of bytes that are no text."""
        if self._in_noise:
            return []
        self._in_noise = True
        return [ProtocolError("noise")]

    def _start_anew(self) -> None:
        self._text.clear()
        self._begun = b""
        self._in_noise = self._too_long = False
