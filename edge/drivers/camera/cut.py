"""The cut of a connection whose time is over, at any stage (TLS handshake, head, body).

A time-out of a socket is for each single wait: a server that sends a byte now and then would
prolong an exchange for ever. So another thread shuts the connection when the deadline passes. Only
the look-up of a host's name cannot be cut; an address in the URL needs none.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Cut:
    """Cuts the connections of one exchange when its time is over.

    It shuts a duplicate of the socket, which ends the connection for every holder and stays
    valid while TLS takes the original over.
    """

    def __init__(self, seconds: float) -> None:
        self.made = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._make)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for held in self._sockets:
                held.close()
            self._sockets.clear()

    def watch(self, connection: socket.socket) -> None:
        """Cut *connection* too when the time comes."""
        with self._lock:
            self._sockets.append(connection.dup())
        if self.made:
            self._make()

    def _make(self) -> None:
        with self._lock:
            self.made = True
            for held in self._sockets:
                with suppress(OSError):  # the other side was faster and has closed it
                    held.shutdown(socket.SHUT_RDWR)
