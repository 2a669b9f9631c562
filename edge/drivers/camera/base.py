"""Shared by all camera drivers: the deadline of a still, the check of a JPEG, common errors."""

import errno
import socket
from collections.abc import Callable

from edge.clock import Clock
from edge.config.password_file import read_password
from edge.drivers.camera import jpeg
from edge.errors import DeviceFault, DeviceUnavailable

# The largest still that is accepted, bytes: several times a 12-megapixel JPEG at quality 90.
MAX_SIZE = 8 * 1024 * 1024

# Real seconds that a network or a child process needs also when the simulator's clock runs faster.
_LEAST_S = 1.0

_NO_JPEG = (
    "Open the url in a browser: it must show one picture. Set the format of the snapshot to "
    "JPEG in the camera's settings."
)
_CUT_SHORT = "Choose a smaller picture in the camera's settings; if it stays, update its firmware."
_LATE = (
    "Choose a smaller picture in the camera's settings. If the address is slow in a browser too, "
    "switch the camera off and on; else raise timeout_s."
)
_TOO_LARGE = "Choose a smaller picture or a lower quality in the camera's settings."

# Pauses before a camera is asked again, seconds: together less than the default time-out.
PAUSES_S = (0.25, 0.5, 1.0, 2.0)

# The remedies where no connection is made, by the number of the error.
_NO_WAY = "Check the camera's power and network cable, and its address: does `ping` answer?"
_UNREACHED = {
    errno.ECONNREFUSED: (
        "A machine answers at this address, but not on this port: is the port right, and is the "
        "service on in the camera's settings? A camera that is starting answers after a minute."
    ),
    errno.ENETUNREACH: "This machine has no route to that network: check its own network first.",
    errno.ECONNRESET: (
        "The camera ended the connection: too many viewers may be connected to it. Close them; "
        "switch it off and on."
    ),
}


_MACHINE = Clock()


class Late(DeviceUnavailable):
    """No whole picture within the time-out."""

    def __init__(self, name: str, timeout_s: float, remedy: str = _LATE) -> None:
        super().__init__(f"{name}: no picture within {timeout_s:g} s", remedy)


class Undecided(DeviceFault):
    """The picture may be at fault: another one shows if it is."""


class Deadline:
    """A deadline *seconds* of *clock* from now, but at least one real second from now.

    (If *seconds* is below one, it is *seconds* of real time from now.) It is kept in real time: a
    camera's answer passes through real sockets, also where the simulated time stands still.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        real = min(seconds, max(clock.real(seconds), _LEAST_S))
        self._end_ns = _MACHINE.boot_ns() + int(real * 1e9)

    def left(self) -> float:
        """Return the real seconds that are left, never negative: the time-out for libraries."""
        return max(0.0, (self._end_ns - _MACHINE.boot_ns()) / 1e9)


def checked_jpeg(data: bytes, camera: str) -> bytes:
    """Return *data* as one whole JPEG, without the stray bytes that some cameras add.

    :raises DeviceFault: if it is no JPEG from its first marker to its last, or is too large
    """
    if len(data) > MAX_SIZE:
        raise DeviceFault(f"{camera}: the picture is larger than {MAX_SIZE} bytes", _TOO_LARGE)
    try:
        return jpeg.whole(data)
    except jpeg.NotJpeg:
        why = f"{camera}: sent {len(data)} bytes that are not a JPEG"
        raise DeviceFault(why, _NO_JPEG) from None
    except jpeg.CutShort:
        why = f"{camera}: the JPEG is cut short after {len(data)} bytes"
        raise DeviceFault(why, _CUT_SHORT) from None


class Unanswered(OSError):
    """No machine answered the request for a connection in time."""


def connect(address: tuple[str, int], timeout_s: float) -> socket.socket:
    """Return a connection to *address*.

    :param timeout_s: the longest wait, real seconds; also that of each later wait
    :raises Unanswered: if nothing answers
    :raises OSError: if there is no connection for another reason
    """
    try:
        return socket.create_connection(address, timeout_s)
    except TimeoutError:
        raise Unanswered(errno.ETIMEDOUT, "no answer at this address") from None


def reach(camera: str, address: tuple[str, int], deadline: Deadline) -> None:
    """Check that a camera accepts a connection; nothing is sent.

    :raises DeviceUnavailable: if it does not
    """
    try:
        connect(address, max(deadline.left(), 0.001)).close()
    except OSError as error:
        raise unreachable(camera, error) from error


def unreachable(camera: str, error: OSError) -> DeviceUnavailable:
    """Return the error of a camera to which *error* prevented a connection."""
    why = f"{camera}: cannot be reached: {error.strerror or error}"
    if isinstance(error, socket.gaierror):
        return DeviceUnavailable(
            why, "The host's name is not known: correct it, or write the IP address into url."
        )
    return DeviceUnavailable(why, _UNREACHED.get(error.errno or 0, _NO_WAY))


def password_of(camera: str, file: str) -> str:
    """Return the password in *file*; empty if none is configured.

    :raises DeviceFault: if the file cannot be read or has no password
    """
    if not file:
        return ""
    remedy = "Put the camera's password into password_file, alone on its first line."
    try:
        return read_password(file)
    except OSError as error:
        raise DeviceFault(f"{camera}: the password file cannot be read: {error}", remedy) from error
    except ValueError as error:
        raise DeviceFault(f"{camera}: the password file {file} {error}", remedy) from error


def retried(still: Callable[[], bytes], deadline: Deadline, clock: Clock) -> bytes:
    """Return what *still* returns; an error that may pass is tried again within *deadline*."""
    last: DeviceUnavailable | Undecided | None = None
    for pause_s in (*PAUSES_S, None):
        try:
            return still()
        except Late:
            if last is not None:  # the reason of the first tries says more
                break
            raise
        except (DeviceUnavailable, Undecided) as error:
            last = error
        if pause_s is None or deadline.left() <= clock.real(pause_s):
            break
        clock.sleep(pause_s)
    assert last is not None
    raise last
