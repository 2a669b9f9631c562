"""Shared by all camera drivers: the deadline of a still, and the check of a JPEG."""

from edge.clock import Clock
from edge.drivers.camera import jpeg
from edge.errors import DeviceFault

# The largest still that is accepted, bytes: several times a 12-megapixel JPEG at quality 90.
MAX_SIZE = 8 * 1024 * 1024

# Real seconds that a network or a child process needs also when the simulator's clock runs faster.
_LEAST_S = 1.0


class Deadline:
    """A deadline *seconds* of *clock* from now, but at least one real second from now.

    (If *seconds* is below one, it is *seconds* of real time from now.)
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        real = min(seconds, max(clock.real(seconds), _LEAST_S))
        self._end_ns = clock.boot_ns() + int(real * clock.speed * 1e9)

    def left(self) -> float:
        """Return the real seconds that are left, never negative: the time-out for libraries."""
        return max(0.0, self._clock.real((self._end_ns - self._clock.boot_ns()) / 1e9))


def checked_jpeg(data: bytes, camera: str) -> bytes:
    """Return *data* as one whole JPEG, without the bytes that some cameras append to it.

    :raises DeviceFault: if it is no JPEG from its first marker to its last, or is too large
    """
    if len(data) > MAX_SIZE:
        raise DeviceFault(f"{camera}: the picture is larger than {MAX_SIZE} bytes")
    try:
        return jpeg.whole(data)
    except jpeg.NotJpeg:
        raise DeviceFault(f"{camera}: sent {len(data)} bytes that are not a JPEG") from None
    except jpeg.CutShort:
        raise DeviceFault(f"{camera}: the JPEG is cut short after {len(data)} bytes") from None
