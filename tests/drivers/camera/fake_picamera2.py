"""Stands in for the module picamera2: a sensor that reads out a frame every 10 ms.

It is copied beside a test as ``picamera2.py`` and behaves as the real one does:

- the frames that wait in its buffers when a still is asked for are old ones;
- ``flush=True`` needs ExposureTime, else it raises KeyError;
- ``save`` needs ExposureTime where the gains are known;
- a buffer that is not released is missing: without any, no frame comes;
- it prints to stdout, at the import and at the start.

The environment variable GARDU_FAKE_CAMERA controls it, words with blanks between: ``no-exposure``,
``no-timestamp``, ``gains``, ``frozen`` (the same frame again and again), ``restarts`` (the stream
starts again in the middle: a burst of old frames), ``no-camera``, ``hangs`` (no frame comes).
Each picture holds, as a JPEG comment, the moment when its exposure began (ns since boot).
"""

import contextlib
import os
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image

FRAME_NS, EXPOSURE_NS = 10_000_000, 8_000_000
OLD_NS = 2_000_000_000
WORDS = set(os.environ.get("GARDU_FAKE_CAMERA", "").split())

print("picamera2: a library that prints to stdout")


def now_ns() -> int:
    """Nanoseconds since boot, as libcamera stamps its frames."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class CompletedRequest:
    """A frame in a buffer that is lent."""

    def __init__(self, camera: "Picamera2", read_ns: int) -> None:
        self._camera = camera
        self.exposed_ns = read_ns - EXPOSURE_NS
        self._metadata = {"SensorTimestamp": read_ns, "ExposureTime": EXPOSURE_NS // 1000}
        if "gains" in WORDS:
            self._metadata |= {"AnalogueGain": 1, "DigitalGain": 1}
        for word, key in (("no-exposure", "ExposureTime"), ("no-timestamp", "SensorTimestamp")):
            if word in WORDS:
                del self._metadata[key]

    def get_metadata(self) -> dict[str, Any]:
        """Return what the camera says about the frame."""
        return self._metadata

    def make_image(self, name: str) -> Image.Image:
        """Return the picture."""
        assert name == "main"
        image = Image.new("RGBA", (64, 48))
        image.info["comment"] = str(self.exposed_ns).encode()
        return image

    def save(self, name: str, file_output: BytesIO, format: str) -> None:  # noqa: A002  # its name
        """Write the picture as a JPEG with EXIF."""
        assert format == "jpeg"
        if "AnalogueGain" in self._metadata:
            self._metadata["ExposureTime"]
        comment = str(self.exposed_ns).encode()
        self.make_image(name).convert("RGB").save(file_output, "JPEG", comment=comment)

    def release(self) -> None:
        """Give the buffer back to the camera."""
        self._camera.free += 1


class Picamera2:
    """A camera; only what a still needs."""

    def __init__(self) -> None:
        ([] if "no-camera" in WORDS else ["imx708"])[0]
        self.free = 0
        self._waiting: list[CompletedRequest] = []
        self._frames = 0

    def create_still_configuration(self, main: dict[str, Any], buffer_count: int) -> dict[str, Any]:
        """Return a configuration."""
        return {"main": main, "buffer_count": buffer_count}

    def configure(self, configuration: dict[str, Any]) -> None:
        """Take the buffers of a configuration."""
        assert configuration["main"] == {"size": (640, 480)}
        self.free = configuration["buffer_count"]
        assert self.free >= 2

    def start(self) -> None:
        """Start the stream: soon all buffers but one hold frames that no one has asked for."""
        print("started")
        self._fill_with_old_frames()

    def _fill_with_old_frames(self) -> None:
        while self.free:
            self.free -= 1
            self._waiting.append(CompletedRequest(self, now_ns() - OLD_NS - self.free * FRAME_NS))

    def _next_frame(self) -> CompletedRequest:
        """Return a waiting frame, or wait until the sensor has read out the next one."""
        self._frames += 1
        if "hangs" in WORDS:
            time.sleep(3600)
        if "restarts" in WORDS and self._frames == 2:
            self._fill_with_old_frames()
        if self._waiting:
            return self._waiting.pop(0)
        assert self.free, "all buffers are lent: no frame comes"
        self.free -= 1
        read_ns = (now_ns() // FRAME_NS + 1) * FRAME_NS
        time.sleep((read_ns - now_ns()) / 1e9)
        return CompletedRequest(self, OLD_NS if "frozen" in WORDS else read_ns)

    @contextlib.contextmanager
    def captured_request(
        self, wait: bool | None = None, flush: bool | None = None
    ) -> Iterator[CompletedRequest]:
        """Lend the next frame; with *flush* the next one whose exposure begins later."""
        assert wait
        asked_ns = time.monotonic_ns() if flush else 0
        while True:
            request = self._next_frame()
            metadata = request.get_metadata()
            if (
                not asked_ns
                or metadata["SensorTimestamp"] - 1000 * metadata["ExposureTime"] >= asked_ns
            ):
                break
            request.release()
        try:
            yield request
        finally:
            request.release()
