"""A serial line that several devices share: RS-485, half duplex, one sender at a time.

The line is behind a serial port of this machine, or behind a gateway in the network that passes its
bytes on as they are (``protocol = "rtu-over-tcp"``).

Rules of this driver
--------------------
1. A device that uses the line holds it for a whole turn: its request and answer are never
   interleaved with another device's.
2. Before a turn the line has been silent for ``pause_s``. Uncalled bytes (noise, an answer that
   came too late) are discarded, counted, and posted as InputRefused once per turn.
3. A line that is never silent is DeviceUnavailable: a request would be lost among the other bytes.
4. The port is opened at its first use, under the name in the config, and reopened after every
   error: an adapter that was unplugged and comes back under another number is found by its link.
   If that happens between two turns, there is no error.
5. A port that is not there raises DeviceUnavailable at once; there is no waiting for it here. No
   read lasts longer than ``answer_s`` and no write longer than WRITE_S.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from edge import waits
from edge.config.sections.buses import DEFAULT_BAUD_RATE, Bus
from edge.drivers.port_reader import PORT_ERRORS
from edge.drivers.serial.ports import open_port
from edge.drivers.serial.tcp_port import TcpPort
from edge.errors import DeviceUnavailable, GarduError
from edge.sop.events import InputRefused, Post

# Pauses that may be interrupted by bytes before the line counts as never silent.
MOST_PAUSES = 20


class Port(Protocol):
    """What a turn reads and writes: a serial port, or a connection to a gateway."""

    @property
    def in_waiting(self) -> int:
        """Number of bytes that have arrived."""

    def fileno(self) -> int:
        """Its file descriptor, for select."""

    def read(self, size: int = 1) -> bytes:
        """Read *size* bytes, or fewer when the time-out is over."""

    def write(self, data: bytes) -> int | None:
        """Send *data*."""

    def close(self) -> None:
        """Close it."""


class SerialBus:
    """The line of *config*; its devices use it in turns.

    :param post: called with InputRefused for uncalled bytes, in the name of the bus
    :ivar discarded: number of bytes that came without a request
    """

    def __init__(self, name: str, config: Bus, post: Post | None = None) -> None:
        self.name = name
        self.discarded = 0
        self._config = config
        self._post = post
        self._lock = waits.lock()
        self._port: Port | None = None

    @contextmanager
    def turn(self) -> Iterator[Port]:
        """Hold the line: ``with bus.turn() as port``; reads end after ``answer_s``.

        :raises DeviceUnavailable: if the port is not there or fails, or the line is never silent
        """
        with self._lock:
            try:
                yield self._silent_port()
            except GarduError:
                raise  # an error of the device that uses the line is passed on unchanged
            except PORT_ERRORS as error:
                self._close()
                raise DeviceUnavailable(f"{self.name}: {error}", _remedy(self._config)) from error

    def close(self) -> None:
        """Close the port; the next turn opens it again. May be called at any time."""
        with self._lock:
            self._close()

    def _silent_port(self) -> Port:
        """Return the port once the line is silent; a port that has gone is reopened."""
        if self._port is not None:
            try:
                return self._silence(self._port)
            except DeviceUnavailable:
                raise
            except PORT_ERRORS:
                self._close()
        self._port = self._opened()
        return self._silence(self._port)

    def _opened(self) -> Port:
        config = self._config
        if config.port is None:
            return TcpPort(self.name, config.address, config.answer_s)
        baud_rate = config.line_baud_rate or DEFAULT_BAUD_RATE
        port = open_port(self.name, config.port, baud_rate, config.answer_s)
        with suppress(OSError, ValueError):  # the driver of the adapter does not know it
            # FTDI adapters otherwise hand bytes over every 16 ms only.
            port.set_low_latency_mode(True)
        opened: Port = port
        return opened

    def _silence(self, port: Port) -> Port:
        before = self.discarded
        try:
            for _ in range(MOST_PAUSES):
                waits.sleep(self._config.pause_s)
                waiting = port.in_waiting
                if not waiting:
                    return port
                self.discarded += len(port.read(waiting))
        finally:
            if self.discarded > before and self._post is not None:
                self._post(lambda at: InputRefused(at, self.name, "uncalled bytes"))
        raise DeviceUnavailable(
            f"{self.name}: something speaks on the line without a pause",
            "Another controller may poll the same line, or A and B are not biased, or baud_rate is "
            "not that of the boards: unplug the devices one by one until it is silent.",
        )

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()


def _remedy(config: Bus) -> str:
    if config.port is None:
        return f"Is the gateway powered and in this network? ping {config.address[0]}."
    return f"Plug the adapter in again; ls -l {config.port} shows whether it is there."
