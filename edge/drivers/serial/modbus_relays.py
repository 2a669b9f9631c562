"""Relay boards on Modbus RTU that time a pulse themselves: Waveshare's, and the R421A08 kind.

Rules of this driver
--------------------
1. A request and its answer are one turn of the bus. minimalmodbus builds and checks the frames
   (checksum, address, function, echo of a write).
2. Requests that may be repeated (reading, switching off) are tried TRIES times.
3. A pulse is begun once. It is tried again only where it is certain that the relay did not move:
   the board itself answered BUSY; or its answer was lost or broken, but the relay reads off while
   the pulse would still be on, and the door is shut. Otherwise it cannot be known, and is left to
   the door's contact and to an officer.
4. A write is answered by its echo, and an adapter that hears itself gives that too: a board counts
   as present only once it has been read.
5. Every wrong answer is posted as InputRefused. Silence is DeviceUnavailable; a refusal is
   DeviceFault, and so are broken answers and BUSY that do not end.
"""

import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from edge.clock import Clock
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.drivers.serial.bus import SerialBus
from edge.errors import DeviceFault, DeviceUnavailable, ProtocolError

if TYPE_CHECKING:
    from minimalmodbus import Instrument

T = TypeVar("T")
ModbusCall = Callable[["Instrument"], T]

TRIES = 3
# Real seconds between two tries: noise comes in bursts, and a busy board needs a moment.
_BETWEEN_S = 0.05
# How much a board's pulse may be longer or shorter than requested, clock seconds: one step of
# the timers.
MARGIN_S = 0.1

_READ_COILS, _WRITE_COIL = 1, 5
_READ_REGISTERS, _WRITE_REGISTER = 3, 6


class RelayKind(Protocol):
    """The requests to one kind of board, as calls on minimalmodbus."""

    def pulse(self, channel: int) -> ModbusCall[None]:
        """Energise relay *channel* (the first is 1) for the pulse."""

    def rest(self, channels: Sequence[int]) -> Sequence[ModbusCall[None]]:
        """Switch *channels* off."""

    def read(self, channels: Sequence[int]) -> Sequence[ModbusCall[set[int]]]:
        """Read which relays are on; the answers together cover *channels*."""


class Waveshare:
    """Waveshare Modbus RTU Relay, firmware from September 2021 (relays are coils from 0)."""

    FLASH_ON = 0x0200
    ALL = 0x00FF

    def __init__(self, config: WaveshareLockers) -> None:
        self._channels = config.channels
        self._tenths = round(config.pulse_s * 10)

    def pulse(self, channel: int) -> ModbusCall[None]:
        """Switch relay *channel* on for the pulse: function 5, coil 0x0200 + relay (from 0).

        The value is the pulse in tenths of a second.
        """
        payload = struct.pack(">HH", self.FLASH_ON + channel - 1, self._tenths)

        def request(board: "Instrument") -> None:
            # write_bit() knows on and off only; this is the library's documented way to extend it.
            answer = board._perform_command(_WRITE_COIL, payload)  # noqa: SLF001
            if answer != payload:
                raise ProtocolError("not the echo of what was written")

        return request

    def rest(self, _channels: Sequence[int]) -> Sequence[ModbusCall[None]]:
        """One request for all relays of the board."""
        return [lambda board: board.write_bit(self.ALL, 0, functioncode=_WRITE_COIL)]

    def read(self, _channels: Sequence[int]) -> Sequence[ModbusCall[set[int]]]:
        """One request for all relays of the board."""

        def request(board: "Instrument") -> set[int]:
            levels = board.read_bits(0, self._channels, functioncode=_READ_COILS)
            return {channel for channel, level in enumerate(levels, 1) if level}

        return [request]


class R421a08:
    """R421A08 and R4D8: relays are registers from 1; each command is a write to one register."""

    OFF = 0x02
    TIMED: ClassVar = {"momentary": 0x05, "delay": 0x06}

    def __init__(self, config: R421a08Lockers) -> None:
        self._command = self.TIMED[config.command]
        self._delay = round(config.pulse_s) if config.command == "delay" else 0

    def pulse(self, channel: int) -> ModbusCall[None]:
        """Write the board's timed command: high byte the command, low byte the delay in seconds."""
        return self._write(channel, self._command, self._delay)

    def rest(self, channels: Sequence[int]) -> Sequence[ModbusCall[None]]:
        """One request per relay."""
        return [self._write(channel, self.OFF, 0) for channel in channels]

    def read(self, channels: Sequence[int]) -> Sequence[ModbusCall[set[int]]]:
        """One request per relay: the boards answer for one relay only."""
        return [self._read(channel) for channel in channels]

    def _write(self, channel: int, command: int, low: int) -> ModbusCall[None]:
        value = command << 8 | low
        return lambda board: board.write_register(channel, value, functioncode=_WRITE_REGISTER)

    def _read(self, channel: int) -> ModbusCall[set[int]]:
        def request(board: "Instrument") -> set[int]:
            level = board.read_register(channel, functioncode=_READ_REGISTERS)
            return {channel} if level else set()

        return request


