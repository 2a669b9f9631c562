"""A module with inputs and outputs on a bus, and the terminals that parts are wired to.

Functions 1 to 4 read bits and registers, 5, 6, 15 and 16 write. Its addresses are those of its
section in the config, as a technician would set the module up.
"""

import asyncio
from collections import deque

from edge.clock import Clock
from edge.config.model import Config
from edge.config.sections.modules import Module, Registers
from sim.twins.bus import BusTwin
from sim.twins.modbus import ModbusBoard, Relay
from sim.world.header import Header, HeaderPin, Terminal
from sim.world.notice import Notice

_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_ON, _OFF = 0xFF00, 0x0000
# A level that lasts shorter is a bounce, which the module's input filters.
_BOUNCE_NS = 6_000_000
# A module counts as asked if the last request is not older than this, real seconds.
_ASKED_REAL_S = 1.0
# The time for which a module is dark while it starts again, real seconds.
_START_REAL_S = 0.2


class ModuleTwin(ModbusBoard):
    """One module.

    :ivar inputs: terminals of the inputs by number; *outputs*: relays by number
    :ivar written: how many outputs have been written, singly or together
    :ivar changed: notified when a daemon begins to ask it
    :ivar refuses: answers every request with this exception code (set it to cause the fault)
    """

    def __init__(self, bus: BusTwin, config: Module, inputs: dict[int, HeaderPin],
                 outputs: dict[int, HeaderPin], clock: Clock) -> None:  # fmt: skip
        super().__init__(bus, config.address)
        self.inputs = {number: _Input(pin, clock) for number, pin in inputs.items()}
        self.outputs = {number: Relay(clock) for number in outputs}
        self.written = 0
        self.refuses: int | None = None
        self.changed = Notice()
        self._table: Registers = config.registers
        self._inverted = config.inverted
        self._clock = clock
        self._registers: dict[int, int] = {}
        self._coils: dict[int, bool] = {}
        self._asked_ns: int | None = None
        self._dog: asyncio.TimerHandle | None = None
        for number, pin in outputs.items():
            pin.drive(0, clock.boot_ns())
            self.outputs[number].watch = lambda on, at, pin=pin: pin.drive(int(on), at)

    @property
    def asked(self) -> bool:
        """True if a request came a moment ago."""
        asked_ns = self._asked_ns
        if asked_ns is None:
            return False
        return self._clock.real((self._clock.boot_ns() - asked_ns) / 1e9) < _ASKED_REAL_S

    async def wait_asked(self) -> None:
        """Wait until a daemon asks it, without a limit of time."""
        await self.changed.until(lambda: self.asked, None)

    @property
    def watchdog_s(self) -> float | None:
        """Time-out of its communication watchdog; None: it has none, or it does not run."""
        dog = self._table.watchdog
        if dog is None or not self._runs():
            return None
        return self._registers.get(dog.register, 0) * dog.unit_s or None

    def restart(self) -> None:
        """Lose the power for a moment: outputs fall, and all settings that are not stored."""
        self.fault = "dead"
        self._rest()
        self._registers.clear()
        self._coils.clear()
        asyncio.get_running_loop().call_later(_START_REAL_S, self._start)

    def respond(self, function: int, data: bytes) -> bytes | int:
        """Carry out a request; return the data of the answer, or the code of an exception."""
        before, self._asked_ns = self.asked, self._clock.boot_ns()
        if not before:
            self.changed.tell()
        if self.refuses is not None:
            return self.refuses
        first, value = int.from_bytes(data[:2]), int.from_bytes(data[2:4])
        answer = self._read(function, first, value) if function <= 4 else None
        if answer is None:
            answer = self._write(function, first, value, data)
        self._feed()
        return answer

    def _read(self, function: int, first: int, count: int) -> bytes | int:
        if function in (3, 4) and not self._is_bits(function, first):
            words = [self._word(first + place) for place in range(count)]
            return bytes([2 * count]) + b"".join(word.to_bytes(2) for word in words)
        levels = self._bits(function, first)
        if levels is None or not count:
            return _ILLEGAL_ADDRESS
        if function in (3, 4):
            return bytes([2 * count]) + b"".join(
                (levels >> 16 * place & 0xFFFF).to_bytes(2) for place in range(count)
            )
        size = (count + 7) // 8
        return bytes([size]) + (levels & ((1 << count) - 1)).to_bytes(size, "little")

    def _is_bits(self, function: int, first: int) -> bool:
        return (function, first) == (self._table.input_function, self._table.input_first)

    def _word(self, address: int) -> int:
        dog = self._table.watchdog
        if dog is not None and address == dog.running_register:
            return int(self._runs())
        return self._registers.get(address, 0)

    def _bits(self, function: int, first: int) -> int | None:
        """Return the levels from address *first*, or None if there are none."""
        table = self._table
        if self._is_bits(function, first):
            levels = sum(one.read() << (number - 1) for number, one in self.inputs.items())
            return levels ^ (((1 << len(self.inputs)) - 1) if self._inverted else 0)
        read_first = table.output_first if table.output_read_first is None else (
            table.output_read_first
        )  # fmt: skip
        if function == 1 and first == read_first:
            return sum(relay.on << (number - 1) for number, relay in self.outputs.items())
        return int(self._coils[first]) if function == 1 and first in self._coils else (
            0 if function == 1 and table.watchdog and first == table.watchdog.enable_coil else None
        )  # fmt: skip

    def _write(self, function: int, first: int, value: int, data: bytes) -> bytes | int:
        match function:
            case 5:
                return self._write_coil(first, value, data)
            case 6:
                self._registers[first] = value
                dog = self._table.watchdog
                if dog is not None and first == dog.stop_register and value == dog.stop_value:
                    self._registers[dog.start_register or 0] = 0
                return data[:4]
            case 15 if self._table.output_function == 15:
                return self._write_coils(first, value, data)
            case _:
                return _ILLEGAL_FUNCTION

    def _write_coil(self, address: int, value: int, data: bytes) -> bytes | int:
        number = address - self._table.output_first + 1
        flash = self._table.flash_first
        if number in self.outputs:
            if value not in (_ON, _OFF):
                return _ILLEGAL_VALUE
            self.outputs[number].set(value == _ON)
            self.written += 1
        elif flash is not None and address - flash + 1 in self.outputs:
            self.outputs[address - flash + 1].pulse(on=True, seconds=value / 10)
            self.written += 1
        elif self._table.watchdog is not None:
            self._coils[address] = value == _ON
        else:
            return _ILLEGAL_ADDRESS
        return data[:4]

    def _write_coils(self, first: int, count: int, data: bytes) -> bytes | int:
        levels = int.from_bytes(data[5:], "little")
        numbers = [first - self._table.output_first + 1 + place for place in range(count)]
        if not all(number in self.outputs for number in numbers):
            return _ILLEGAL_ADDRESS
        for place, number in enumerate(numbers):
            self.outputs[number].set(bool(levels >> place & 1))
        self.written += count
        return data[:4]

    def _runs(self) -> bool:
        dog = self._table.watchdog
        if dog is None:
            return False
        if dog.enable_coil is not None:
            return self._coils.get(dog.enable_coil, False)
        return dog.start_register is None or self._registers.get(dog.start_register) == 1

    def _feed(self) -> None:
        """Start the watchdog's timer again."""
        if self._dog is not None:
            self._dog.cancel()
            self._dog = None
        if self.watchdog_s is not None:
            # Its own time: a faster lobby does not make the daemon's line faster.
            self._dog = asyncio.get_running_loop().call_later(self.watchdog_s, self._rest)

    def _rest(self) -> None:
        for relay in self.outputs.values():
            relay.set(False)

    def _start(self) -> None:
        self.fault = None


