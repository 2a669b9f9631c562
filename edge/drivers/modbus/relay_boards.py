"""Relay boards on Modbus that time a pulse themselves: Waveshare's, and the R421A08 kind.

Rules of this driver
--------------------
1. A request and its answer are one exchange on the line (edge/drivers/modbus), which checks the
   answer: address, function, checksum or transaction, echo of a write.
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

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple, Protocol

from edge import waits
from edge.clock import Clock
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.requests import (
    OFF,
    READ_COILS,
    READ_HOLDING,
    Refused,
    Request,
    bits,
    read_bits,
    read_registers,
    registers,
    write_coil,
    write_register,
)
from edge.errors import DeviceFault, DeviceUnavailable, ProtocolError

TRIES = 3
# Real seconds between two tries: noise comes in bursts, and a busy board needs a moment.
_BETWEEN_S = 0.05
# How much a board's pulse may be longer or shorter than requested, clock seconds: one step of
# the timers.
MARGIN_S = 0.1


class Reading(NamedTuple):
    """A request for relays, and what returns those that are on from its answer's data."""

    request: Request
    on: Callable[[bytes], set[int]]


class RelayKind(Protocol):
    """The requests to one kind of board."""

    def pulse(self, channel: int) -> Request:
        """Energise relay *channel* (the first is 1) for the pulse."""

    def rest(self, channels: Sequence[int]) -> Sequence[Request]:
        """Switch *channels* off."""

    def read(self, channels: Sequence[int]) -> Sequence[Reading]:
        """Read which relays are on; the answers together cover *channels*."""


class Waveshare:
    """Waveshare Modbus RTU Relay, firmware from September 2021 (relays are coils from 0)."""

    FLASH_ON = 0x0200
    ALL = 0x00FF

    def __init__(self, config: WaveshareLockers) -> None:
        self._channels = config.channels
        self._tenths = round(config.pulse_s * 10)

    def pulse(self, channel: int) -> Request:
        """Switch relay *channel* on for the pulse: function 5, coil 0x0200 + relay (from 0).

        The value is the pulse in tenths of a second.
        """
        return write_coil(self.FLASH_ON + channel - 1, self._tenths)

    def rest(self, _channels: Sequence[int]) -> Sequence[Request]:
        """One request for all relays of the board."""
        return [write_coil(self.ALL, OFF)]

    def read(self, _channels: Sequence[int]) -> Sequence[Reading]:
        """One request for all relays of the board."""

        def on(data: bytes) -> set[int]:
            levels = bits(data, self._channels)
            return {place + 1 for place in range(self._channels) if levels >> place & 1}

        return [Reading(read_bits(READ_COILS, 0, self._channels), on)]


class R421a08:
    """R421A08 and R4D8: relays are registers from 1; each command is a write to one register."""

    OFF = 0x02
    TIMED: ClassVar = {"momentary": 0x05, "delay": 0x06}

    def __init__(self, config: R421a08Lockers) -> None:
        self._command = self.TIMED[config.command]
        self._delay = round(config.pulse_s) if config.command == "delay" else 0

    def pulse(self, channel: int) -> Request:
        """Write the board's timed command: high byte the command, low byte the delay in seconds."""
        return write_register(channel, self._command << 8 | self._delay)

    def rest(self, channels: Sequence[int]) -> Sequence[Request]:
        """One request per relay."""
        return [write_register(channel, self.OFF << 8) for channel in channels]

    def read(self, channels: Sequence[int]) -> Sequence[Reading]:
        """One request per relay: the boards answer for one relay only."""
        return [self._read(channel) for channel in channels]

    def _read(self, channel: int) -> Reading:
        return Reading(
            read_registers(READ_HOLDING, channel, 1),
            lambda data: {channel} if registers(data)[0] else set(),
        )


def words(channels: Iterable[int]) -> str:
    """Return the numbers of relays as text for people."""
    return ", ".join(map(str, sorted(channels)))


class Busy(DeviceFault):
    """The board answers BUSY: it has not carried out the request."""


class RelayBoard:
    """The board with *address* on *line*.

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
        line: ModbusLine,
        clock: Clock,
        pulse_s: float,
        refused: Callable[[str], None],
    ) -> None:
        self.name = f"{name}: board {address}"
        self._kind = kind
        self._address = address
        self._channels = channels
        self._line = line
        self._clock = clock
        self._pulse_s = pulse_s
        self._refused = refused

    def rest(self) -> None:
        """Switch its used relays off, and check that they are off.

        :raises DeviceUnavailable: if the board is silent
        :raises DeviceFault: if it answers, but wrongly, or a relay stays on
        """
        for request in self._kind.rest(self._channels):
            self._tried(request)
        if stuck := self.on():
            raise DeviceFault(
                f"{self.name}: relay {words(stuck)} cannot be switched off",
                "Cut the supply of the locks at once: a solenoid burns. Then replace the board.",
            )

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
                self._ask(request)
            except Busy:
                waits.sleep(_BETWEEN_S)
            except (DeviceUnavailable, ProtocolError) as error:
                if self._read([channel]):
                    return
                if not (self._still(asked_ns) and shut()):
                    raise DeviceFault(
                        f"{self.name}: nobody knows whether relay {channel} was on, so its pulse "
                        f"is not repeated ({error})",
                        "Look at the door; if it is shut, open it with the key.",
                    ) from error
            else:
                return
        raise DeviceFault(
            f"{self.name}: relay {channel} was not switched on in {TRIES} tries",
            "The board is busy: is another program or controller using it? Switch it off and on.",
        )

    def _read(self, channels: Sequence[int]) -> set[int]:
        readings = self._kind.read(channels)
        return set().union(*(on(self._tried(request)) for request, on in readings)) & set(channels)

    def _still(self, asked_ns: int) -> bool:
        """Return True if a pulse requested at *asked_ns* would still be on now."""
        return (self._clock.boot_ns() - asked_ns) / 1e9 < self._pulse_s - MARGIN_S

    def _tried(self, request: Request) -> bytes:
        """Send a request that may be repeated, at most TRIES times."""
        for _ in range(TRIES - 1):
            try:
                return self._ask(request)
            except (Busy, DeviceUnavailable, ProtocolError):
                waits.sleep(_BETWEEN_S)
        try:
            return self._ask(request)
        except ProtocolError as error:
            raise DeviceFault(
                f"{self.name}: answers broken: {error}",
                "Check A, B and GND, 120 ohm at both ends of the line, and the bus's baud_rate.",
            ) from error

    def _ask(self, request: Request) -> bytes:
        """Send a request once; errors name the board.

        :raises DeviceUnavailable: for silence
        :raises ProtocolError: for a broken answer
        :raises Busy: for BUSY
        :raises DeviceFault: for any other refusal
        """
        try:
            return self._line.exchange(self._address, request)
        except DeviceUnavailable as error:
            raise DeviceUnavailable(f"{self.name}: {error}", error.remedy) from error
        except Refused as error:
            self._refused("BUSY" if error.busy else "refused by the board")
            kind = Busy if error.busy else DeviceFault
            raise kind(f"{self.name}: {error}", error.remedy) from error
        except ProtocolError:
            self._refused("broken answer")
            raise
