"""Typed text: parses a keyboard's input events into the texts that a reader types. Pure.

Rules
-----
1. A text ends with Enter, the keypad's Enter, Tab, or silence.
2. Keys have the US layout, which readers send unless they are set to another; the keypad's keys are
   digits. Shift and Caps Lock count as on a keyboard. Repeats of a held key are ignored: no reader
   holds a key on purpose.
3. A text with a key that types no character, with Alt, Ctrl or a Meta key, with keys that the
   kernel had to drop, or that is too long, is refused whole: what is left of it could be another
   number. (Ctrl and ``]`` types GS, the separator of GS1 codes.)
4. A modifier whose release was lost is released by silence.
"""

import struct

from edge.errors import ProtocolError

LONGEST = 600
"""The longest text, characters: invitations are never longer; longer texts are discarded."""

# linux/input.h, struct input_event: seconds and microseconds (longs), type, code, value.
EVENT = struct.Struct("@llHHi")

# linux/input-event-codes.h.
_EV_SYN, _EV_KEY = 0x00, 0x01
_SYN_REPORT, _SYN_DROPPED = 0, 3
_UP, _DOWN = 0, 1
_SHIFTS = frozenset({42, 54})
_CONTROLS = frozenset({29, 97})
_OTHER_MODIFIERS = frozenset({56, 100, 125, 126})  # Alt, AltGr, Meta
_MODIFIERS = _SHIFTS | _CONTROLS | _OTHER_MODIFIERS
_CAPS_LOCK, _NUM_LOCK = 58, 69
_ENDS = frozenset({28, 96, 15})  # Enter, keypad Enter, Tab
_CLOSING_BRACKET = 27
_GS = "\x1d"

# The first key code of a row of keys, its characters without Shift, and with it.
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
)
_KEYS = {
    first + place: pair
    for first, plain, shifted in _ROWS
    for place, pair in enumerate(zip(plain, shifted, strict=True))
}


class Typist:
    """Parses texts; the same events give the same texts, however their bytes are split.

    :ivar broken: number of texts that were refused
    """

    def __init__(self) -> None:
        self.broken = 0
        self._unread = b""
        self._text: list[str] = []
        self._held: set[int] = set()
        self._caps = False
        self._spoilt = False  # the text is refused, up to its end
        self._dropping = False  # the kernel has dropped events, up to the next report

    def feed(self, data: bytes) -> list[str | ProtocolError]:
        """Process the next bytes; return texts and errors, in order."""
        self._unread += data
        whole = len(self._unread) // EVENT.size * EVENT.size
        events, self._unread = self._unread[:whole], self._unread[whole:]
        found: list[str | ProtocolError] = []
        for _seconds, _microseconds, kind, code, value in EVENT.iter_unpack(events):
            found += self._event(kind, code, value)
        return found

    def silence(self) -> list[str | ProtocolError]:
        """Process a silence longer than any gap within a text: it ends the text."""
        self._unread = b""
        self._held.clear()
        self._dropping = False
        return self._end()

    def _event(self, kind: int, code: int, value: int) -> list[str | ProtocolError]:
        if kind == _EV_SYN and code == _SYN_DROPPED:
            self._dropping = True
            self._held.clear()
            return self._spoil("keys lost")
        if self._dropping:
            self._dropping = (kind, code) != (_EV_SYN, _SYN_REPORT)
            return []
        if kind != _EV_KEY:
            return []
        if code in _MODIFIERS:
            (self._held.discard if value == _UP else self._held.add)(code)
            return []
        return self._key(code) if value == _DOWN else []

    def _key(self, code: int) -> list[str | ProtocolError]:
        if code in _ENDS:
            return self._end()
        if code == _CAPS_LOCK:
            self._caps = not self._caps
        if code in (_CAPS_LOCK, _NUM_LOCK):
            return []
        character = self._character(code)
        if character is None:
            return self._spoil("a key that types no character")
        if not self._spoilt:
            self._text.append(character)
        return self._spoil("text too long") if len(self._text) > LONGEST else []

    def _character(self, code: int) -> str | None:
        if self._held & _CONTROLS and code == _CLOSING_BRACKET:
            return _GS
        pair = _KEYS.get(code)
        if pair is None or self._held - _SHIFTS:
            return None
        shifted = bool(self._held & _SHIFTS)
        return pair[shifted != (self._caps and pair[0].isalpha())]

    def _end(self) -> list[str | ProtocolError]:
        text, spoilt = "".join(self._text), self._spoilt
        self._text.clear()
        self._spoilt = False
        return [text] if text and not spoilt else []

    def _spoil(self, why: str) -> list[str | ProtocolError]:
        """Refuse the present text, up to its end; return one error for it."""
        self._text.clear()
        if self._spoilt:
            return []
        self._spoilt = True
        self.broken += 1
        return [ProtocolError(why)]
