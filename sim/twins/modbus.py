"""Relay boards on Modbus RTU that time pulses themselves, and lockers on their relays.

Frames (Modbus over serial line V1.02): address, function, data, CRC-16 with the low byte first.
All requests that these boards know have eight bytes, others (functions 15 and 16) more.

Waveshare Modbus RTU Relay (firmware from September 2021): relays are coils from 0. Function 1
reads; 5 writes FF00 (on), 0000 (off) or 5500 (the other way) to a coil or to 00FF (all), and so
many tenths of a second to 0200 + coil (on, then off) or 0400 + coil (off, then on).

R421A08 and R4D8: relays are registers from 1. Function 3 reads one; 6 writes a command in the
high byte: 1 on, 2 off, 3 the other way, 4 on and all others off, 5 on for a moment, 6 on for as
many seconds as the low byte is.
"""

import asyncio
from collections.abc import Callable
from random import Random

from edge.clock import Clock
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.config.sections.locks import RelayLocker
from sim.twins.bus import Board, BusTwin
from sim.twins.locker import SprungDoor
from sim.twins.wiring import Switch
from sim.world.header import Header, terminal

_REQUEST = 8
_MOST_DATA = 32
_LAST_READ = 4  # functions 1 to 4 read
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE, _BUSY = 1, 2, 3, 6


def crc(message: bytes) -> bytes:
    """Return the check bytes of *message* (reflected polynomial A001, start FFFF)."""
    value = 0xFFFF
    for byte in message:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


class Relay:
    """One relay of a board.

    :ivar on: it is energised
    :ivar watch: called with ``on`` and the moment (boot ns) on every change
    """

    def __init__(self, clock: Clock) -> None:
        self.on = False
        self.watch: Callable[[bool, int], None] | None = None
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None

    def set(self, on: bool) -> None:  # noqa: FBT001 - reads as set(True), like a coil's value
        """Switch it; a running pulse ends."""
        self._stop()
        self._move(on, self._clock.boot_ns())

    def pulse(self, on: bool, seconds: float) -> None:  # noqa: FBT001 - as above
        """Switch it, and back after *seconds* of the board's own clock."""
        self._stop()
        begun = self._clock.boot_ns()
        self._move(on, begun)
        over = begun + round(seconds * 1e9)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._clock.real(seconds), self._move, not on, over)

    def _move(self, on: bool, at: int) -> None:  # noqa: FBT001 - private, as above
        if on != self.on:
            self.on = on
            if self.watch is not None:
                self.watch(on, at)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class ModbusBoard(Board):
    """A board at a Modbus address; finds requests between any other bytes.

    :ivar busy: answers every request for it with exception 6 (set it to cause the fault)
    :ivar requests: valid requests for this board so far
    """

    def __init__(self, bus: BusTwin, address: int) -> None:
        super().__init__(bus)
        self.address = address
        self.busy = False
        self.requests = 0
        self._unread = b""

    def listen(self, message: bytes) -> None:
        """Carry out the requests for this board in *message*, and answer."""
        unread, at = self._unread + message, 0
        while len(unread) - at >= _REQUEST:
            length = _length(unread[at:])
            frame = unread[at : at + length]
            if len(frame) == length and crc(frame[:-2]) == frame[-2:]:
                at += length
                self.hear_pdu(frame[0], frame[1:-2])
            else:
                at += 1
        self._unread = unread[at:]

    def hear_pdu(self, unit: int, pdu: bytes) -> None:
        """Carry out the request *pdu* if it is for this board, and answer."""
        if unit != self.address or self.fault == "dead":
            return
        self.requests += 1
        done = _BUSY if self.busy else self.respond(pdu[0], pdu[1:])
        body = pdu[:1] + done if isinstance(done, bytes) else bytes([pdu[0] | 128, done])
        message = bytes([self.address]) + body
        answer = self.answer_poll if pdu[0] <= _LAST_READ else self.answer
        answer(message + crc(message))

    def respond(self, function: int, data: bytes) -> bytes | int:
        """Carry out a request; return the data of the answer, or the code of an exception."""
        raise NotImplementedError


def _length(frame: bytes) -> int:
    """Return the length of the request that *frame* begins with: 8, or longer for many values."""
    return 9 + frame[6] if frame[1] in (15, 16) and frame[6] <= _MOST_DATA else _REQUEST


