"""A device with a serial port of its own: the port of card readers and scanners."""

from edge.drivers.port_reader import Port, PortReader
from edge.drivers.serial.ports import open_port
from edge.sop.events import Post


class SerialReader(PortReader):
    """A device on the serial port *port*.

    :param name: the device's name in records, for example ``card-reader/desk``
    :param timeout_s: time-out of one read for its first byte, real seconds
    """

    def __init__(self, name: str, port: str, baud_rate: int, timeout_s: float, post: Post) -> None:
        super().__init__(name, post)
        self._path = port
        self._baud_rate = baud_rate
        self._timeout_s = timeout_s

    def _open_port(self) -> Port:
        port: Port = open_port(self.name, self._path, self._baud_rate, self._timeout_s)
        return port
