"""Stands in for the child process of a Pi's camera: the same pipe, and faults on command.

``python camera_child.py FOLDER WIDTH HEIGHT``. The files in FOLDER control it: ``fault`` (one of
the contract's words) and ``covered``, read again for every still. It writes its frames with code
of its own, so that an error in the driver's framing shows.
"""

import os
import struct
import sys
import time
from io import BytesIO
from pathlib import Path

from PIL import Image


def say(what: bytes, body: bytes = b"") -> None:
    """Write one frame."""
    os.write(1, what + struct.pack(">I", len(body)) + body)


def picture(width: int, height: int, *, covered: bool) -> bytes:
    """Return a grey JPEG, or a black one."""
    jpeg = BytesIO()
    Image.new("L", (width, height), 0 if covered else 180).save(jpeg, "JPEG")
    return jpeg.getvalue()


def answer(fault: str, frame: bytes) -> None:
    """Answer one request with *fault*."""
    exposed = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    match fault:
        case "silent":
            time.sleep(3600)
        case "slow":
            for byte in b"A" + struct.pack(">I", len(frame)) + frame:
                os.write(1, bytes([byte]))
                time.sleep(0.02)
        case "hangs-up":
            os.write(1, b"A" + struct.pack(">I", 8 + len(frame)) + frame[:100])
            os._exit(3)
        case "cut-short":
            frame = frame[: len(frame) // 2]
        case "garbage":
            frame = b"GIF89a" * 20
        case "frozen":
            exposed -= 60 * 10**9
    say(b"A", struct.pack(">Q", exposed) + frame)


def main() -> None:
    """Serve stills until stdin ends."""
    folder, (width, height) = Path(sys.argv[1]), map(int, sys.argv[2:])
    fault = folder / "fault"
    if fault.exists() and fault.read_text() == "gone":
        say(b"E", b"no camera is connected")
        return
    say(b"R")
    while len(os.read(0, 5)) == 5:
        frame = picture(width, height, covered=(folder / "covered").exists())
        answer(fault.read_text() if fault.exists() else "", frame)


if __name__ == "__main__":
    main()
