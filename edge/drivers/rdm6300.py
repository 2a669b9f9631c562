"""An RDM6300 125 kHz card reader on a serial port.

Rules this driver keeps
-----------------------
1. Frames are 14 bytes: ``02``, 10 hexadecimal digits (the card), 2 hexadecimal digits (the XOR
   of the card's 5 bytes), ``03``. :class:`Framer` is pure and finds every whole frame, however
   the bytes are split and whatever noise surrounds it: ``02`` never occurs inside a frame, so
   it always begins a new one.
2. The reader repeats a frame every 50 to 65 ms while the card lies there: a card is posted once
   a presentation, which ends when nothing has come for ``removed_after_s``. The silence is
   counted while waiting for bytes, so a thread that was held up never takes repeats for a new
   presentation.
3. Every broken frame and every run of noise is posted as InputRefused and never as a card.
4. A port that vanishes is posted as DeviceFailed, tried again every 2 s (real ones: a plug does
   not come back sooner in a simulation), and posted as DeviceRestored.
"""

import logging
import threading
from typing import Any

from edge.clock import Clock
from edge.drivers.base import Post
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sections.card_readers import Rdm6300
from edge.sop.events import CardPresented, DeviceFailed, DeviceRestored, InputRefused

BAUD_RATE = 9600
RETRY_S = 2.0

# Repeats are 65 ms apart at most; a simulated clock cannot make a thread wake more often.
_LEAST_SILENCE_S = 0.05

_START, _END = 0x02, 0x03
_DIGITS = frozenset(b"0123456789ABCDEF")
_CARD_LENGTH = 10
_LENGTH = 14

_log = logging.getLogger(__name__)


class Framer:
    """Bytes in, cards out. Pure: the same bytes give the same cards, however they are split.

    :ivar broken: how many broken frames and runs of noise there were
    """

    def __init__(self) -> None:
        self.broken = 0
        self._frame = bytearray()  # empty: between frames
        self._in_noise = False

    def feed(self, data: bytes) -> list[str | ProtocolError]:
        """Take the next bytes; return cards and what was wrong, in order."""
        found = [self._take(byte) for byte in data]
        return [item for item in found if item is not None]

    def _take(self, byte: int) -> str | ProtocolError | None:
        if byte == _START:
            cut_short, self._frame = bool(self._frame), bytearray([byte])
            self._in_noise = False
            return self._refused("frame cut short") if cut_short else None
        if not self._frame:
            return self._noise()
        self._frame.append(byte)
        if len(self._frame) == _LENGTH:
            return self._whole(bytes(self._frame))
        if byte not in _DIGITS:
            return self._drop("not a hexadecimal digit")
        return None

    def _noise(self) -> ProtocolError | None:
        """Refuse a run of bytes outside frames once."""
        if self._in_noise:
            return None
        self._in_noise = True
        return self._refused("noise between frames")

    def _whole(self, frame: bytes) -> str | ProtocolError:
        if frame[-1] != _END:
            return self._drop("wrong end of frame")
        card, checksum = frame[1 : 1 + _CARD_LENGTH].decode("ascii"), int(frame[-3:-1], 16)
        for value in bytes.fromhex(card):
            checksum ^= value
        self._frame.clear()
        return self._refused("wrong checksum") if checksum else card

    def _drop(self, why: str) -> ProtocolError:
        """Give the frame up; what is left of it is the same trouble, not another."""
        self._frame.clear()
        self._in_noise = True
        return self._refused(why)

    def _refused(self, why: str) -> ProtocolError:
        self.broken += 1
        return ProtocolError(why)


class Rdm6300Reader:
    """One reader. Posts CardPresented with its id (the last part of *name*)."""

    def __init__(self, name: str, config: Rdm6300, clock: Clock, post: Post) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._config = config
        self._post = post
        self._silence_s = max(clock.real(config.removed_after_s), _LEAST_SILENCE_S)
        self._closing = threading.Event()
        self._port_lock = threading.Lock()  # the thread closes the port that close() wakes
        self._thread: threading.Thread | None = None
        self._port: Any = None

    def open(self) -> None:
        """Open the port and begin to read.

        :raises DeviceUnavailable: if the port is not there or somebody else has it
        """
        self.close()
        self._closing.clear()
        self._port = self._open_port()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading; returns once the thread has ended. May be called twice."""
        self._closing.set()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with self._port_lock:
            if self._port is not None:
                self._port.cancel_read()
        thread.join()

    def _open_port(self) -> Any:
        import serial  # hardware library

        try:
            return serial.Serial(
                self._config.port, BAUD_RATE, timeout=self._silence_s, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise DeviceUnavailable(f"{self.name}: {error}") from error

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._read_cards()
            except OSError as error:
                self._failed(str(error))
        self._close_port()

    def _read_cards(self) -> None:
        """Read until closing or until the port fails."""
        framer, present = Framer(), None
        while not self._closing.is_set():
            data = self._port.read(max(1, self._port.in_waiting))
            if not data:
                present = None
            for found in framer.feed(data):
                if isinstance(found, ProtocolError):
                    self._say(InputRefused, self.name, str(found))
                elif found != present:
                    present = found
                    self._say(CardPresented, self.id, found)

    def _failed(self, why: str) -> None:
        """Say so, then try to open the port again until that works or the reader is closed."""
        self._close_port()
        self._say(DeviceFailed, self.name, why)
        while not self._closing.wait(RETRY_S):
            try:
                self._port = self._open_port()
            except DeviceUnavailable:
                continue
            self._say(DeviceRestored, self.name)
            return

    def _say(self, kind: Any, *words: str) -> None:
        """Post; an error in there must not end the thread, or the reader would be deaf."""
        try:
            self._post(lambda at: kind(at, *words))
        except Exception:  # noqa: BLE001  # see above
            _log.exception("%s: %s could not be posted", self.name, kind.__name__)

    def _close_port(self) -> None:
        with self._port_lock:
            port, self._port = self._port, None
            if port is not None:
                port.close()
