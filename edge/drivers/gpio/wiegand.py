"""A card reader with a Wiegand output on two pins.

Rules of this driver
--------------------
1. The pins' callbacks only hand over the moment of each pulse, as the pin library has stamped it: a
   callback that is late or raises must not cost other pins their edges (rule 3 of
   :mod:`edge.drivers.gpio.contacts`). A thread of the reader does the rest.
2. Pulses become frames by the pure :mod:`edge.drivers.gpio.wiegand_frames`, in the order of their
   stamps. A frame of another length or with a wrong parity is posted as InputRefused and never as
   a card.
3. Cards are accepted by the rules of :mod:`edge.drivers.card_reader`. The reader sends a card once,
   so silence after it accepts it.
4. No bounce time: a pulse is shorter than any. No level is polled for a pulse that was missed, as
   the pulse is over; the parity detects it.
5. A line that stays low is a fault: the reader has no power, or the line is short-circuited. (A
   line that is cut stays high: it cannot be distinguished from an unused one.)
"""

import logging
import threading
from typing import Any

from gpiozero import Factory, InputDevice

from edge.clock import Clock
from edge.config.sections.card_readers import Wiegand
from edge.config.sections.pins import DataLine
from edge.drivers.card_reader import Presence, TwoCards
from edge.drivers.gpio.pins import claiming
from edge.drivers.gpio.wiegand_frames import END_S, Pulse, cards_in
from edge.errors import DeviceFault, ProtocolError
from edge.sop.events import CardPresented, InputRefused, Post, TwoCardsPresented

# GPIO 2 and 3 have 1.8 kOhm pull-ups on the board, which no setting can switch off.
_FIXED_PULL_UPS = (2, 3)
# Silences that end a presentation: after the first, frames of two cards are known to be two.
_GAPS = 2
# Real seconds; a simulated clock cannot make a thread wake more often.
_LEAST_GAP_S = 0.06
# More pulses without a silence are noise: several times the longest frame.
_MOST_PULSES = 256
# A pulse is much shorter, real seconds.
_STUCK_S = 0.002

_log = logging.getLogger(__name__)


class _Line:
    """One data line: its pin, and the callback of its pulses."""

    def __init__(
        self, bit: int, config: DataLine, factory: Factory, reader: "WiegandReader"
    ) -> None:
        self.bit = bit
        self.number = config.pin
        self._reader = reader
        pull_up = True if config.pull == "up" or config.pin in _FIXED_PULL_UPS else None
        # gpiozero requires active_state exactly where there is no pull, and refuses it elsewhere.
        active_state = False if pull_up is None else None
        self.device: Any = InputDevice(
            config.pin, pull_up=pull_up, active_state=active_state, pin_factory=factory
        )
        self.device.pin.edges = "falling"
        self.device.pin.when_changed = self._changed

    @property
    def low(self) -> bool:
        return not self.device.pin.state

    def close(self) -> None:
        self.device.pin.when_changed = None
        self.device.close()

    def _changed(self, ticks: float, _state: float) -> None:
        try:
            self._reader.pulse(self.bit, ticks)
        except Exception:  # noqa: BLE001  # rule 1
            _log.exception("a pulse of pin %d could not be handed over", self.number)


class WiegandReader:
    """The reader of *config*. Posts CardPresented, TwoCardsPresented and InputRefused."""

    def __init__(
        self, name: str, config: Wiegand, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._config = config
        self._factory = factory
        self._clock = clock
        self._post = post
        gap_s = max(config.removed_after_s / _GAPS, END_S)
        self._gap_s = max(clock.real(gap_s), _LEAST_GAP_S)
        self._lines: list[_Line] = []
        self._pulses: list[tuple[int, float]] = []
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Claim both pins and follow their pulses.

        :raises DeviceUnavailable: if a pin cannot be claimed
        """
        self.close()
        self._closing.clear()
        self._pulses = []
        try:
            with claiming(self.name):
                for bit, line in enumerate((self._config.d0, self._config.d1)):
                    self._lines.append(_Line(bit, line, self._factory, self))
        except BaseException:
            self._release()
            raise
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Release the pins and end the thread. May be called twice."""
        self._release()
        self._closing.set()
        self._news.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self._news.clear()

    def reconcile(self) -> None:
        """Raise a fault if a line stays low.

        :raises DeviceFault: if it does
        """
        low = [line for line in self._lines if line.low]
        if low:
            self._closing.wait(_STUCK_S)
        stuck = [f"D{line.bit} (GPIO {line.number})" for line in low if line.low]
        if stuck:
            raise DeviceFault(
                f"{self.name}: {' and '.join(stuck)} stays low",
                "Check the reader's supply and its ground to the Pi, then measure the line: it "
                "must have 3.3 V at rest.",
            )

    def pulse(self, bit: int, ticks: float) -> None:
        """Hand over a pulse; called by the pin library's thread."""
        with self._lock:
            if len(self._pulses) < _MOST_PULSES:
                self._pulses.append((bit, ticks))
        self._news.set()

    def _release(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            line.close()

    def _run(self) -> None:
        presence, silent = Presence(), _GAPS
        while not self._closing.is_set():
            # Without a presentation there is no silence to wait for.
            more = self._news.wait(self._gap_s if silent < _GAPS else None)
            self._news.clear()
            silent = 0 if more else silent + 1
            try:
                self._process(presence, silent)
            except Exception:  # noqa: BLE001  # a dead reader that seems to work is the worst failure
                _log.exception("%s: unexpected error", self.name)

    def _process(self, presence: Presence, silent: int) -> None:
        """Report the cards of the frames that *silent* gaps have ended."""
        noise = len(self._pulses) == _MOST_PULSES
        if silent or noise:
            for found in self._taken():
                self._report(presence.seen(found) if isinstance(found, str) else found)
        if silent == _GAPS or noise:
            self._report(presence.gone())

    def _taken(self) -> list[str | ProtocolError]:
        """Remove the pulses so far; return their cards and errors."""
        with self._lock:
            taken, self._pulses = self._pulses, []
        if not taken:
            return []
        first, second = taken[0][1], self._clock.real(1.0)
        pulses = [
            Pulse(float(self._factory.ticks_diff(ticks, first)) / second, bit)
            for bit, ticks in taken
        ]
        return [
            self._config.first_byte + found if isinstance(found, str) else found
            for found in cards_in(pulses, self._config.bits)
        ]

    def _report(self, found: str | TwoCards | ProtocolError | None) -> None:
        match found:
            case ProtocolError():
                self._post(lambda at: InputRefused(at, self.name, str(found)))
            case TwoCards():
                self._post(lambda at: TwoCardsPresented(at, self.id))
            case str():
                self._post(lambda at: CardPresented(at, self.id, found))
