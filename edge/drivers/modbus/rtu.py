"""Modbus RTU on a shared line (RS-485, or such a line behind a gateway).

A frame is address, function, data and CRC-16 (reflected polynomial A001, start FFFF, low byte
first). Rules of this module
---------------------------
1. An answer counts if it has the address and function of the request, the length and first bytes
   that an answer to it must have, and a sound checksum. It is found wherever it begins: some
   adapters and boards put a 00 before each answer, because the line is not biased while its
   direction changes. Other bytes before or after it are counted (``stray``).
2. So an answer of another device, or of another function, is never mistaken. A late answer to the
   same request cannot be distinguished in RTU: the silence before each turn drops those that have
   arrived by then.
3. Stray bytes are reported (:class:`Tally`) in their number at intervals, not one by one.
"""

from typing import TYPE_CHECKING

from edge import waits
from edge.clock import Clock
from edge.drivers.modbus.line import deadline
from edge.drivers.modbus.requests import REFUSED, Request, answer_data
from edge.drivers.serial.bus import SerialBus
from edge.drivers.serial.tally import Tally
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.events import Post

if TYPE_CHECKING:
    from edge.drivers.serial.bus import Port

# Real seconds without a byte after which an answer that has begun is over: a USB adapter may hold
# bytes back for 16 ms.
GAP_S = 0.05

_CHECK = 2


class RtuLine:
    """Modbus RTU on *bus*.

    :param post: called with InputRefused for stray bytes, in the name of the bus
    """

    def __init__(self, bus: SerialBus, answer_s: float, clock: Clock, post: Post | None) -> None:
        self.name = bus.name
        self.stray = 0
        self._bus = bus
        self._answer_s = answer_s
        self._clock = clock
        self._tally = Tally(bus.name, "stray bytes beside sound answers", clock, post)

    def exchange(self, address: int, request: Request, answer_s: float | None = None) -> bytes:
        """Send *request* to the device at *address*; return the data of its answer.

        :param answer_s: how long to wait for its beginning, real seconds; None: the bus's answer_s
        :raises DeviceUnavailable: if the line fails or the device does not answer
        :raises Refused: if the device refuses the request
        :raises ProtocolError: if no sound answer to this request came, but other bytes
        """
        wait_s = self._answer_s if answer_s is None else answer_s
        with self._bus.turn() as port:
            port.write(framed(address, request.pdu))
            pdu, stray = self._receive(port, address, request, wait_s)
        if stray:
            self.stray += stray
            self._tally.add(stray)
        return answer_data(request, pdu)

    def close(self) -> None:
        """Close the line; the next exchange opens it again."""
        self._bus.close()

    def _receive(
        self, port: "Port", address: int, request: Request, wait_s: float
    ) -> tuple[bytes, int]:
        """Return the PDU of the answer, and the number of stray bytes around it."""
        heard, limit_s, end = b"", wait_s, deadline(self._clock, wait_s)
        while self._clock.boot_ns() < end and _readable(port, limit_s):
            heard += port.read(max(1, port.in_waiting))
            found = find(heard, address, request)
            if found is not None:
                _, pdu = found
                return pdu, len(heard) - (1 + len(pdu) + _CHECK)
            limit_s = GAP_S
        if not heard:
            raise DeviceUnavailable(
                "does not answer",
                "Check its power and address, A and B (swap them once), and the bus's baud_rate.",
            )
        raise ProtocolError("broken answer")


def framed(address: int, pdu: bytes) -> bytes:
    """Return the frame of *pdu* for the device at *address*."""
    frame = bytes([address]) + pdu
    return frame + crc(frame)


def crc(message: bytes) -> bytes:
    """Return the two check bytes of *message*."""
    value = 0xFFFF
    for byte in message:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value.to_bytes(_CHECK, "little")


def find(heard: bytes, address: int, request: Request) -> tuple[int, bytes] | None:
    """Return where in *heard* the answer of *address* to *request* begins, and its PDU.

    None: there is none (yet).
    """
    good = bytes([address, request.function]) + request.head
    refusal = bytes([address, request.function | REFUSED])
    for at in range(len(heard)):
        for begin, length in ((good, 2 + request.size), (refusal, 3)):
            frame = heard[at : at + length + _CHECK]
            if len(frame) == length + _CHECK and frame.startswith(begin) and sound(frame):
                return at, frame[1:-_CHECK]
    return None


def sound(frame: bytes) -> bool:
    """Return True if the last two bytes of *frame* are its checksum."""
    return crc(frame[:-_CHECK]) == frame[-_CHECK:]


def _readable(port: "Port", seconds: float) -> bool:
    return waits.readable(seconds, port)


def _table() -> tuple[int, ...]:
    entries = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)  # noqa: PLW2901  # the usual form
        entries.append(value)
    return tuple(entries)


_CRC = _table()
