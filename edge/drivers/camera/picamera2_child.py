"""The process of a Pi's camera: ``python -m edge.drivers.camera.picamera2_child WIDTH HEIGHT``.

Only a Raspberry Pi can show that the lines which use picamera2 are right; this file has not been
tried on one.

Rules of this process
---------------------
1. It follows the protocol of ``child_pipe.py``. Its answer is eight bytes, the moment when the
   exposure of the frame began (nanoseconds since boot, big-endian; 0 if the camera does not give
   it), then the JPEG.
2. The camera is configured once and stays running: stopping, reopening and changing modes hang
   or leak after a camera was lost.
3. Only a frame exposed after the request is sent. picamera2's own way (``flush=True``) fails where
   the camera gives no ExposureTime, so the frames are compared here (``_exposed_after``). At least
   two buffers are needed.
4. It ends without stopping the camera (that can wait for ever); the kernel releases the camera.
"""

import io
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from edge.drivers.camera.child_pipe import serve

EXPOSED = struct.Struct(">Q")

_BUFFERS = 2
# Old frames before the camera is called frozen: more than any queue has, 3 s at 10 frames a second.
_MOST_OLD = 30
# picamera2's own quality of a JPEG, percent.
_QUALITY = 90


class OnlyOldFrames(Exception):
    """The camera's frames do not get newer."""


def main() -> None:
    """Serve pictures until the parent closes the pipe or the camera fails."""
    width, height = int(sys.argv[1]), int(sys.argv[2])
    serve(lambda: _started(width, height), _explain)


def _started(width: int, height: int) -> Callable[[bytes], bytes]:
    from picamera2 import Picamera2  # hardware library

    camera = Picamera2()
    size = {"size": (width, height)}
    camera.configure(camera.create_still_configuration(size, buffer_count=_BUFFERS))
    camera.start()
    return lambda _request: _picture(camera)


def _picture(camera: Any) -> bytes:
    """Return the first frame exposed after this call; older ones go back to the camera.

    :raises OnlyOldFrames: if there is none among :data:`_MOST_OLD` frames
    """
    asked_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    read_before_ns = 0
    for number in range(_MOST_OLD):
        with camera.captured_request(wait=True) as request:
            metadata = request.get_metadata()
            exposed_ns = _exposed_ns(metadata, read_before_ns)
            read_before_ns = int(metadata.get("SensorTimestamp", 0))
            if _exposed_after(asked_ns, exposed_ns, read_before_ns, number):
                return EXPOSED.pack(exposed_ns) + _jpeg(request, metadata)
    raise OnlyOldFrames(f"it delivers only frames from before the request ({_MOST_OLD} of them)")


def _exposed_ns(metadata: dict[str, Any], read_before_ns: int) -> int:
    """Return the moment when the exposure began, ns since boot; 0 if that is not known.

    SensorTimestamp (ns) is the moment when the first row was read out; its exposure began
    ExposureTime (microseconds) before that. Without ExposureTime it began after the first row of
    the frame before was read out (*read_before_ns*; 0: not known).
    """
    read_ns = int(metadata.get("SensorTimestamp", 0))
    if read_ns and "ExposureTime" in metadata:
        return max(0, read_ns - int(metadata["ExposureTime"]) * 1000)
    return read_before_ns if read_ns else 0


def _exposed_after(asked_ns: int, exposed_ns: int, read_ns: int, number: int) -> bool:
    """Return True if frame *number* (from 0) of a request was exposed after it.

    A camera without SensorTimestamp is judged by its buffers: all of them may hold old frames
    (twice, if its stream starts again meanwhile), and the exposure of the frame after those may
    have begun before the request.
    """
    return exposed_ns >= asked_ns if read_ns else number > 2 * _BUFFERS


def _jpeg(request: Any, metadata: dict[str, Any]) -> bytes:
    jpeg = io.BytesIO()
    if "ExposureTime" in metadata:
        request.save("main", jpeg, format="jpeg")
    else:  # save() may need it for its EXIF, which a still does not keep
        request.make_image("main").convert("RGB").save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()


def _explain(error: Exception) -> str:
    if isinstance(error, IndexError):  # Picamera2() indexes its empty list of cameras
        return (
            "no camera is connected\nSwitch the Pi off and put the ribbon cable in again, at both "
            "ends. Then `rpicam-hello --list-cameras` must list the camera."
        )
    if isinstance(error, ImportError):
        return (
            f"picamera2 cannot be used: {error}\nInstall it with all its parts: apt install "
            "python3-picamera2 python3-kms++. The virtual environment must see the system's "
            "packages (docs/cameras.md)."
        )
    if isinstance(error, OnlyOldFrames):
        return (
            f"{error}\nIt is started again by itself. If this stays, switch the Pi off and put the "
            "ribbon cable in again."
        )
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
