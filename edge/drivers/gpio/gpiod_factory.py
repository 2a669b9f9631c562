"""gpiozero's pins on the kernel's GPIO v2 interface, through the package ``gpiod``.

Rules of this module
--------------------
1. A pin is claimed when it is used, not when it is made: an output with its level, an input with
   its pull and its edge detection, each in one request to the kernel. Later changes reconfigure
   the line without releasing it. So no level is put out that was not asked for.
2. Edges have the kernel's stamps, taken in the interrupt, in seconds of CLOCK_MONOTONIC: the ticks
   of gpiozero's local factories. Bounces are removed by these stamps (``debounce.py``).
3. Reading a pin returns its level as it is now.
4. The kernel holds a limited number of unread edges and drops the oldest. A gap in their numbers
   is logged, and the level is read again.
5. One thread waits for all lines (``edge_thread.py``). An exception in a callback is logged there
   and changes nothing else.
6. Closing a pin releases its line. The kernel decides whether an output then stays driven
   (``header.py``, rule 2).

No PWM, and no SPI of its own: Gardu uses neither.
"""

import logging
import threading
from typing import Any

import gpiod
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinSetInput,
)
from gpiozero.pins.local import LocalPiFactory, LocalPiPin

from edge.drivers.gpio.debounce import Counted, Debounce
from edge.drivers.gpio.edge_thread import EdgeThread
from edge.drivers.gpio.gpiod_chip import output_settings, request_line

# Unread edges that the kernel holds for each line. A contact that chatters for hours makes up to 20
# a second: enough for the longest stall of the process that does not end it.
_BUFFERED = 256

_BIAS = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "floating": Bias.DISABLED}
_EDGES = {"both": (True, False), "rising": (True,), "falling": (False,)}

_log = logging.getLogger(__name__)