class _Input:
    """One input: its level as the module reports it.

    At a lobby's higher speed a press may be over before the next poll: then the levels that lasted
    longer than a bounce are reported later, in order, for as long as they lasted.
    """

    def __init__(self, pin: HeaderPin, clock: Clock) -> None:
        self._pin = pin
        self._clock = clock
        self._level = pin.level
        self._since = self._shown_since = 0
        self._changes: deque[tuple[int, int]] = deque(maxlen=64)
        pin.watchers.append(lambda level, at: self._changes.append((level, at)))

    def read(self) -> int:
        """Return the level to be reported now."""
        now, changes = self._clock.boot_ns(), self._changes
        if self._clock.speed == 1:
            changes.clear()
            return self._pin.level
        while len(changes) > 1 and changes[1][1] - changes[0][1] < _BOUNCE_NS:
            changes.popleft()
            changes.popleft()
        if changes:
            level, at = changes[0]
            if now - self._shown_since >= at - self._since:
                changes.popleft()
                self._level, self._since, self._shown_since = level, at, now
        else:
            self._since = self._shown_since  # in step again
        return self._level


def make_modules(
    config: Config, header: Header, buses: dict[str, BusTwin], clock: Clock
) -> dict[str, ModuleTwin]:
    """Return the modules of *config* on their *buses*; their terminals are added to *header*."""
    modules = {}
    for name, module in config.modules.items():
        table = module.registers
        inputs = {number: Terminal() for number in range(1, table.inputs + 1)}
        outputs = {number: Terminal() for number in range(1, table.outputs + 1)}
        header |= {f"input {number} of {name}": pin for number, pin in inputs.items()}
        header |= {f"output {number} of {name}": pin for number, pin in outputs.items()}
        bus = buses[module.bus]
        modules[name] = ModuleTwin(bus, module, dict(inputs), dict(outputs), clock)
    return modules
