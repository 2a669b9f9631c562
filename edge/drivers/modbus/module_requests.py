"""The requests to one module, by its register table: inputs, outputs, watchdog."""

from edge.config.sections.modules import Module
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.requests import (
    READ_COILS,
    READ_INPUTS,
    Request,
    bits,
    read_bits,
    read_registers,
    registers,
)
from edge.drivers.modbus.watchdog import set_watchdog


class ModuleRequests:
    """Asks the module of *config* on *line*; each call is one exchange, or a few.

    Every method raises what :meth:`ModbusLine.exchange` raises.
    """

    def __init__(self, config: Module, line: ModbusLine) -> None:
        self._config = config
        self._table = config.registers
        self._line = line

    def send(self, request: Request) -> bytes:
        """Send *request*; return the data of its answer."""
        return self._line.exchange(self._config.address, request)

    def inputs(self) -> int:
        """Read all inputs; the first is bit 0, on is 1."""
        table, count = self._table, self._table.inputs
        if table.input_function in (READ_COILS, READ_INPUTS):
            levels = bits(
                self.send(read_bits(table.input_function, table.input_first, count)), count
            )
        else:
            size = (count + 15) // 16
            answer = self.send(read_registers(table.input_function, table.input_first, size))
            levels = sum(word << 16 * place for place, word in enumerate(registers(answer)))
        inverted = (1 << count) - 1 if self._config.inverted else 0
        return levels ^ inverted

    def outputs(self) -> int:
        """Read all outputs back; the first is bit 0, energised is 1."""
        table = self._table
        first = table.output_first if table.output_read_first is None else table.output_read_first
        return bits(self.send(read_bits(READ_COILS, first, table.outputs)), table.outputs)

    def set_watchdog(self) -> None:
        """Set and verify the module's communication watchdog, if it has one.

        :raises DeviceFault: if the module does not take the setting
        """
        if self._table.watchdog is not None:
            set_watchdog(self.send, self._table.watchdog, self._config.watchdog_s)
