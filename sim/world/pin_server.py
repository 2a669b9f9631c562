"""The world's end of the pin socket: a daemon claims pins of the header here.

The protocol is one JSON object a line on a Unix stream socket.

- daemon: ``{"claim": 17, "as": "input", "pull": "up"}``, ``{"claim": 5, "as": "output", "level":
  1}``, ``{"set": 5, "level": 0}``, ``{"release": 5}``
- world: ``{"pin": 17, "level": 1}`` once in reply to every claim as input, then on every change

With ``"edge": false`` the edge was lost: only a reading of the pin shows the level.

A line from the world has ``"at"``, and one from the daemon may have it: the moment of the change in
boot nanoseconds of their common clock. So a late reader still sees how long a level lasted, as with
the kernel's stamps on a Pi.

When a socket closes, its pins are released, as when a process ends on a Pi: they become floating
inputs, or outputs stay driven where the kernel lets them persist (Raspberry Pi OS without
``dtparam=strict_gpiod``).
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, cast

import msgspec

from edge.clock import Clock
from edge.errors import ProtocolError
from sim.world.header import HeaderPin, Pull
from sim.world.notice import Notice

log = logging.getLogger(__name__)

Level = Annotated[int, msgspec.Meta(ge=0, le=1)]


class Order(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A line from the daemon: exactly one of ``claim``, ``set`` and ``release`` names a pin."""

    claim: int | None = None
    use: Literal["input", "output"] | None = msgspec.field(name="as", default=None)
    pull: Pull = "floating"
    set: int | None = None
    release: int | None = None
    level: Level | None = None
    at: int | None = None


class Report(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A line from the world: *pin* has had *level* since *at* (boot ns); *edge*: an edge shows."""

    pin: int
    level: Level
    at: int
    edge: bool = True


class PinServer:
    """Lets daemons claim the pins of one header; the last claim of a pin wins.

    :param outputs_persist: released outputs stay driven
    :ivar claimed: the numbers of the pins that are claimed now
    :ivar changed: notified when ``claimed`` has changed
    :ivar lamps: the numbers of the pins that only drive lamps: no input depends on them
    :ivar on_send: called when a daemon can read something new
    :ivar on_poll: called when what has come has changed nothing that an input could show
    """

    def __init__(
        self,
        header: Mapping[int | str, HeaderPin],
        path: Path,
        clock: Clock,
        *,
        outputs_persist: bool = False,
    ) -> None:
        self.header = header
        self.outputs_persist = outputs_persist
        self.clock = clock
        self.owners: dict[int, _Connection] = {}
        self.connections: set[_Connection] = set()
        self.changed = Notice()
        self.lamps: frozenset[int] = frozenset()
        self.on_send: Callable[[], None] = lambda: None
        self.on_poll: Callable[[], None] = lambda: None
        self._path = path
        self._listener: socket.socket | None = None
        self._accepting: set[asyncio.Task[object]] = set()
        for pin in header.values():
            pin.watchers.append(partial(self._tell, pin))

    @property
    def claimed(self) -> frozenset[int]:
        """The numbers of the pins that a daemon holds."""
        return frozenset(self.owners)

    async def start(self) -> None:
        """Listen on the socket.

        :raises OSError: if it cannot be made (its path may have at most 107 bytes)
        """
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.setblocking(False)
        self._listener.bind(os.fspath(self._path))
        self._listener.listen()
        asyncio.get_running_loop().add_reader(self._listener, self._accept, self._listener)

    async def close(self) -> None:
        """Close the connection of every daemon and stop listening."""
        if self._listener is None:
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None
        await asyncio.gather(*self._accepting)
        for connection in self.connections:
            connection.hang_up()
        await self.changed.until(lambda: not self.connections, 1.0)
        self._path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        """Accept a connection; asyncio's own server, closed meanwhile, would lose it."""
        loop = asyncio.get_running_loop()
        daemon, _ = listener.accept()
        making = loop.create_task(loop.connect_accepted_socket(lambda: _Connection(self), daemon))
        self._accepting.add(making)
        making.add_done_callback(self._accepting.discard)

    def _tell(self, pin: HeaderPin, level: int, at: int) -> None:
        owner = self.owners.get(pin.number)
        if owner is not None and pin.driven is None:
            owner.report(pin.number, level, at, edge=pin.told)


class _Connection(asyncio.Protocol):
    """One daemon's socket."""

    def __init__(self, server: PinServer) -> None:
        self._server = server
        self._unread = b""
        self._unsent: list[bytes] = []
        self._decoder = msgspec.json.Decoder(Order)
        self._encoder = msgspec.json.Encoder()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        now = self._server.clock.boot_ns()
        for number in [n for n, owner in self._server.owners.items() if owner is self]:
            self._release(number, now)
        self._server.connections.discard(self)
        self._server.changed.tell()

    def data_received(self, data: bytes) -> None:
        *lines, self._unread = (self._unread + data).split(b"\n")
        try:
            shows = True
            for line in lines:
                order = self._decoder.decode(line)
                self._obey(order)
                shows = shows and order.set in self._server.lamps
            if shows:
                self._server.on_poll()
        except (msgspec.MsgspecError, ProtocolError) as error:
            log.warning("a line on the pin socket is wrong, hanging up: %s", error)
            self._transport.close()

    def hang_up(self) -> None:
        """Close the socket."""
        self._transport.close()
        self._server.on_send()

    def report(self, pin: int, level: int, at: int, *, edge: bool = True) -> None:
        """Report to the daemon that *pin* has had *level* since *at* (boot ns).

        Changes of one moment are written at once: half a burst of bounces, read before the other
        half, would count as a stable level.
        """
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(self._encoder.encode(Report(pin, level, at, edge)) + b"\n")

    def _flush(self) -> None:
        self._transport.write(b"".join(self._unsent))
        self._server.on_send()
        self._unsent.clear()

    def _obey(self, order: Order) -> None:
        at = self._server.clock.boot_ns() if order.at is None else order.at
        match order:
            case Order(claim=int(number), use="input"):
                pin = self._pin(number)
                self._server.owners.pop(number, None)  # the reply is one line in any case
                pin.listen(order.pull, at)
                self._own(number)
                self.report(number, pin.level, at)
            case Order(claim=int(number), use="output", level=int(level)):
                self._pin(number).drive(level, at)
                self._own(number)
            case Order(set=int(number), level=int(level)) if self._owns(number):
                self._server.header[number].drive(level, at)
            case Order(release=int(number)):
                self._release(number, at)
            case _:
                raise ProtocolError(f"not an order for a pin that is claimed: {order}")

    def _pin(self, number: int) -> HeaderPin:
        pin = self._server.header.get(number)
        if pin is None:
            raise ProtocolError(f"there is no GPIO {number} on the header")
        return pin

    def _own(self, number: int) -> None:
        self._server.owners[number] = self
        self._server.changed.tell()

    def _owns(self, number: int) -> bool:
        return self._server.owners.get(number) is self

    def _release(self, number: int, at: int) -> None:
        if self._owns(number):
            del self._server.owners[number]
            persists = self._server.outputs_persist
            self._server.header[number].release(at, persists=persists)
            self._server.changed.tell()
