"""Modbus TCP: a transaction number, protocol 0, length and address before each request.

Rules of this module
--------------------
1. An answer counts if it has the transaction number and the address of the request. Another one is
   an answer to an earlier request that came too late: dropped, counted (``stray``) and reported in
   its number at intervals.
2. Bytes that are no header of this protocol cannot be resynchronised: the connection is closed,
   and made again by the next request.
3. An answer may come in any pieces; the rest of a late one stays in front of the next.
"""

import struct

from edge import waits
from edge.clock import Clock
from edge.config.sections.buses import Bus
from edge.drivers.modbus.line import deadline
from edge.drivers.modbus.requests import Request, answer_data
from edge.drivers.serial.tally import Tally
from edge.drivers.serial.tcp_port import TcpPort
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.events import Post

# Transaction, protocol (0), bytes that follow (address and PDU), address.
_HEADER = struct.Struct(">HHHB")
# Bytes after the length field: address and function at least; 254 at most.
_LENGTHS = range(2, 255)


class TcpLine:
    """Modbus TCP to the address of *config*.

    :param post: called with InputRefused for late answers, in the name of the bus
    """

    def __init__(self, name: str, config: Bus, clock: Clock, post: Post | None) -> None:
        self.name = name
        self.stray = 0
        self._config = config
        self._clock = clock
        self._lock = waits.lock()
        self._port: TcpPort | None = None
        self._unread = b""
        self._transaction = 0
        self._tally = Tally(name, "answers that came too late", clock, post)

    def exchange(self, address: int, request: Request, answer_s: float | None = None) -> bytes:
        """Send *request* to the device at *address*; return the data of its answer.

        :param answer_s: how long to wait for its beginning, real seconds; None: the bus's answer_s
        :raises DeviceUnavailable: if the line fails or the device does not answer
        :raises Refused: if the device refuses the request
        :raises ProtocolError: if no sound answer to this request came, but other bytes
        """
        wait_s = self._config.answer_s if answer_s is None else answer_s
        with self._lock:
            try:
                pdu = self._turn(address, request, wait_s)
            except ProtocolError:
                self._close()
                raise
            except DeviceUnavailable:
                raise
            except OSError as error:
                self._close()
                host = self._config.address[0]
                raise DeviceUnavailable(
                    f"{self.name}: {error}", f"Is it powered and in this network? ping {host}."
                ) from error
        return answer_data(request, pdu)

    def close(self) -> None:
        """Close the connection; the next exchange makes a new one."""
        with self._lock:
            self._close()

    def _turn(self, address: int, request: Request, wait_s: float) -> bytes:
        port = self._port
        if port is None:
            port = self._port = TcpPort(self.name, self._config.address, self._config.answer_s)
        self._transaction = transaction = self._transaction % 0xFFFF + 1
        pdu = request.pdu
        port.write(_HEADER.pack(transaction, 0, 1 + len(pdu), address) + pdu)
        end = deadline(self._clock, wait_s)
        while True:
            while (frame := self._frame()) is not None:
                if frame[:2] == transaction.to_bytes(2) and frame[6] == address:
                    return frame[_HEADER.size :]
                self.stray += len(frame)
                self._tally.add()
            if self._clock.boot_ns() > end or not waits.readable(wait_s, port):
                raise DeviceUnavailable(
                    "does not answer",
                    "Check its power, its address (unit), and, behind a gateway, A and B and the "
                    "gateway's baud rate.",
                )
            self._unread += port.read(max(1, port.in_waiting))

    def _frame(self) -> bytes | None:
        """Return the next whole frame that has arrived, and remove it; None: there is none.

        :raises ProtocolError: if the bytes are no frames
        """
        unread = self._unread
        if len(unread) < _HEADER.size:
            return None
        _, protocol, length, _ = _HEADER.unpack_from(unread)
        if protocol != 0 or length not in _LENGTHS:
            self.stray += len(unread)
            raise ProtocolError("broken answer: no Modbus TCP")
        end = _HEADER.size - 1 + length
        if len(unread) < end:
            return None
        self._unread = unread[end:]
        return unread[:end]

    def _close(self) -> None:
        port, self._port, self._unread = self._port, None, b""
        if port is not None:
            port.close()
