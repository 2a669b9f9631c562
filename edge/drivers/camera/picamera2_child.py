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
3. Only a frame exposed after the request is sent (``flush=True``), for which at least two
   buffers are needed.
4. It ends without stopping the camera (that can wait for ever); the kernel releases the camera.
"""

import io
import struct
import sys
from collections.abc import Callable
from typing import Any

from edge.drivers.camera.child_pipe import serve

EXPOSED = struct.Struct(">Q")


def main() -> None:
    """Serve pictures until the parent closes the pipe or the camera fails."""
    width, height = int(sys.argv[1]), int(sys.argv[2])
    serve(lambda: _started(width, height), _explain)


def _started(width: int, height: int) -> Callable[[bytes], bytes]:
    from picamera2 import Picamera2  # hardware library

    camera = Picamera2()
    camera.configure(camera.create_still_configuration({"size": (width, height)}, buffer_count=2))
    camera.start()
    return lambda _request: _picture(camera)


def _picture(camera: Any) -> bytes:
    jpeg = io.BytesIO()
    with camera.captured_request(wait=True, flush=True) as request:
        exposed_ns = _exposed_ns(request.get_metadata())
        request.save("main", jpeg, format="jpeg")
    return EXPOSED.pack(exposed_ns) + jpeg.getvalue()


def _exposed_ns(metadata: dict[str, Any]) -> int:
    """Return the moment when the exposure began, ns since boot; 0 if the camera does not give it.

    SensorTimestamp (ns) is the moment when the first row was read out; its exposure began
    ExposureTime (microseconds) before that.
    """
    read_ns = int(metadata.get("SensorTimestamp", 0))
    return max(0, read_ns - int(metadata.get("ExposureTime", 0)) * 1000)


def _explain(error: Exception) -> str:
    if isinstance(error, IndexError):  # Picamera2() indexes its empty list of cameras
        return (
            "no camera is connected\nSwitch the Pi off and put the ribbon cable in again, at both "
            "ends. Then `rpicam-hello --list-cameras` must list the camera."
        )
    if isinstance(error, ImportError):
        return (
            f"picamera2 cannot be used: {error}\nInstall it: apt install python3-picamera2. The "
            "virtual environment must see the system's packages (docs/cameras.md)."
        )
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
