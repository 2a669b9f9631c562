"""A serial line that several devices share: RS-485, half duplex, one speaker at a time.

Rules this driver keeps
-----------------------
1. Whoever speaks on the line holds it for a whole turn: request and answer are never interleaved
   with another device's.
2. Before a turn the line has been silent for ``pause_s``, and what came uncalled is thrown away.
3. The port is opened when it is first needed, under the name of the config, and anew after every
   error: a plug that was pulled and comes back under another number is found by its link.
4. A port that is not there is DeviceUnavailable for whoever asked; nobody waits for it here.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.errors import DeviceUnavailable
from edge.sections.buses import Bus

if TYPE_CHECKING:
    from serial import Serial


class SerialBus:
    """The line of *config*; its devices take turns.

    :ivar discarded: bytes that came when nobody had asked for any
    """

    def __init__(self, name: str, config: Bus) -> None:
        self.name = name
        self.discarded = 0
        self._config = config
        self._lock = threading.Lock()
        self._port: Serial | None = None
        self._quiet = threading.Event()  # never set: waiting for it is the pause

    @contextmanager
    def turn(self) -> Iterator["Serial"]:
        """Hold the line: ``with bus.turn() as port``; reads end after ``answer_s``.

        :raises DeviceUnavailable: if the port is not there, or failed within
        """
        with self._lock:
            try:
                port = self._port = self._port or self._open()
                self._quiet.wait(self._config.pause_s)
                self.discarded += len(port.read(port.in_waiting)) if port.in_waiting else 0
                yield port
            except OSError as error:
                # What the user of the line says of his own device is passed on as it is.
                if isinstance(error, DeviceUnavailable):
                    raise
                self._close()
                raise DeviceUnavailable(f"{self.name}: {error}") from error

    def close(self) -> None:
        """Let go of the port; the next turn opens it again. May be called at any time."""
        with self._lock:
            self._close()

    def _open(self) -> "Serial":
        import serial  # hardware library

        config = self._config
        try:
            return serial.Serial(
                config.port, config.baud_rate, timeout=config.answer_s, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise DeviceUnavailable(f"{self.name}: {error}") from error

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()
