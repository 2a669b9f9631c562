"""The simulated header seen from inside the daemon: a pin factory for gpiozero.

``GPIOZERO_PIN_FACTORY=gardu-sim`` selects it; the environment variable ``GARDU_PINS`` is the path
of the world's socket (:mod:`sim.world.pin_server` describes the protocol).

Rules, the same as on a Pi (rule 1: with lgpio)
-----------------------------------------------
1. One thread delivers all changes, in order. An exception in a callback ends that thread, and every
   input is silent from then on.
2. With a bounce time T a level counts once it has been stable for T of the clock, by the moments
   stamped on the edges (callbacks get them as ticks); shorter pulses vanish. Reading a pin returns
   its level as it is now.
3. The level found when a pin is claimed is no change.
4. A closed pin is released; when a process ends, all its pins are closed. The world decides, as the
   kernel does on a Pi, whether it is a floating input then, or stays driven.
5. An output is claimed with its level: there is no short pulse.
6. When the kernel's buffer of edges is full, an edge is lost: a reading shows the level, no
   callback comes. The next edge is to the level that the last callback had.

Unlike on a Pi: when the connection to the world is lost, inputs hold their last level and writes
are lost, which is logged once and counted.
"""

import logging
import os
import socket
import threading
from typing import Any

import msgspec
from gpiozero.exc import BadPinFactory, PinInvalidBounce
from gpiozero.pins.mock import MockFactory, MockPin

from edge import waits
from edge.clock import Clock
from sim.world.header import Pull
from sim.world.pin_server import Order, Report

log = logging.getLogger(__name__)

ENVIRONMENT = "GARDU_PINS"

# Raspberry Pi 4 Model B, 4 GB, revision 1.5.
_REVISION = "c03115"
# Real seconds within which the world must report the level of a newly claimed pin.
_REPLY_S = 10.0


class SimPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin; its electrical side is simulated in the world's process."""

    def __init__(self, factory: "SimFactory", info: Any) -> None:
        super().__init__(factory, info)
        self._level = bool(self._state)
        self._since = 0
        self._known = waits.event()

    def close(self) -> None:
        """Release the pin."""
        self.when_changed = None
        self._function = "input"
        self._pull = self.info.pull or "floating"
        self.factory.release(self._number)

    def output_with_state(self, state: Any) -> None:
        """Make the pin an output that has *state* from the first moment."""
        self._function = "output"
        self._state = bool(state)
        self.factory.say(Order(claim=self._number, use="output", level=int(self._state)))

    def arrived(self, level: bool, at: int) -> None:  # noqa: FBT001 - a level, as in drive(True)
        """Handle a report of the world: the pin has had *level* since *at* (boot ns)."""
        if self._known.is_set():
            self.settle(at)
            self._level, self._since = level, at
            if not self._bounce:
                self.settle(at)
        else:
            self._level = self._state = level
            self._known.set()

    def missed(self, level: bool, at: int) -> None:  # noqa: FBT001 - as in arrived()
        """Handle an edge that was lost (rule 6): a reading shows *level*, no callback comes."""
        self.settle(at)
        self._level = self._state = level
        self._since = at

    def due(self) -> int | None:
        """Return when the present level will count (boot ns); None if it counts already."""
        if self._level == self._state or self._function != "input":
            return None
        return self._since + int((self._bounce or 0) * 1e9)

    def settle(self, now: int) -> None:
        """Count the present level if it has been stable for the bounce time at *now* (boot ns)."""
        due = self.due()
        if due is None or due > now:
            return
        if self._level:
            self.drive_high()
        else:
            self.drive_low()

    def give_up(self) -> None:
        """Stop waiting for the level: the connection to the world is lost."""
        self._known.set()

    def _set_function(self, value: str) -> None:
        if value == "output":
            self.output_with_state(state=False)
        else:
            super()._set_function(value)

    def _set_pull(self, value: Pull) -> None:
        super()._set_pull(value)
        self._level = bool(self._state)
        self._known.clear()
        self.factory.listen(self._number, self, value)
        if not self.factory.on_reader_thread and not self._known.wait(_REPLY_S):
            log.error("the simulated world does not tell the level of %r", self)
            self._known.set()

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        super()._set_bounce(value)

    def _get_state(self) -> bool:
        return bool(self._level if self._function == "input" else self._state)

    def _change_state(self, value: bool) -> bool:  # noqa: FBT001 - gpiozero's signature
        # The mock would also store every state there ever was; a lamp may blink for weeks.
        changed = bool(self._state != value)
        self._state = value
        if changed:
            late = self._function == "input"
            self._last_change = self.factory.ticks_at(self._since if late else None)
        if self._function == "output" and changed:
            self.factory.say(Order(set=self._number, level=int(value)))
        return changed

    def _call_when_changed(self) -> None:
        # Another thread may remove the handler between the mock's check and its call.
        with self._when_changed_lock:
            reference = self._when_changed
        method = None if reference is None else reference()
        if method is not None:
            method(self._last_change, self._state)


