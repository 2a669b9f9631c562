"""Modbus TCP with a scripted server: late answers, pieces, other protocols, lost connections."""

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from edge import waits
from edge.clock import Clock
from edge.config.sections.buses import Bus
from edge.drivers.modbus.requests import Refused, read_bits
from edge.drivers.modbus.tcp import TcpLine
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.events import InputRefused
from tests.drivers.conftest import Posted, told
from tests.own_time import Own

ASKED = read_bits(2, 0, 8)
ANSWER_S = 0.3

Reply = Callable[[int, bytes], list[bytes]]
"""Returns the pieces that are sent for a request of a transaction and its bytes."""


def frame(
    transaction: int, pdu: bytes = b"\x02\x01\xa5", unit: int = 7, protocol: int = 0
) -> bytes:
    """Return a frame of Modbus TCP."""
    return struct.pack(">HHHB", transaction & 0xFFFF, protocol, 1 + len(pdu), unit) + pdu


class Server:
    """Answers each request as *reply* says; an empty list closes the connection.

    :ivar connections: how many have been accepted
    """

    def __init__(self) -> None:
        self.reply: Reply = lambda transaction, _request: [frame(transaction)]
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = waits.thread(self._serve, "server")

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                waits.readable(None, self._listener)
                connection, _ = self._listener.accept()
            except (OSError, ValueError):  # closed, before or during the wait
                return
            # Each piece at once: the kernel would hold the second back for its own, real time.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                while waits.readable(None, connection) and (request := connection.recv(12)):
                    pieces = self.reply(int.from_bytes(request[:2]), request)
                    if not pieces:
                        break
                    for piece in pieces:
                        connection.sendall(piece)


@pytest.fixture
def server(own_time: Own) -> Iterator[Server]:
    """Yield a server."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def line(server: Server, clock: Clock, posted: Posted) -> Iterator[TcpLine]:
    """Yield a line to it."""
    bus = Bus(host=f"127.0.0.1:{server.port}", answer_s=ANSWER_S)
    made = TcpLine("bus/far", bus, clock, posted)
    yield made
    made.close()


def test_a_request_has_the_header_of_the_standard(server: Server, line: TcpLine) -> None:
    """Transaction, protocol 0, length, unit, then the request; the answer's data is returned."""
    seen: list[bytes] = []

    def reply(transaction: int, request: bytes) -> list[bytes]:
        seen.append(request)
        return [frame(transaction)]

    server.reply = reply
    assert [line.exchange(7, ASKED) for _ in range(2)] == [b"\x01\xa5"] * 2
    assert seen == [frame(n, ASKED.pdu) for n in (1, 2)]
    assert server.connections == 1


def test_a_late_answer_is_dropped_and_counted(
    server: Server, line: TcpLine, posted: Posted
) -> None:
    """The answer to the request before, with another level, is not taken for this one's."""
    server.reply = lambda transaction, _request: (
        [frame(transaction - 1, b"\x02\x01\x00"), frame(transaction)]
    )
    for _ in range(3):
        assert line.exchange(7, ASKED) == b"\x01\xa5"
    assert line.stray == 30
    assert told(posted.take()) == [(InputRefused, "bus/far", "answers that came too late")]


def test_an_answer_after_the_time_out_does_not_shift_the_next(
    server: Server, line: TcpLine
) -> None:
    """After a request without an answer the next one gets its own answer."""
    late: list[bytes] = []

    def reply(transaction: int, _request: bytes) -> list[bytes]:
        if not late:
            late.append(frame(transaction, b"\x02\x01\x00"))
            return [b""]
        return [late[0][:5], late[0][5:] + frame(transaction)]

    server.reply = reply
    with pytest.raises(DeviceUnavailable, match="does not answer"):
        line.exchange(7, ASKED)
    assert line.exchange(7, ASKED) == b"\x01\xa5"


def test_an_answer_in_pieces_is_one(server: Server, line: TcpLine) -> None:
    """TCP may deliver one byte at a time."""
    server.reply = lambda transaction, _request: [bytes([byte]) for byte in frame(transaction)]
    assert line.exchange(7, ASKED) == b"\x01\xa5"


def test_another_unit_and_another_function_do_not_count(server: Server, line: TcpLine) -> None:
    """An answer of another unit is passed over; one to another function is broken."""
    server.reply = lambda transaction, _request: [frame(transaction, unit=8), frame(transaction)]
    assert line.exchange(7, ASKED) == b"\x01\xa5"
    server.reply = lambda transaction, _request: [frame(transaction, b"\x01\x01\xa5")]
    with pytest.raises(ProtocolError):
        line.exchange(7, ASKED)


def test_another_protocol_is_broken_and_begins_anew(server: Server, line: TcpLine) -> None:
    """Bytes that are no frames end the connection; the next request makes a new one."""
    server.reply = lambda _transaction, _request: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    with pytest.raises(ProtocolError, match="no Modbus TCP"):
        line.exchange(7, ASKED)
    server.reply = lambda transaction, _request: [frame(transaction)]
    assert line.exchange(7, ASKED) == b"\x01\xa5"
    assert server.connections == 2


def test_a_closed_connection_is_made_again(server: Server, line: TcpLine) -> None:
    """A gateway that hangs up costs one request."""
    server.reply = lambda _transaction, _request: []
    with pytest.raises(DeviceUnavailable, match="bus/far"):
        line.exchange(7, ASKED)
    server.reply = lambda transaction, _request: [frame(transaction)]
    assert line.exchange(7, ASKED) == b"\x01\xa5"


def test_an_exception_is_passed_on(server: Server, line: TcpLine) -> None:
    """A gateway reports that the device behind it is silent, in its own exception."""
    server.reply = lambda transaction, _request: [frame(transaction, b"\x82\x0b")]
    with pytest.raises(Refused, match="does not answer"):
        line.exchange(7, ASKED)


def test_no_server_is_unavailable_with_a_remedy(clock: Clock) -> None:
    """A refused connection names host and port, and what to try."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = TcpLine("bus/far", Bus(host=f"127.0.0.1:{port}"), clock, None)
    with pytest.raises(DeviceUnavailable, match=f"127.0.0.1:{port} cannot be reached") as error:
        line.exchange(7, ASKED)
    assert "ping" in error.value.remedy
