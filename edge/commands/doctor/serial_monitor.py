"""A look at serial lines: every byte that a driver reads or writes, while it does its work.

For `gardu watch-inputs --raw` only. Every driver makes its port with ``serial.Serial``; while
:func:`spied_serial` lasts, that is a subclass which also tells. This changes a module of pyserial
for the whole process, which a tool that ends with it may do, and a daemon may not.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from edge.clock import Clock

# Bytes that follow each other within this time are one frame, seconds: at 9600 baud a byte takes
# 1 ms, and readers leave 35 ms between their frames.
_GAP_S = 0.015


class Frames:
    """Joins the bytes that a driver reads in pieces; each frame is told once it has ended."""

    def __init__(self, tell: Callable[[bytes], None], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._held = b""
        self._last_ns = 0

    def take(self, data: bytes) -> None:
        """Take what was read; nothing read is silence."""
        now = self._clock.boot_ns()
        if not data or now - self._last_ns > _GAP_S * 1e9:
            self.end()
        self._held, self._last_ns = self._held + data, now

    def end(self) -> None:
        """Tell what is held."""
        held, self._held = self._held, b""
        if held:
            self._tell(held)


@contextlib.contextmanager
def spied_serial(tell: Callable[[str], None]) -> Iterator[None]:
    """Tell what goes over every serial port that is opened meanwhile."""
    import serial  # hardware library

    plain: Any = serial.Serial
    clock = Clock()

    class Spied(plain):  # type: ignore[misc]  # pyserial has no types
        """A port that tells."""

        _frames: Frames | None = None

        def read(self, size: int = 1) -> bytes:
            self._frames = self._frames or Frames(self._told(">"), clock)
            data: bytes = super().read(size)
            self._frames.take(data)
            return data

        def write(self, data: bytes, /) -> int | None:
            if self._frames is not None:
                self._frames.end()
            self._told("<")(bytes(data))
            written: int | None = super().write(data)
            return written

        def _told(self, way: str) -> Callable[[bytes], None]:
            return lambda data: tell(f"{self.port} {way} {data.hex(' ').upper()}")

    serial.Serial = Spied
    try:
        yield
    finally:
        serial.Serial = plain
