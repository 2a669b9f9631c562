"""A time server (NTP) for the guest; it has this machine's time, or a later one."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from virtual_pi.errors import LeftOut

_PORT = 123
_EPOCH = 2208988800  # seconds from 1900, NTP's epoch, to 1970
_REQUEST = 48


class TimeServer:
    """The time that is served.

    :ivar ahead: seconds that it is ahead of this machine's time
    """

    def __init__(self) -> None:
        self.ahead = 0.0

    def reply(self, request: bytes, now: float) -> bytes:
        """Return the answer to a client's request; *now* is this machine's time."""
        stamp = _stamp(now + self.ahead)
        head = struct.pack("!BBbb", 0x24, 2, 6, -20) + struct.pack("!II4s", 0x10, 0x20, b"TEST")
        return head + stamp + request[40:48] + stamp + stamp


def _stamp(seconds: float) -> bytes:
    since_1900 = seconds + _EPOCH
    return struct.pack("!II", int(since_1900) & 0xFFFFFFFF, int(since_1900 % 1 * 2**32))


@contextmanager
def time_server() -> Iterator[TimeServer]:
    """Serve time at port 123 of the loopback, which the guest reaches as 10.0.2.2.

    :raises LeftOut: if the port is in use
    """
    served = TimeServer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind(("127.0.0.1", _PORT))
        except OSError as error:
            raise LeftOut(f"no time server is possible on this machine: {error}") from error
        server.settimeout(0.5)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    request, client = server.recvfrom(512)
                except TimeoutError:
                    continue
                if len(request) >= _REQUEST:
                    server.sendto(served.reply(request, time.time()), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            ended.set()
            thread.join()
