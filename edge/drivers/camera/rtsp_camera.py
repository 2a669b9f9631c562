"""A camera with RTSP: one key frame of its video is the still.

Rules of this driver
--------------------
1. FFmpeg decodes the video, in a child process with a deadline and a memory limit
   (``rtsp_child.py``), one process for each still: it holds no memory and no connection between
   stills.
2. Only a frame that arrives after the request is a still. The same picture, bit for bit, as more
   than ``oldest_s`` ago means a frozen camera (``freshness.py``).
3. The camera is asked without a password first (``rtsp_probe.py``). FFmpeg gets the password only
   if the camera asks in a way that ``auth`` allows; it goes through the child's pipe.
4. What may pass is tried again within the deadline, as with an HTTP camera.
"""

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from edge.clock import Clock
from edge.config.sections.cameras import OnvifCamera, RtspCamera
from edge.drivers.camera.base import (
    Deadline,
    Late,
    checked_jpeg,
    password_of,
    reach,
    retried,
)
from edge.drivers.camera.child import Child, NoAnswer
from edge.drivers.camera.freshness import Freshness
from edge.drivers.camera.http_client import Exchange
from edge.drivers.camera.http_url import filled
from edge.drivers.camera.rtsp_child import FAILED, Failure, Order
from edge.drivers.camera.rtsp_probe import rtsp_address, wants_account
from edge.errors import DeviceFault, DeviceUnavailable

_LATE = (
    "Set the interval of key frames (I-frames) in the camera's settings to 2 s or less, or use its "
    "second, smaller stream; else raise timeout_s."
)


class RtspStillCamera:
    """One camera; every error names it.

    :param name: the device's name in records, for example ``camera/lobby``
    :param notify: is called after every exchange of the driver's own with the camera
    :param command: the child's command; None: the real one
    """

    def __init__(
        self,
        name: str,
        config: RtspCamera,
        clock: Clock,
        notify: Callable[[Exchange], None] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self._config = config
        self._clock = clock
        self._stream = Stream(name, config, notify, command)
        self.freshness = Freshness(name, config.oldest_s, dated=False)

    def open(self) -> None:
        """Check that the camera accepts a connection; the password is not tried.

        :raises DeviceUnavailable: if it does not, or the video library is not installed
        """
        if importlib.util.find_spec("av") is None:
            raise DeviceUnavailable(
                f"{self.name}: its video cannot be decoded: PyAV is not installed",
                "Install it: pip install 'gardu[video]'.",
            )
        reach(self.name, rtsp_address(urlsplit(self._config.url)), self._deadline())

    def close(self) -> None:
        """No connection and no child is held between stills."""

    def capture(self) -> bytes:
        """Return one JPEG of a key frame that arrived after this call.

        :raises DeviceUnavailable: if the camera cannot be reached, is busy or does not finish in
            time
        :raises DeviceFault: if it refuses, or sends no video that can be decoded
        """
        deadline = self._deadline()
        return retried(lambda: self._still(deadline), deadline, self._clock)

    def _still(self, deadline: Deadline) -> bytes:
        picture = self._stream.key_frame(self._config.url, deadline)
        self.freshness.check(picture, self._clock.boot_ns())
        return picture

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, self._config.timeout_s)


class Stream:
    """Takes key frames of a camera's video, one child process for each."""

    def __init__(
        self,
        name: str,
        config: RtspCamera | OnvifCamera,
        notify: Callable[[Exchange], None] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._name = name
        self._config = config
        self._notify = notify
        self._command = command or (sys.executable, "-m", "edge.drivers.camera.rtsp_child")

    def key_frame(self, url: str, deadline: Deadline) -> bytes:
        """Return the next key frame of *url* as a JPEG.

        :raises DeviceUnavailable: if there is none in time
        :raises DeviceFault: if a person must correct something
        """
        child = Child(self._name, self._command, self._config.memory_mb)
        try:
            order = self._order(url, deadline)  # while the child loads its library
            child.ready(deadline)
            answer = child.ask(json.dumps(order).encode(), deadline)
        except (NoAnswer, TimeoutError):
            raise Late(self._name, self._config.timeout_s, _LATE) from None
        finally:
            child.end()
        if answer[:1] == FAILED:
            raise self._error(Failure(*json.loads(answer[1:])))
        return checked_jpeg(answer[1:], self._name)

    def _order(self, url: str, deadline: Deadline) -> Order:
        """Return what the child is asked for, with the password if the camera wants it."""
        config = self._config
        secret = "{password}" in url
        password = password_of(self._name, config.password_file) if secret else ""
        address = filled(url, config.username, password)
        account = ("", "")
        if wants_account(self._name, urlsplit(address), config, deadline, self._notify):
            account = (config.username, password_of(self._name, config.password_file))
        seconds = max(deadline.left(), 0.1)
        return Order(address, *account, config.transport, seconds)

    def _error(self, failure: Failure) -> DeviceUnavailable | DeviceFault:
        kind = DeviceUnavailable if failure.passes else DeviceFault
        return kind(f"{self._name}: {failure.why}", failure.remedy)
