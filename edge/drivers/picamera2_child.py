"""The child process that holds a Pi's camera: ``python -m edge.drivers.picamera2_child W H``.

Only a Raspberry Pi can show that the three lines which touch picamera2 are right; this file has
not been tried on one.

Rules this process keeps
------------------------
1. On its pipe go frames only: one byte what it is, four bytes length (big-endian), the body.
   First READY or ERROR; then for every byte that comes in, PICTURE or ERROR. Whatever libraries
   print goes to stderr.
2. The camera is configured once and stays running: stopping, reopening and changing modes hang
   or leak after a camera was lost.
3. Only a frame exposed after the request is sent (``flush=True``), for which at least two
   buffers are needed.
4. After an ERROR it ends. It has no deadlines: its parent kills it when it takes too long.
5. It ends without stopping the camera (that can wait for ever); the kernel takes it back.
"""

import io
import os
import struct
import sys
from typing import IO, Any

READY, PICTURE, ERROR = b"R", b"P", b"E"
HEAD = struct.Struct(">cI")

_STDOUT, _STDERR = 1, 2


def main() -> None:
    """Serve pictures until the parent closes the pipe or the camera fails."""
    width, height = int(sys.argv[1]), int(sys.argv[2])
    pipe = _own_stdout()
    try:
        camera = _started(width, height)
        _send(pipe, READY)
        while sys.stdin.buffer.read(1):
            _send(pipe, PICTURE, _picture(camera))
    except Exception as error:  # noqa: BLE001  # everything goes to the parent, rule 4
        _send(pipe, ERROR, _told(error).encode())
    finally:
        os._exit(0)  # rule 5


def _started(width: int, height: int) -> Any:
    from picamera2 import Picamera2  # hardware library

    camera = Picamera2()
    camera.configure(camera.create_still_configuration({"size": (width, height)}, buffer_count=2))
    camera.start()
    return camera


def _picture(camera: Any) -> bytes:
    jpeg = io.BytesIO()
    with camera.captured_request(wait=True, flush=True) as request:
        request.save("main", jpeg, format="jpeg")
    return jpeg.getvalue()


def _told(error: Exception) -> str:
    if isinstance(error, IndexError):  # Picamera2() indexes its empty list of cameras
        return "no camera is connected"
    if isinstance(error, ImportError):
        return f"picamera2 cannot be used (apt install python3-picamera2): {error}"
    return f"{type(error).__name__}: {error}"


def _own_stdout() -> IO[bytes]:
    """Return the pipe to the parent, and let everybody else's stdout be stderr."""
    pipe = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    return pipe


def _send(pipe: IO[bytes], what: bytes, body: bytes = b"") -> None:
    pipe.write(HEAD.pack(what, len(body)) + body)
    pipe.flush()


if __name__ == "__main__":
    main()
