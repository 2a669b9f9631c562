"""Modbus requests and what a good answer to each looks like, without the framing of a line. Pure.

Modbus Application Protocol V1.1b3: the function's number, then data; numbers have the high byte
first, bits are packed with the first in bit 0. A device refuses by function + 80 (hexadecimal) and
one byte, the exception code.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from edge.errors import DeviceFault, ProtocolError

READ_COILS, READ_INPUTS, READ_HOLDING, READ_REGISTERS = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
REFUSED = 0x80
"""Added to the function in the answer that refuses a request."""

ON, OFF = 0xFF00, 0x0000
"""Values of function 5."""

_BUSY = 6
_CODES = {
    1: ("illegal function", "The module does not know this request: is its driver right?"),
    2: ("illegal data address",
        "The module has no such channel: are its driver and its addresses right?"),
    3: ("illegal data value", "The module refuses the value: is its driver right?"),
    4: ("device failure", "The module reports a failure of its own: switch it off and on."),
    5: ("acknowledge: it needs longer", "Switch the module off and on."),
    6: ("busy", "The module is busy: is another program or controller using it?"),
    8: ("memory parity error", "The module reports a failure of its own: replace it."),
    10: ("gateway path unavailable", "Are the serial settings of the gateway right?"),
    11: ("the gateway's device does not answer",
         "Check the module's power, A and B, its address, and the gateway's baud rate."),
}  # fmt: skip


class Request(NamedTuple):
    """One request, and the answer that fits it.

    :ivar data: follows the function in the request
    :ivar head: the first bytes of data in a good answer: the number of bytes, or an echo
    :ivar size: bytes of data in a good answer
    """

    function: int
    data: bytes
    head: bytes
    size: int

    @property
    def pdu(self) -> bytes:
        """Function and data."""
        return bytes([self.function]) + self.data


class Refused(DeviceFault):
    """The device refuses the request with an exception code.

    :ivar code: the exception code
    """

    def __init__(self, code: int) -> None:
        self.code = code
        what, remedy = _CODES.get(code, ("an unknown exception", "Is its driver right?"))
        super().__init__(f"it refuses a request: {what} (exception {code})", remedy)

    @property
    def busy(self) -> bool:
        """True if the request was not carried out now and may be sent again."""
        return self.code == _BUSY


def read_bits(function: int, first: int, count: int) -> Request:
    """Read *count* coils (function 1) or discrete inputs (2) from address *first*."""
    return _read(function, first, count, (count + 7) // 8)


def read_registers(function: int, first: int, count: int) -> Request:
    """Read *count* holding registers (function 3) or input registers (4) from *first*."""
    return _read(function, first, count, 2 * count)


def write_coil(address: int, value: int) -> Request:
    """Write *value* (:data:`ON`, :data:`OFF`, or a maker's own) to a coil."""
    return _echoed(WRITE_COIL, struct.pack(">HH", address, value))


def write_register(address: int, value: int) -> Request:
    """Write *value* to a holding register."""
    return _echoed(WRITE_REGISTER, struct.pack(">HH", address, value))


def write_coils(first: int, levels: Sequence[bool]) -> Request:
    """Write *levels* to the coils from address *first*."""
    size = (len(levels) + 7) // 8
    bits = sum(level << place for place, level in enumerate(levels)).to_bytes(size, "little")
    head = struct.pack(">HH", first, len(levels))
    return Request(WRITE_COILS, head + bytes([size]) + bits, head, len(head))


def write_registers(first: int, values: Sequence[int]) -> Request:
    """Write *values* to the holding registers from address *first*."""
    head = struct.pack(">HH", first, len(values))
    words = struct.pack(f">{len(values)}H", *values)
    return Request(WRITE_REGISTERS, head + bytes([len(words)]) + words, head, len(head))


def bits(data: bytes, count: int) -> int:
    """Return the first *count* bits of a good answer to :func:`read_bits`; the first is bit 0."""
    return int.from_bytes(data[1:], "little") & ((1 << count) - 1)


def registers(data: bytes) -> tuple[int, ...]:
    """Return the values of a good answer to :func:`read_registers`."""
    return struct.unpack(f">{len(data) // 2}H", data[1:])


def answer_data(request: Request, pdu: bytes) -> bytes:
    """Return the data of the answer *pdu* to *request*.

    :raises Refused: if it refuses the request
    :raises ProtocolError: if it is no answer to that request
    """
    if len(pdu) == 2 and pdu[0] == request.function | REFUSED:
        raise Refused(pdu[1])
    data = pdu[1:]
    if pdu[:1] != request.pdu[:1] or len(data) != request.size or not data.startswith(request.head):
        raise ProtocolError("not the answer to the request")
    return data


def _read(function: int, first: int, count: int, size: int) -> Request:
    return Request(function, struct.pack(">HH", first, count), bytes([size]), 1 + size)


def _echoed(function: int, data: bytes) -> Request:
    return Request(function, data, data, len(data))
