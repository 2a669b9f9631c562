"""A port in the network with a twin behind it: a TCP server on the loopback address."""

import asyncio
import socket
from collections.abc import Callable

_READ = 4096


class TcpServerPort:
    """A listening port of a module or gateway; the methods of :class:`SerialPort`.

    :param heard: called on the loop with the bytes that the daemon has sent
    :ivar number: its TCP port, the same when it is plugged in again; 0 before the first time
    """

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self.number = 0
        self.on_send: Callable[[], None] = _nothing
        self.on_poll: Callable[[], None] = _nothing
        self._heard = heard
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()

    @property
    def plugged(self) -> bool:
        """True while it is connected to the network."""
        return self._listener is not None

    def plug(self) -> None:
        """Connect it: it accepts connections."""
        if self._listener is not None:
            return
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", self.number))
        self._listener.listen()
        self.number = self._listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listener, self._accept, self._listener)

    def unplug(self) -> None:
        """Disconnect it: connections break, new ones are refused."""
        if self._listener is None:
            return
        for connection in tuple(self._connections):
            self._drop(connection)
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None

    def send(self, message: bytes) -> None:
        """Send *message* on every connection; lost if there is none."""
        for connection in tuple(self._connections):
            try:
                connection.send(message)
                self.on_send()
            except BlockingIOError:
                continue
            except OSError:
                self._drop(connection)

    def deliver(self) -> None:
        """Do nothing: the kernel delivers on the loopback as it is sent."""

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(connection)
        asyncio.get_running_loop().add_reader(connection, self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._heard(data)
        else:
            self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            self.on_send()
            asyncio.get_running_loop().remove_reader(connection)
            connection.close()


def _nothing() -> None:
    """Call nothing."""