class RelayBoardTwin(ModbusBoard):
    """A board with relays.

    :ivar relays: by the number on the board (the first is 1)
    """

    def __init__(self, bus: BusTwin, address: int, channels: int, clock: Clock) -> None:
        super().__init__(bus, address)
        self.relays = {number: Relay(clock) for number in range(1, channels + 1)}

    def respond(self, function: int, data: bytes) -> bytes | int:
        """Carry out a request of four bytes of data."""
        return self.do(function, int.from_bytes(data[:2]), int.from_bytes(data[2:4]))

    def do(self, function: int, address: int, value: int) -> bytes | int:
        """Carry out a request; return the data of the answer, or the code of an exception."""
        raise NotImplementedError


class WaveshareTwin(RelayBoardTwin):
    """A Waveshare Modbus RTU Relay."""

    def do(self, function: int, address: int, value: int) -> bytes | int:
        """Read coils, or write one or all."""
        if function == 1:
            return self._read(address, value)
        if function != 5:
            return _ILLEGAL_FUNCTION
        area, coil = address & 0xFF00, address & 0xFF
        relay = self.relays.get(coil + 1)
        all_of_them = address == 0x00FF
        if relay is None and not all_of_them:
            return _ILLEGAL_ADDRESS
        if area in (0x0200, 0x0400) and relay is not None:
            relay.pulse(area == 0x0200, value / 10)
        elif area == 0 and value in (0xFF00, 0x0000, 0x5500):
            for one in self.relays.values() if relay is None else [relay]:
                one.set(not one.on if value == 0x5500 else value == 0xFF00)
        else:
            return _ILLEGAL_VALUE if area == 0 else _ILLEGAL_ADDRESS
        return address.to_bytes(2) + value.to_bytes(2)

    def _read(self, first: int, count: int) -> bytes | int:
        wanted = range(first + 1, first + count + 1)
        if not count or not all(number in self.relays for number in wanted):
            return _ILLEGAL_ADDRESS
        bits = sum(self.relays[number].on << place for place, number in enumerate(wanted))
        size = (count + 7) // 8
        return bytes([size]) + bits.to_bytes(size, "little")


class R421a08Twin(RelayBoardTwin):
    """An R421A08 or R4D8.

    :ivar moment_s: how long its momentary command lasts
    """

    def __init__(
        self, bus: BusTwin, address: int, channels: int, clock: Clock, moment_s: float = 1.0
    ) -> None:
        super().__init__(bus, address, channels, clock)
        self.moment_s = moment_s

    def do(self, function: int, address: int, value: int) -> bytes | int:
        """Read one register, or write a command to it."""
        relay = self.relays.get(address)
        if function not in (3, 6):
            return _ILLEGAL_FUNCTION
        if relay is None:
            return _ILLEGAL_ADDRESS
        if function == 3:
            return bytes([2, 0, relay.on]) if value == 1 else _ILLEGAL_VALUE
        if not self._write(relay, value):
            return _ILLEGAL_VALUE
        return address.to_bytes(2) + value.to_bytes(2)

    def _write(self, relay: Relay, value: int) -> bool:
        match value >> 8:
            case 1 | 2 as command:
                relay.set(command == 1)
            case 3:
                relay.set(not relay.on)
            case 4:
                for one in self.relays.values():
                    one.set(one is relay)
            case 5:
                relay.pulse(on=True, seconds=self.moment_s)
            case 6:
                relay.pulse(on=True, seconds=value & 0xFF)
            case _:
                return False
        return True


class RelayLockerTwin(SprungDoor):
    """A locker with its solenoid on a relay of a board, and its door contact on a pin."""

    def __init__(
        self,
        header: Header,
        locker: RelayLocker,
        relay: Relay,
        clock: Clock,
        chance: Random,
    ) -> None:
        self.door = Switch(terminal(header, locker.door), locker.door, clock, chance)
        super().__init__(clock, self.door.set)
        relay.watch = self.energise


def relay_boards(
    bus: BusTwin, lockers: WaveshareLockers | R421a08Lockers, clock: Clock
) -> dict[int, RelayBoardTwin]:
    """Return the boards of *lockers*, connected to *bus*, by their addresses."""
    addresses = sorted({locker.address for locker in lockers.locker})
    if isinstance(lockers, WaveshareLockers):
        return {a: WaveshareTwin(bus, a, lockers.channels, clock) for a in addresses}
    moment_s = lockers.pulse_s if lockers.command == "momentary" else 1.0
    return {a: R421a08Twin(bus, a, lockers.channels, clock, moment_s) for a in addresses}
