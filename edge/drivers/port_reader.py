"""A device with a port of its own: the part that card readers and scanners share.

Rules of this driver
--------------------
1. One thread reads the port. ``close`` ends it at once, also while it waits.
2. A port that vanishes, or a device that does not answer, is posted as DeviceFailed once. Then it
   is tried again every 2 s (real seconds: a plug does not come back sooner in a simulation) under
   the name in the config, and posted as DeviceRestored once it answers.
3. No error here or in ``post`` ends the thread: a reader that is dead but seems to work is the
   worst failure.
4. Bytes from before the opening are discarded: they are no card that is shown now, and no answer to
   a request. USB adapters deliver such bytes up to SETTLE_S after the opening.
"""

import logging
import termios
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from edge import waits
from edge.errors import DeviceError, DeviceUnavailable
from edge.sop.events import DeviceFailed, DeviceRestored, Event, InputRefused, Post

RETRY_S = 2.0
SETTLE_S = 0.02
"""Real seconds. The usual latency timer of USB adapters is 16 ms."""

PORT_ERRORS = (OSError, termios.error)
"""The errors of a port that has gone; pyserial passes the terminal's own error on in places."""

UNPLUGGED = (
    "Check the plug and the cable. `dmesg | tail` shows whether the adapter has disconnected."
)
"""Remedy for a port that fails while it is in use."""

_log = logging.getLogger(__name__)


class Port(Protocol):
    """An open port that is read."""

    @property
    def in_waiting(self) -> int:
        """The number of bytes that one read may return at once."""

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes; empty after the port's time-out.

        :raises OSError: if the port has gone
        """

    def reset_input_buffer(self) -> None:
        """Discard the bytes that wait."""

    def wait(self) -> None:
        """Wait, without a time-out, until bytes can be read, or the read is cancelled."""

    def cancel_read(self) -> None:
        """End a read or a wait of another thread."""

    def close(self) -> None:
        """Close the port."""


class SerialPort(Port, Protocol):
    """An open serial port, as pyserial's."""

    def write(self, data: bytes, /) -> int | None:
        """Send *data*."""


P = TypeVar("P", bound=Port)


class PortReader(ABC, Generic[P]):
    """The port, its thread, and the events about it.

    :param name: the device's name in records, for example ``card-reader/desk``
    :param open_port: opens the port, or raises DeviceUnavailable
    """

    def __init__(self, name: str, open_port: Callable[[], P], post: Post) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._open_port = open_port
        self._post = post
        self._closing = waits.event()
        self._port_lock = threading.Lock()  # the thread closes the port that close() wakes
        self._thread: threading.Thread | None = None
        self._port: P | None = None

    def open(self) -> None:
        """Open the port, greet the device and start reading.

        :raises DeviceUnavailable: if the port is not there, another process has it open, or the
            device does not answer
        """
        self.close()
        self._closing.clear()
        port = self._begin()
        self._thread = waits.thread(lambda: self._run(port), self.name)

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

    def _greet(self, port: P) -> None:
        """Make the device ready; a device that sends unasked needs no greeting.

        :raises OSError: if it does not answer
        """

    @abstractmethod
    def _work(self, port: P) -> None:
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

    def _begin(self) -> P:
        """Open the port and greet the device; return the port."""
        port = self._open_port()
        with self._port_lock:
            self._port = port
        try:
            self._closing.wait(SETTLE_S)
            port.reset_input_buffer()
            self._greet(port)
        except DeviceError:
            self._close_port()
            raise
        except PORT_ERRORS as error:
            self._close_port()
            raise DeviceUnavailable(self._named(error), UNPLUGGED) from error
        except BaseException:
            self._close_port()
            raise
        return port

    def _run(self, port: P) -> None:
        begun: P | None = port
        while begun is not None and not self._closing.is_set():
            try:
                self._work(begun)
            except PORT_ERRORS as error:
                begun = self._again(self._named(error), getattr(error, "remedy", "") or UNPLUGGED)
            except Exception as error:  # noqa: BLE001  # rule 3
                _log.exception("%s: unexpected error", self.name)
                begun = self._again(self._named(f"unexpected error: {error}"), "")
        self._close_port()

    def _again(self, why: str, remedy: str) -> P | None:
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
