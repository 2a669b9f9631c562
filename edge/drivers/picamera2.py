"""A camera on the Pi's own connector, held by a child process that can be killed.

Only a Raspberry Pi can show that the child's camera works; see ``picamera2_child.py``. This
side, which keeps the child, is tested with children that hang, die and talk nonsense.

Rules this driver keeps
-----------------------
1. Every wait has a deadline, and it is kept by waiting here, not by killing there: a child that
   is stuck in the kernel's camera driver does not even die.
2. A child that is late, dies or breaks the protocol is killed; the next still starts a new one.
3. Closing ends a still that is under way.
"""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from edge.clock import Clock
from edge.drivers.camera import MAX_SIZE, Deadline, checked_jpeg
from edge.drivers.picamera2_child import ERROR, HEAD, PICTURE, READY
from edge.errors import DeviceFault, DeviceUnavailable, GarduError
from edge.sections.cameras import PiCamera

# Importing picamera2 and starting the camera takes seconds on a small Pi.
HELLO_S = 15.0

# A killed child is gone at once, or hangs in the kernel and is left to it.
_FUNERAL_S = 1.0

_CHUNK = 65536


class Picamera2Camera:
    """One camera.

    :param command: what runs as the child; the real one if None
    :param hello_s: seconds that the child may take until its camera runs
    """

    def __init__(
        self,
        name: str,
        config: PiCamera,
        clock: Clock,
        command: Sequence[str] | None = None,
        hello_s: float = HELLO_S,
    ) -> None:
        self.name = name
        self._config = config
        self._clock = clock
        self._command = command or (sys.executable, "-m", "edge.drivers.picamera2_child")
        self._hello_s = hello_s
        self._lock = threading.Lock()
        self._in_use = False
        self._child: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start the child and wait until its camera runs.

        :raises DeviceUnavailable: if that fails or takes too long
        """
        with self._lock:
            self._in_use = True
            self._drop()
            self._start()

    def close(self) -> None:
        """End the child, and a still that is under way. May be called twice."""
        self._in_use = False
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._drop()

    def capture(self) -> bytes:
        """Return one JPEG exposed after this call, starting a new child if need be.

        :raises DeviceUnavailable: if there is no camera or no picture within its time-out
        :raises DeviceFault: if what came is not a JPEG
        """
        with self._lock:
            if not self._in_use:
                raise DeviceUnavailable(f"{self.name}: is closed")
            if self._child is None:
                self._start()
            deadline = Deadline(self._clock, self._config.timeout_s)
            with self._or_drop():
                self._ask()
                return checked_jpeg(self._answer(PICTURE, deadline), self.name)

    def _start(self) -> None:
        size = (str(self._config.width), str(self._config.height))
        try:
            self._child = subprocess.Popen(  # noqa: S603  # our own command, no shell
                [*self._command, *size],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        except OSError as error:
            raise DeviceUnavailable(f"{self.name}: cannot be started: {error}") from error
        try:
            with self._or_drop():
                self._answer(READY, Deadline(self._clock, self._hello_s))
        except DeviceFault as error:
            raise DeviceUnavailable(str(error)) from error

    @contextmanager
    def _or_drop(self) -> Iterator[None]:
        try:
            yield
        except GarduError:
            self._drop()
            raise

    def _ask(self) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(b"?")
        except OSError as error:
            raise DeviceUnavailable(f"{self.name}: its process has ended: {error}") from error

    def _answer(self, wanted: bytes, deadline: Deadline) -> bytes:
        what, length = HEAD.unpack(self._read(HEAD.size, deadline))
        if what not in (wanted, ERROR) or length > MAX_SIZE:
            raise DeviceFault(f"{self.name}: its process sent nonsense")
        body = self._read(length, deadline)
        if what == ERROR:
            raise DeviceUnavailable(f"{self.name}: {body.decode('utf-8', 'replace')}")
        return body

    def _read(self, length: int, deadline: Deadline) -> bytes:
        assert self._child is not None
        assert self._child.stdout is not None
        pipe = self._child.stdout.fileno()
        data = bytearray()
        while len(data) < length:
            if not select.select([pipe], [], [], deadline.left())[0]:
                raise DeviceUnavailable(f"{self.name}: no answer in time")
            part = os.read(pipe, min(length - len(data), _CHUNK))
            if not part:
                raise DeviceUnavailable(f"{self.name}: its process has ended")
            data += part
        return bytes(data)

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            pipe.close()
        with suppress(subprocess.TimeoutExpired):  # rule 1: stuck in the kernel
            child.wait(_FUNERAL_S)
