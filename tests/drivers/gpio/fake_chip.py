"""A gpiochip in memory, with the rules of the kernel's GPIO v2 interface.

Rules of this module
--------------------
1. A line has one user; a second request is refused with EBUSY.
2. The settings of a request hold from the first moment; its level is that of the output, else of
   the wire outside, else of the pull.
3. An edge has a stamp and a number. Unread edges are held up to the size of the buffer; then the
   oldest is dropped, and the numbers show the gap.
4. A released line is an input, or stays driven where outputs persist.
"""

import errno
import os
import select
import threading
from collections import deque
from time import monotonic_ns
from typing import NamedTuple

import gpiod
from gpiod.line import Bias, Direction, Edge, Value

_DEFAULT_BUFFER = 16


class Put(NamedTuple):
    """One thing that the kernel did to a line."""

    pin: int
    what: str
    settings: gpiod.LineSettings


class Info(NamedTuple):
    """Description of a chip or of a line's user."""

    name: str = "gpiochip0"
    label: str = "pinctrl-fake"
    num_lines: int = 58
    consumer: str = ""


class FakeLine:
    """One line: its wire outside, and its user."""

    def __init__(self) -> None:
        self.wire: bool | None = None
        self.driven: bool | None = None
        self.bias = Bias.AS_IS
        self.user: FakeRequest | None = None
        self.consumer = ""

    @property
    def level(self) -> bool:
        """The level: of the output, of the wire, of the pull."""
        if self.driven is not None:
            return self.driven
        return self.bias is Bias.PULL_UP if self.wire is None else self.wire


class FakeChip:
    """A chip with 58 lines.

    :param persists: released outputs stay driven
    :ivar done: requests, reconfigurations, writes and releases, in order
    """

    def __init__(self, *, persists: bool = False, lines: int = 58) -> None:
        self.persists = persists
        self.lines = [FakeLine() for _ in range(lines)]
        self.done: list[Put] = []
        self.closed = False

    def get_info(self) -> Info:
        """Describe the chip."""
        return Info(num_lines=len(self.lines))

    def get_line_info(self, pin: int) -> Info:
        """Describe a line's user."""
        return Info(consumer=self.lines[pin].consumer)

    def request_lines(
        self,
        config: dict[int, gpiod.LineSettings],
        consumer: str,
        event_buffer_size: int | None = None,
    ) -> "FakeRequest":
        """Claim one line."""
        ((pin, settings),) = config.items()
        if self.lines[pin].user is not None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.done.append(Put(pin, "request", settings))
        request = FakeRequest(self, pin, event_buffer_size or _DEFAULT_BUFFER)
        self.lines[pin].user, self.lines[pin].consumer = request, consumer
        request.apply(settings)
        return request

    def close(self) -> None:
        """Close the chip; its requests live on."""
        self.closed = True

    def wire(self, pin: int, level: bool, at_ns: int | None = None) -> None:
        """Have the wire outside pull the line to *level* at the moment *at_ns* (default: now)."""
        line = self.lines[pin]
        before, line.wire = line.level, level
        if line.user is not None and line.level != before:
            line.user.edge(line.level, monotonic_ns() if at_ns is None else at_ns)


class FakeRequest:
    """One claimed line."""

    def __init__(self, chip: FakeChip, pin: int, size: int) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._chip = chip
        self._pin = pin
        self._line = chip.lines[pin]
        self._events: deque[gpiod.EdgeEvent] = deque(maxlen=size)
        self._number = 0
        self._edges = Edge.NONE
        self._lock = threading.Lock()

    def apply(self, settings: gpiod.LineSettings) -> None:
        """Take over *settings* at once."""
        self._line.bias, self._edges = settings.bias, settings.edge_detection
        output = settings.direction is Direction.OUTPUT
        self._line.driven = settings.output_value is Value.ACTIVE if output else None

    def edge(self, level: bool, at_ns: int) -> None:
        """Stamp and hold an edge, if edges are detected."""
        if self._edges is Edge.NONE:
            return
        with self._lock:
            self._number += 1
            kind = gpiod.EdgeEvent.Type.RISING_EDGE if level else gpiod.EdgeEvent.Type.FALLING_EDGE
            self._events.append(
                gpiod.EdgeEvent(kind.value, at_ns, self._pin, self._number, self._number)
            )
            os.eventfd_write(self.fd, 1)

    def wait_edge_events(self, timeout: float) -> bool:
        """Return True if an edge waits."""
        return bool(select.select([self.fd], [], [], timeout)[0])

    def read_edge_events(self, max_events: int) -> list[gpiod.EdgeEvent]:
        """Return the edges that wait."""
        with self._lock:
            os.eventfd_read(self.fd)
            events = [self._events.popleft() for _ in range(min(max_events, len(self._events)))]
            if self._events:
                os.eventfd_write(self.fd, 1)
            return events

    def reconfigure_lines(self, config: dict[int, gpiod.LineSettings]) -> None:
        """Change the settings of the line."""
        self._chip.done.append(Put(self._pin, "reconfigure", config[self._pin]))
        self.apply(config[self._pin])

    def get_value(self, pin: int) -> Value:
        """Read the line."""
        assert pin == self._pin
        return Value.ACTIVE if self._line.level else Value.INACTIVE

    def set_value(self, pin: int, value: Value) -> None:
        """Drive the line."""
        assert pin == self._pin
        assert self._line.driven is not None
        self._line.driven = value is Value.ACTIVE

    def release(self) -> None:
        """Release the line (rule 4)."""
        self._line.user, self._line.consumer = None, ""
        if not self._chip.persists:
            self._line.driven = None
        os.close(self.fd)
