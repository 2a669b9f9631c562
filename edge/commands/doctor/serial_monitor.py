"""Shows every byte that drivers read from or write to serial lines.

For `gardu watch-inputs --raw` only. Every driver makes its port with ``OpenSerial``; within
:func:`spied_serial` that is a subclass which also reports the bytes. This changes a module for the
whole process: acceptable in a tool that ends soon, never in the daemon.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from edge.clock import Clock

# Bytes that follow each other within this time are one frame, seconds: at 9600 baud a byte lasts
# 1 ms, and readers leave 35 ms between their frames.
_GAP_S = 0.015


class Frames:
    """Joins the bytes that a driver reads in pieces; calls *tell* with each complete frame."""

    def __init__(self, tell: Callable[[bytes], None], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._held = b""
        self._last_ns = 0

    def take(self, data: bytes) -> None:
        """Add *data* that was read; empty data or a pause ends the frame before."""
        now = self._clock.boot_ns()
        if not data or now - self._last_ns > _GAP_S * 1e9:
            self.end()
        self._held, self._last_ns = self._held + data, now

    def end(self) -> None:
        """End the frame: report the collected bytes, if any."""
        held, self._held = self._held, b""
        if held:
            self._tell(held)


@contextlib.contextmanager
def spied_serial(tell: Callable[[str], None]) -> Iterator[None]:
    """Call *tell* with each frame on the serial ports that are opened in this context."""
    from edge.drivers.serial import open_serial  # imports the hardware library

    plain: Any = open_serial.OpenSerial
    clock = Clock()

    class Spied(plain):  # type: ignore[misc]  # it is a value here
        """A port that reports its bytes."""

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

    open_serial.OpenSerial = Spied  # type: ignore[misc]
    try:
        yield
    finally:
        open_serial.OpenSerial = plain  # type: ignore[misc]
