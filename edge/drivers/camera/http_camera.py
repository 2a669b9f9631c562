"""An IP camera's HTTP snapshot.

Rules of this driver
--------------------
1. One deadline for a whole still, and a limit on its size (``http_exchange.py``).
2. The picture ends where the JPEG ends, not where the announced length says (``jpeg.py``).
3. What may pass (busy, hung up, cannot be reached) is tried again within the deadline, after longer
   and longer pauses. If it does not pass, it is the error; a late try does not hide it.
4. The password is for the camera's host alone and is sent once (``http_client.py``).
5. A stale picture is no still (``freshness.py``).
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from edge.clock import Clock
from edge.config.sections.cameras import HttpCamera
from edge.drivers.camera.base import Deadline, reach, retried
from edge.drivers.camera.freshness import Freshness
from edge.drivers.camera.http_answer import picture_in
from edge.drivers.camera.http_client import Exchange, HttpClient
from edge.drivers.camera.http_exchange import PictureEnd, address


class HttpSnapshotCamera:
    """One IP camera; every error names it.

    :param name: the device's name in records, for example ``camera/lobby``
    :param notify: is called after every exchange with the camera
    """

    def __init__(
        self,
        name: str,
        config: HttpCamera,
        clock: Clock,
        notify: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.name = name
        self._config = config
        self._clock = clock
        self._url = urlsplit(config.url)
        self._client = HttpClient(name, config, config.timeout_s, notify)
        self.freshness = Freshness(name, config.oldest_s, dated=config.dated)

    def open(self) -> None:
        """Check that the camera accepts a connection; the password is not tried.

        :raises DeviceUnavailable: if it does not
        """
        reach(self.name, address(self._url), self._deadline())

    def close(self) -> None:
        """No connection is held between stills."""

    def capture(self) -> bytes:
        """Return one JPEG that was requested after this call.

        :raises DeviceUnavailable: if the camera cannot be reached, is busy or does not finish in
            time
        :raises DeviceFault: if it refuses, or the picture is not a JPEG or is stale
        """
        deadline = self._deadline()
        return retried(lambda: self._still(deadline), deadline, self._clock)

    def _still(self, deadline: Deadline) -> bytes:
        answer = self._client.ask(self._url, PictureEnd, deadline)
        picture = picture_in(answer, self.name, self._client.secrets)
        self.freshness.check(picture, self._clock.boot_ns(), answer.head)
        return picture

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, self._config.timeout_s)
