"""A camera on the Pi's own connector, held by a child process that can be killed.

Only a Raspberry Pi can show that the child's camera works; see ``picamera2_child.py``. The parent's
side, in this file, is tested with children that hang, die, leak and break the protocol.

Rules of this driver
--------------------
1. A child that is late, dies, breaks the protocol or uses more than ``memory_mb`` is killed
   (``child.py``). Another is started at once when a still is wanted; otherwise at the next
   ``reconcile``, at longer and longer intervals while that fails.
2. A frame with an exposure that began before the still was requested is no still.
3. Closing ends a still that is under way.
"""

import sys
import threading
from collections.abc import Callable, Sequence

from edge.clock import Clock
from edge.config.sections.cameras import PiCamera
from edge.drivers.camera.base import Deadline, checked_jpeg
from edge.drivers.camera.child import Child
from edge.drivers.camera.picamera2_child import EXPOSED
from edge.errors import DeviceFault, DeviceUnavailable

# Importing picamera2 and starting the camera lasts seconds on a small Pi.
HELLO_S = 15.0

# A camera stamps its frames with the machine's own time since boot, also where the simulator's
# clock runs faster.
_MACHINE = Clock()


class Picamera2Camera:
    """One camera.

    :param restart_delay_s: returns the seconds before another child is started, from the number of
        failures
    :param command: the child's command; None: the real one
    :param hello_s: the longest time until the child's camera runs, seconds
    """

    def __init__(
        self,
        name: str,
        config: PiCamera,
        clock: Clock,
        restart_delay_s: Callable[[int], float],
        command: Sequence[str] | None = None,
        hello_s: float = HELLO_S,
    ) -> None:
        self.name = name
        self._config = config
        self._clock = clock
        self._restart_delay_s = restart_delay_s
        self._command = command or (sys.executable, "-m", "edge.drivers.camera.picamera2_child")
        self._hello_s = hello_s
        self._lock = threading.Lock()
        self._in_use = threading.Event()
        self._child: Child | None = None
        self._failures = 0
        self._why: DeviceUnavailable | None = None
        self._again = Deadline(_MACHINE, 0)

    def open(self) -> None:
        """Start the child and wait until its camera runs.

        :raises DeviceUnavailable: if that fails or takes too long
        """
        with self._lock:
            self._in_use.set()
            self._drop()
            self._start()

    def close(self) -> None:
        """End the child, and a still that is under way. May be called twice."""
        self._in_use.clear()
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._drop()

    def capture(self) -> bytes:
        """Return one JPEG exposed after this call; a new child is started if necessary.

        :raises DeviceUnavailable: if there is no camera or no picture within its time-out
        :raises DeviceFault: if the picture is not a JPEG, or older than this call
        """
        with self._lock:
            child = self._child or self._start()
            deadline = Deadline(self._clock, self._config.timeout_s)
            asked_ns = _MACHINE.boot_ns()
            try:
                return self._checked(child.ask(b"", deadline), asked_ns)
            except (DeviceUnavailable, DeviceFault):
                self._drop()
                raise

    def reconcile(self) -> None:
        """Replace a child that has died or grown too large, before a still is wanted.

        :raises DeviceUnavailable: while there is no camera
        """
        with self._lock:
            if self._child is not None:
                try:
                    self._child.check()
                except DeviceUnavailable:
                    self._drop()
            if self._child is None and self._in_use.is_set():
                self._start_again()

    def _start_again(self) -> None:
        if self._why is not None and self._again.left():
            raise DeviceUnavailable(str(self._why), self._why.remedy)
        self._start()

    def _start(self) -> Child:
        if not self._in_use.is_set():
            raise DeviceUnavailable(f"{self.name}: is closed", "Start the daemon again.")
        size = (str(self._config.width), str(self._config.height))
        try:
            self._child = Child(self.name, [*self._command, *size], self._config.memory_mb)
            if not self._in_use.is_set():  # closed meanwhile, without a child to kill
                self._child.kill()
            self._child.ready(Deadline(self._clock, self._hello_s))
        except DeviceUnavailable as error:
            self._drop()
            self._failures += 1
            again_s = self._restart_delay_s(self._failures)
            self._why, self._again = error, Deadline(_MACHINE, again_s)
            raise
        self._failures, self._why = 0, None
        return self._child

    def _checked(self, answer: bytes, asked_ns: int) -> bytes:
        if len(answer) < EXPOSED.size:
            raise DeviceFault(
                f"{self.name}: its process sent nonsense",
                "Update gardu and python3-picamera2; if it stays, report it with the journal.",
            )
        (exposed_ns,) = EXPOSED.unpack_from(answer)
        if exposed_ns and exposed_ns < asked_ns:
            age_s = (asked_ns - exposed_ns) / 1e9
            raise DeviceFault(
                f"{self.name}: the picture is {age_s:.1f} s older than its request",
                "Update python3-picamera2; if it stays, report it: the driver delivers old frames.",
            )
        return checked_jpeg(answer[EXPOSED.size :], self.name)

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()
