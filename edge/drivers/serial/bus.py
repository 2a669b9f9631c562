"""A serial line that several devices share: RS-485, half duplex, one speaker at a time.

Rules this driver keeps
-----------------------
1. Whoever speaks on the line holds it for a whole turn: request and answer are never interleaved
   with another device's.
2. Before a turn the line has been silent for ``pause_s``. What came uncalled (noise, an answer
   that came too late) is thrown away, counted, and posted as InputRefused once a turn.
3. A line that is never silent is DeviceUnavailable: a request would drown in what is spoken there.
4. The port is opened when it is first needed, under the name of the config, and anew after every
   error: a plug that was pulled and comes back under another number is found by its link. If it
   was pulled and came back between two turns, nobody notices.
5. A port that is not there is DeviceUnavailable for whoever asked; nobody waits for it here. No
   read lasts longer than ``answer_s`` and no write longer than WRITE_S.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.config.sections.buses import Bus
from edge.drivers.serial.ports import PORT_ERRORS, open_port
from edge.errors import DeviceUnavailable, GarduError
from edge.sop.events import InputRefused, Post

if TYPE_CHECKING:
    from serial import Serial

# Pauses that a speaker may spoil before the line counts as never silent.
MOST_PAUSES = 20


class SerialBus:
    """The line of *config*; its devices take turns.

    :param post: told of uncalled bytes, in the name of the bus
    :ivar discarded: bytes that came when nobody had asked for any
    """

    def __init__(self, name: str, config: Bus, post: Post | None = None) -> None:
        self.name = name
        self.discarded = 0
        self._config = config
        self._post = post
        self._lock = threading.Lock()
        self._port: Serial | None = None
        self._quiet = threading.Event()  # never set: waiting for it is the pause

    @contextmanager
    def turn(self) -> Iterator["Serial"]:
        """Hold the line: ``with bus.turn() as port``; reads end after ``answer_s``.

        :raises DeviceUnavailable: if the port is not there, failed within, or is never silent
        """
        with self._lock:
            try:
                yield self._silent_port()
            except GarduError:
                raise  # what the user of the line says of his own device is passed on as it is
            except PORT_ERRORS as error:
                self._close()
                raise DeviceUnavailable(f"{self.name}: {error}") from error

    def close(self) -> None:
        """Let go of the port; the next turn opens it again. May be called at any time."""
        with self._lock:
            self._close()

    def _silent_port(self) -> "Serial":
        """Return the port once the line is silent; one that has gone is opened anew."""
        if self._port is not None:
            try:
                return self._silence(self._port)
            except DeviceUnavailable:
                raise
            except PORT_ERRORS:
                self._close()
        config = self._config
        self._port = open_port(self.name, config.port, config.baud_rate, config.answer_s)
        return self._silence(self._port)

    def _silence(self, port: "Serial") -> "Serial":
        before = self.discarded
        try:
            for _ in range(MOST_PAUSES):
                self._quiet.wait(self._config.pause_s)
                waiting = port.in_waiting
                if not waiting:
                    return port
                self.discarded += len(port.read(waiting))
        finally:
            if self.discarded > before and self._post is not None:
                self._post(lambda at: InputRefused(at, self.name, "uncalled bytes"))
        raise DeviceUnavailable(f"{self.name}: something speaks on the line without a pause")

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()
