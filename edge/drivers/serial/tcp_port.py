"""A connection to a line in the network, with the methods of a serial port.

Rules of this module
--------------------
1. Connecting lasts CONNECT_S at most, a read ``timeout_s``.
2. A connection whose bytes are not acknowledged for DEAD_S is ended by the kernel: a gateway that
   was switched off and on is found again at once, not after TCP's long retransmissions.
3. Every failure is an OSError; the owner closes the connection then and makes a new one.
"""

import socket

from edge import waits
from edge.errors import DeviceUnavailable

CONNECT_S = 2.0
"""Time-out of connecting, real seconds."""
DEAD_S = 3.0
"""How long sent bytes may stay unacknowledged, real seconds."""

_MOST = 4096


class TcpPort:
    """One connection to *address* (host, port).

    :param name: name of the line, for the error
    :raises DeviceUnavailable: if it cannot be made
    """

    def __init__(self, name: str, address: tuple[str, int], timeout_s: float) -> None:
        host, port = address
        try:
            self._socket = socket.create_connection(address, CONNECT_S)
        except OSError as error:
            raise DeviceUnavailable(
                f"{name}: {host}:{port} cannot be reached: {error}",
                f"Is it powered and in this network? ping {host}; its port is set on its own page.",
            ) from error
        self._socket.settimeout(timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(DEAD_S * 1000))
        self._timeout_s = timeout_s

    @property
    def in_waiting(self) -> int:
        """Number of bytes that have arrived, at most 4096.

        :raises ConnectionError: if the other end has closed the connection
        """
        if not self._readable(0.0):
            return 0
        waiting = len(self._socket.recv(_MOST, socket.MSG_PEEK))
        if not waiting:
            raise ConnectionAbortedError("the connection was closed at the other end")
        return waiting

    def fileno(self) -> int:
        """File descriptor, for select."""
        return self._socket.fileno()

    def read(self, size: int = 1) -> bytes:
        """Return *size* bytes, or fewer when the time-out is over.

        :raises ConnectionError: if the other end has closed the connection
        """
        data = b""
        while len(data) < size and self._readable(self._timeout_s):
            part = self._socket.recv(size - len(data))
            if not part:
                raise ConnectionAbortedError("the connection was closed at the other end")
            data += part
        return data

    def write(self, data: bytes) -> int:
        """Send *data*.

        :raises OSError: if it cannot be sent
        """
        self._socket.sendall(data)
        return len(data)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _readable(self, seconds: float) -> bool:
        return waits.readable(seconds, self._socket)
