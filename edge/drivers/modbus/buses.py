"""The lines of a config, each opened at its first use and shared by all devices on it."""

from collections.abc import Callable, Mapping

from edge.clock import Clock, Stamp
from edge.config.sections.buses import Bus
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.rtu import RtuLine
from edge.drivers.modbus.tcp import TcpLine
from edge.drivers.serial.bus import SerialBus
from edge.sop.events import Event, Post


class Buses:
    """The lines of *config*, by their names there.

    :ivar post: called with InputRefused for uncalled and stray bytes; None: not wanted
    """

    def __init__(self, config: Mapping[str, Bus], clock: Clock) -> None:
        self.post: Post | None = None
        self._serial = {
            name: SerialBus(f"bus/{name}", bus, self._posted)
            for name, bus in config.items()
            if bus.spoken != "tcp"
        }
        self._modbus: dict[str, ModbusLine] = {
            name: RtuLine(self._serial[name], bus.answer_s, clock, self._posted)
            if name in self._serial
            else TcpLine(f"bus/{name}", bus, clock, self._posted)
            for name, bus in config.items()
        }

    def serial(self, name: str) -> SerialBus:
        """Return the line *name* for boards that send bytes of their own kind."""
        return self._serial[name]

    def modbus(self, name: str) -> ModbusLine:
        """Return the line *name* for Modbus devices."""
        return self._modbus[name]

    def close(self) -> None:
        """Close all lines; the next use opens them again."""
        for line in self._modbus.values():
            line.close()

    def _posted(self, make: Callable[[Stamp], Event]) -> None:
        if self.post is not None:
            self.post(make)