def words(channels: Iterable[int]) -> str:
    """Return the numbers of relays as text for people."""
    return ", ".join(map(str, sorted(channels)))


class Busy(DeviceFault):
    """The board answers BUSY: it has not carried out the request."""


class RelayBoard:
    """The board with *address* on *bus*.

    :param name: name of the device that the board is part of
    :param channels: its relays that are used here (the first is 1)
    :param pulse_s: length of its pulse, seconds of *clock*
    :param refused: called for each wrong answer with a short description
    :ivar name: the board's name in errors
    """

    def __init__(
        self,
        name: str,
        kind: RelayKind,
        address: int,
        channels: Sequence[int],
        bus: SerialBus,
        clock: Clock,
        pulse_s: float,
        refused: Callable[[str], None],
    ) -> None:
        self.name = f"{name}: board {address}"
        self._kind = kind
        self._address = address
        self._channels = channels
        self._bus = bus
        self._clock = clock
        self._pulse_s = pulse_s
        self._refused = refused
        self._between = threading.Event()  # never set: waiting for it is the pause

    def rest(self) -> None:
        """Switch its used relays off, and check that they are off.

        :raises DeviceUnavailable: if the board is silent
        :raises DeviceFault: if it answers, but wrongly, or a relay stays on
        """
        for request in self._kind.rest(self._channels):
            self._tried(request)
        if stuck := self.on():
            raise DeviceFault(f"{self.name}: relay {words(stuck)} cannot be switched off")

    def on(self) -> set[int]:
        """Return its used relays that are on.

        :raises DeviceUnavailable: if the board is silent
        :raises DeviceFault: if it answers, but wrongly
        """
        return self._read(self._channels)

    def pulse(self, channel: int, *, shut: Callable[[], bool]) -> None:
        """Begin the pulse of relay *channel*; the board ends it.

        :param shut: returns whether the door behind it is shut now
        :raises DeviceUnavailable: if the board is silent
        :raises DeviceFault: if the pulse was not begun, or if that cannot be known
        """
        request = self._kind.pulse(channel)
        for _ in range(TRIES):
            asked_ns = self._clock.boot_ns()
            try:
                return self._ask(request)
            except Busy:
                self._between.wait(_BETWEEN_S)
            except (DeviceUnavailable, ProtocolError) as error:
                if self._read([channel]):
                    return None
                if not (self._still(asked_ns) and shut()):
                    raise DeviceFault(
                        f"{self.name}: nobody knows whether relay {channel} was on, so its pulse "
                        f"is not repeated: look at the door ({error})"
                    ) from error
        raise DeviceFault(f"{self.name}: relay {channel} was not switched on in {TRIES} tries")

    def _read(self, channels: Sequence[int]) -> set[int]:
        requests = self._kind.read(channels)
        return set().union(*map(self._tried, requests)) & set(channels)

    def _still(self, asked_ns: int) -> bool:
        """Return True if a pulse requested at *asked_ns* would still be on now."""
        return (self._clock.boot_ns() - asked_ns) / 1e9 < self._pulse_s - MARGIN_S

    def _tried(self, request: ModbusCall[T]) -> T:
        """Send a request that may be repeated, at most TRIES times."""
        for _ in range(TRIES - 1):
            try:
                return self._ask(request)
            except (Busy, DeviceUnavailable, ProtocolError):
                self._between.wait(_BETWEEN_S)
        try:
            return self._ask(request)
        except ProtocolError as error:
            raise DeviceFault(f"{self.name}: answers broken: {error}; see its wires") from error

    def _ask(self, request: ModbusCall[T]) -> T:
        """Send a request once; errors name the board.

        :raises DeviceUnavailable: for silence
        :raises ProtocolError: for a broken answer
        :raises Busy: for BUSY
        :raises DeviceFault: for any other refusal
        """
        try:
            return self._turn(request)
        except DeviceUnavailable as error:
            raise DeviceUnavailable(f"{self.name}: {error}") from error

    def _turn(self, request: ModbusCall[T]) -> T:
        import minimalmodbus as modbus  # hardware library

        with self._bus.turn() as port:
            board = modbus.Instrument(port, self._address)
            board.clear_buffers_before_each_transaction = False  # the bus clears them, and counts
            try:
                return request(board)
            except modbus.NoResponseError as error:
                raise DeviceUnavailable("does not answer") from error
            except modbus.SlaveDeviceBusyError as error:
                self._refused("BUSY")
                raise Busy(f"{self.name}: is busy") from error
            except modbus.SlaveReportedException as error:
                self._refused("refused by the board")
                raise DeviceFault(f"{self.name}: {error}") from error
            except (modbus.ModbusException, ValueError) as error:
                self._refused("broken answer")
                raise ProtocolError("broken answer") from error