class GpiodPin(LocalPiPin):  # type: ignore[misc]  # gpiozero has no types
    """One pin of a :class:`GpiodFactory`."""

    def __init__(self, factory: "GpiodFactory", info: Any) -> None:
        super().__init__(factory, info)
        self._when_changed: Any = None  # gpiozero's weak reference to the handler
        self._line_lock = threading.RLock()  # of all below, and of calls into the request
        self._line: gpiod.LineRequest | None = None
        self._debounce: Debounce | None = None
        self._sequence = 0
        self._forget()

    def close(self) -> None:
        """Release the line."""
        with self._line_lock:
            self._when_changed = None
            self._unfollow()
            line, self._line = self._line, None
            if line is not None:
                line.release()
            self._forget()

    def output_with_state(self, state: Any) -> None:
        """Make the pin an output that has *state* from the first moment."""
        self.when_changed = None
        with self._line_lock:
            self._function = "output"
            self._configure(output_settings(high=bool(state)))

    def input_with_pull(self, pull: str) -> None:
        """Make the pin an input with *pull*."""
        self._set_function("input")
        self._set_pull(pull)

    @property
    def due(self) -> float | None:
        """The moment when the present level will count, or None."""
        debounce = self._debounce
        return None if debounce is None else debounce.due

    def read_edges(self) -> None:
        """Read the edges that wait and hand those over that count. Called on the edge thread."""
        with self._line_lock:
            # Another thread may have reconfigured the line since its edges were announced.
            if self._debounce is None or not self._claimed().wait_edge_events(0):
                return
            counted = self._count(self._debounce, self._claimed().read_edge_events(_BUFFERED))
        self._hand_over(counted)

    def settle(self, now: float) -> None:
        """Hand the present level over if it counts by *now*. Called on the edge thread."""
        with self._line_lock:
            counted = [] if self._debounce is None else self._debounce.settle(now)
        self._hand_over(counted)

    def _forget(self) -> None:
        """Have the settings of a pin that is not claimed."""
        self._function = "input"
        self._pull = self.info.pull or "floating"
        self._edges = "both"
        self._bounce: float | None = None

    def _configure(self, settings: gpiod.LineSettings) -> None:
        """Claim the line with *settings*, or change those of the claimed line."""
        if self._line is None:
            self._line = self.factory.request(self._number, settings)
            self._sequence = 0
        else:
            self._line.reconfigure_lines({self._number: settings})

    def _configure_input(self, edges: Edge = Edge.NONE) -> None:
        self._configure(
            gpiod.LineSettings(
                direction=Direction.INPUT, bias=_BIAS[self._pull], edge_detection=edges
            )
        )

    def _claimed(self) -> gpiod.LineRequest:
        if self._line is None:
            self._configure_input()
        assert self._line is not None
        return self._line

    def _count(self, debounce: Debounce, events: list[gpiod.EdgeEvent]) -> list[Counted]:
        counted: list[Counted] = []
        lost = 0
        for event in events:
            missing = max(0, event.line_seqno - self._sequence - 1)
            self._sequence, lost = event.line_seqno, lost + missing
            level = event.event_type is gpiod.EdgeEvent.Type.RISING_EDGE
            counted += debounce.edge(level, event.timestamp_ns / 1e9, lost=missing > 0)
        if lost:
            _log.warning("%r: %d edges were lost; its level is read again", self, lost)
            if self._get_state() != debounce.level:
                counted += debounce.edge(not debounce.level, self.factory.ticks(), lost=True)
        return counted

    def _hand_over(self, counted: list[Counted]) -> None:
        for at, level in counted:
            if level not in _EDGES[self._edges]:
                continue
            try:
                self._call_when_changed(at, level)
            except Exception:  # noqa: BLE001  # rule 5
                _log.exception("the change of %r could not be reported", self)

    def _call_when_changed(self, ticks: float | None = None, state: Any = None) -> None:
        # Another thread may remove the handler meanwhile.
        with self._when_changed_lock:
            reference = self._when_changed
        method = None if reference is None else reference()
        if method is not None:
            method(ticks, state)

    def _enable_event_detect(self) -> None:
        with self._line_lock:
            self._configure_input(Edge.BOTH)
            self._debounce = Debounce(self._get_state(), self._bounce or 0.0)
            self.factory.edge_thread.add(self._claimed().fd, self)

    def _disable_event_detect(self) -> None:
        with self._line_lock:
            self._unfollow()
            self._configure_input()

    def _unfollow(self) -> None:
        if self._debounce is not None:
            self._debounce = None
            self.factory.edge_thread.remove(self._claimed().fd)

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value == "output":
            self.output_with_state(state=False)
        elif value == "input":
            self.when_changed = None
            with self._line_lock:
                self._forget()
                if self._line is not None:
                    self._configure_input()
        else:
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')

    def _get_state(self) -> bool:
        with self._line_lock:
            return self._claimed().get_value(self._number) is Value.ACTIVE

    def _set_state(self, value: Any) -> None:
        with self._line_lock:
            if self._function != "output":
                raise PinSetInput(f"cannot set state of pin {self!r}")
            self._claimed().set_value(self._number, Value.ACTIVE if value else Value.INACTIVE)

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if value not in _BIAS:
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        if self.info.pull not in (value, ""):
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        with self._line_lock:
            self._pull = value
            if self._line is not None:
                self._configure_input(Edge.NONE if self._debounce is None else Edge.BOTH)

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        with self._line_lock:
            self._bounce = value
            if self._debounce is not None:
                self._debounce.bounce_s = value or 0.0

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in _EDGES:
            raise PinInvalidEdges(f'invalid edge specification "{value}" for pin {self!r}')
        self._edges = value


class GpiodFactory(LocalPiFactory):  # type: ignore[misc]  # gpiozero has no types
    """The pins of one gpiochip, which it closes in the end.

    :ivar edge_thread: follows the pins' edges
    """

    def __init__(self, chip: gpiod.Chip) -> None:
        super().__init__()
        self.pin_class = GpiodPin
        self.edge_thread = EdgeThread()
        self._chip = chip
        self._chip_lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Release all lines and end the thread. May be called twice."""
        if self._closed:
            return
        self._closed = True
        super().close()
        self.edge_thread.close()
        self._chip.close()

    def request(self, number: int, settings: gpiod.LineSettings) -> gpiod.LineRequest:
        """Claim the line of BCM *number*."""
        with self._chip_lock:
            return request_line(self._chip, number, settings, _BUFFERED)