class SimFactory(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """Pins of a Raspberry Pi 4B; their header is in the simulated world.

    :ivar lost_writes: how many orders could not be sent because the connection was lost
    :raises BadPinFactory: if ``GARDU_PINS`` is not set or no world listens there
    """

    def __init__(self) -> None:
        super().__init__(revision=_REVISION, pin_class=SimPin)
        self.lost_writes = 0
        self._clock = Clock.from_environment()
        self._encoder = msgspec.json.Encoder()
        self._inputs: dict[int, SimPin] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._socket = _connect()
        self._gone = False
        self._reader = waits.thread(self._read, "gardu-sim-pins")

    @property
    def on_reader_thread(self) -> bool:
        """True in a callback, which must not wait for input that only its own thread reads."""
        return threading.current_thread() is self._reader

    def close(self) -> None:
        """Close all pins and the socket."""
        if self._closing:
            return
        super().close()
        self._closing = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("the simulated world had gone before")
        if not self.on_reader_thread:
            self._reader.join()
        self._socket.close()

    def ticks(self) -> float:
        """Return the ticks of the present moment, real seconds."""
        return self.ticks_at(None)

    def ticks_at(self, at: int | None) -> float:
        """Return the ticks (real seconds) of moment *at* (boot ns); None: of the present moment.

        They are exact to each other, as the kernel's stamps are: a reader's bits stay in order.
        """
        return self._clock.real((self._clock.boot_ns() if at is None else at) / 1e9)

    def listen(self, number: int, pin: SimPin, pull: Pull) -> None:
        """Claim *pin* as an input with *pull*; the world then reports its level."""
        self._inputs[number] = pin
        self.say(Order(claim=number, use="input", pull=pull))
        if self._gone:
            pin.give_up()

    def release(self, number: int) -> None:
        """Release pin *number*."""
        self._inputs.pop(number, None)
        if not self._closing:
            self.say(Order(release=number))

    def say(self, order: Order) -> None:
        """Send *order* to the world; never raises."""
        with self._lock:
            if self._gone:
                self.lost_writes += 1
                return
            order.at = self._clock.boot_ns()
            try:
                self._socket.sendall(self._encoder.encode(order) + b"\n")
            except OSError:
                self.lost_writes += 1

    def _read(self) -> None:
        decoder = msgspec.json.Decoder(Report)
        unread = b""
        while data := self._receive():
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                report = decoder.decode(line)
                pin = self._inputs.get(report.pin)
                if pin is not None:
                    take = pin.arrived if report.edge else pin.missed
                    take(bool(report.level), report.at)
        self._lose()

    def _receive(self) -> bytes:
        """Return the next bytes from the world (empty: it has gone); meanwhile count due levels."""
        while True:
            if waits.readable(self._settle(), self._socket):
                try:
                    return self._socket.recv(65536)
                except OSError:
                    return b""

    def _settle(self) -> float | None:
        """Count due levels; return the real seconds until the next one, None if there is none."""
        now = self._clock.boot_ns()
        waiting = [pin for pin in tuple(self._inputs.values()) if pin.due() is not None]
        for pin in waiting:
            pin.settle(now)
        due = [moment for pin in waiting if (moment := pin.due()) is not None]
        return max(0.0, self._clock.real((min(due) - now) / 1e9)) if due else None

    def _lose(self) -> None:
        self._gone = True
        if not self._closing:
            log.warning("the simulated world has gone: inputs keep their level, writes are lost")
        for pin in tuple(self._inputs.values()):
            pin.give_up()


def _connect() -> socket.socket:
    path = os.environ.get(ENVIRONMENT)
    if not path:
        raise BadPinFactory(f"{ENVIRONMENT} is not set; start the daemon with: gardu sim")
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise BadPinFactory(f"nobody listens at {ENVIRONMENT}={path}: {error}") from error
    return connection
