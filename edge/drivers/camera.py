"""What every camera driver keeps: a deadline for each still, and what counts as a JPEG."""

from edge.clock import Clock
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
    """Return *data* as one whole JPEG, without the padding that some cameras append.

    :raises DeviceFault: if it does not begin with FF D8 FF and end with FF D9, or is too large
    """
    if len(data) > MAX_SIZE:
        raise DeviceFault(f"{camera}: the picture is larger than {MAX_SIZE} bytes")
    if not data.startswith(b"\xff\xd8\xff"):
        raise DeviceFault(f"{camera}: sent {len(data)} bytes that are not a JPEG")
    data = data.rstrip(b"\0\r\n")
    if not data.endswith(b"\xff\xd9"):
        raise DeviceFault(f"{camera}: the JPEG is cut short after {len(data)} bytes")
    return data
