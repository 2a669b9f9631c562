"""What every camera driver keeps: a deadline for each still, and what counts as a JPEG."""

from edge.clock import Clock
from edge.drivers.camera import jpeg
from edge.errors import DeviceFault

# The largest still that is taken in, bytes: several times a 12-megapixel JPEG at quality 90.
MAX_SIZE = 8 * 1024 * 1024

# A network or a child process still needs this long when the simulator's clock runs faster.
_LEAST_S = 1.0


class Deadline:
    """The end of a time that begins now: *seconds* of *clock*, but no less than a real second.

    (Where *seconds* itself is less, then just *seconds* of real time.)
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        real = min(seconds, max(clock.real(seconds), _LEAST_S))
        self._end_ns = clock.boot_ns() + int(real * clock.speed * 1e9)

    def left(self) -> float:
        """Real seconds that are left, never negative: what libraries must be given."""
        return max(0.0, self._clock.real((self._end_ns - self._clock.boot_ns()) / 1e9))


def checked_jpeg(data: bytes, camera: str) -> bytes:
    """Return *data* as one whole JPEG, without what some cameras append to it.

    :raises DeviceFault: if it is none from its first marker to its last, or is too large
    """
    if len(data) > MAX_SIZE:
        raise DeviceFault(f"{camera}: the picture is larger than {MAX_SIZE} bytes")
    try:
        return jpeg.whole(data)
    except jpeg.NotJpeg:
        raise DeviceFault(f"{camera}: sent {len(data)} bytes that are not a JPEG") from None
    except jpeg.CutShort:
        raise DeviceFault(f"{camera}: the JPEG is cut short after {len(data)} bytes") from None
