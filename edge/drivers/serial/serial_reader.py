"""A device with a serial port of its own: the part that card readers and scanners share.

Rules of this driver
--------------------
1. One thread reads the port. ``close`` ends it at once, also while it waits.
2. A port that vanishes, or a device that does not answer, is posted as DeviceFailed once. Then it
   is tried again every 2 s (real seconds: a plug does not come back sooner in a simulation) under
   the name in the config, and posted as DeviceRestored once it answers.
3. No error here or in ``post`` ends the thread: a reader that is dead but seems to work is the
   worst failure.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edge.drivers.serial.ports import PORT_ERRORS, open_port, port_remedy
from edge.errors import DeviceUnavailable
from edge.sop.events import DeviceFailed, DeviceRestored, Event, InputRefused, Post

if TYPE_CHECKING:
    from serial import Serial

RETRY_S = 2.0

_log = logging.getLogger(__name__)


class SerialReader(ABC):
    """The port, its thread, and the events about it.

    :param name: the device's name in records, for example ``card-reader/desk``
    :param timeout_s: time-out of one read for its first byte, real seconds
    """

    def __init__(self, name: str, port: str, baud_rate: int, timeout_s: float, post: Post) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._path = port
        self._baud_rate = baud_rate
        self._timeout_s = timeout_s
        self._post = post
        self._closing = threading.Event()
        self._port_lock = threading.Lock()  # the thread closes the port that close() wakes
        self._thread: threading.Thread | None = None
        self._port: Serial | None = None

    def open(self) -> None:
        """Open the port, greet the device and start reading.

        :raises DeviceUnavailable: if the port is not there, another process has it open, or the
            device does not answer
        """
        self.close()
        self._closing.clear()
        port = self._begin()
        self._thread = threading.Thread(target=self._run, args=(port,), name=self.name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading; returns once the thread has ended. May be called twice."""
        self._closing.set()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with self._port_lock:
            if self._port is not None:
                self._port.cancel_read()
        thread.join()

    @abstractmethod
    def _greet(self, port: "Serial") -> None:
        """Make the device ready.

        :raises OSError: if it does not answer
        """

    @abstractmethod
    def _work(self, port: "Serial") -> None:
        """Read until closing.

        :raises OSError: if the port or the device fails
        """

    def _post_event(self, kind: Callable[..., Event], *words: Any) -> None:
        """Post the event ``kind(moment, *words)``; must not raise."""
        try:
            self._post(lambda at: kind(at, *words))
        except Exception:  # noqa: BLE001  # rule 3
            _log.exception("%s: an event could not be posted", self.name)

    def _refuse(self, why: object) -> None:
        """Post InputRefused for malformed bytes that were dropped."""
        self._post_event(InputRefused, self.name, str(why))

    def _begin(self) -> "Serial":
        """Open the port and greet the device; return the port."""
        port = open_port(self.name, self._path, self._baud_rate, self._timeout_s)
        with self._port_lock:
            self._port = port
        try:
            self._greet(port)
        except PORT_ERRORS as error:
            self._close_port()
            raise DeviceUnavailable(self._named(error), port_remedy(error)) from error
        except BaseException:
            self._close_port()
            raise
        return port

    def _run(self, port: "Serial") -> None:
        begun: Serial | None = port
        while begun is not None and not self._closing.is_set():
            try:
                self._work(begun)
            except PORT_ERRORS as error:
                begun = self._again(self._named(error), port_remedy(error))
            except Exception as error:  # noqa: BLE001  # rule 3
                _log.exception("%s: unexpected error", self.name)
                begun = self._again(self._named(f"unexpected error: {error}"), "")
        self._close_port()

    def _again(self, why: str, remedy: str) -> "Serial | None":
        """Post DeviceFailed, then try until the device works; None if it is closed first."""
        self._close_port()
        if self._closing.is_set():
            return None
        self._post_event(DeviceFailed, self.name, why, None, remedy)
        while not self._closing.wait(RETRY_S):
            try:
                port = self._begin()
            except DeviceUnavailable:
                continue
            self._post_event(DeviceRestored, self.name)
            return port
        return None

    def _named(self, error: object) -> str:
        words = str(error)
        return words if words.startswith(self.name) else f"{self.name}: {words}"

    def _close_port(self) -> None:
        with self._port_lock:
            port, self._port = self._port, None
            if port is not None:
                port.close()
