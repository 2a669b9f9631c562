"""The server of a camera's twin: on a thread of its own, always at the same address."""

import threading
from abc import ABC, abstractmethod
from socketserver import TCPServer

# Interval at which the server's thread examines if it is to end, seconds.
_POLL_S = 0.05


class CameraServer(ABC):
    """Base of the twins that serve on loopback.

    :ivar port: its port, once it has started
    :ivar closing: set while it is closed or closes; answers that hang end with it
    """

    def __init__(self) -> None:
        self.port = 0
        self.closing = threading.Event()
        self._server: TCPServer | None = None
        self._thread: threading.Thread | None = None

    @abstractmethod
    def make_server(self, port: int) -> TCPServer:
        """Return the server, listening on *port* of loopback (0: any that is free)."""

    def start(self) -> None:
        """Serve until :meth:`close`."""
        if self._server is not None:
            return
        self.closing.clear()
        self._server = server = self.make_server(self.port)
        self.port = server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,))
        self._thread.start()

    def close(self) -> None:
        """Stop, even while an answer hangs. May be called twice."""
        if self._server is None or self._thread is None:
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None
