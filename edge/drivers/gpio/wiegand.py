"""A card reader with a Wiegand output on two pins.

Rules of this driver
--------------------
1. The pins' callbacks only hand over the moment of each pulse, as the pin library has stamped it
   (rule 3 of :mod:`edge.drivers.channels`). A thread of the reader does the rest.
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
from collections.abc import Callable

from edge import waits
from edge.clock import Clock
from edge.config.sections.card_readers import Wiegand
from edge.config.sections.pins import DataLine
from edge.drivers.card_reader import Presence, TwoCards
from edge.drivers.channels import Channels
from edge.drivers.gpio.wiegand_frames import END_S, Pulse, cards_in
from edge.errors import DeviceFault, DeviceUnavailable, ProtocolError
from edge.sop.events import CardPresented, InputRefused, Post, TwoCardsPresented

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
    """One data line: its input, and the edges that begin its pulses."""

    def __init__(
        self, bit: int, config: DataLine, channels: Channels, on_pulse: Callable[[int, float], None]
    ) -> None:
        self.bit = bit
        self.place = config.place
        self._on_pulse = on_pulse
        self._channel = channels.claim_input(config.contact, self._changed)

    @property
    def low(self) -> bool:
        """True if it is low now."""
        return not self._channel.level()

    def close(self) -> None:
        """Release the input."""
        self._channel.close()

    def _changed(self, moment: float, level: bool | None) -> None:  # noqa: FBT001  # as in OnEdge
        if level is False:
            self._on_pulse(self.bit, moment)


class WiegandReader:
    """The reader of *config*. Posts CardPresented, TwoCardsPresented and InputRefused."""

    def __init__(
        self, name: str, config: Wiegand, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._config = config
        self._channels = channels
        self._clock = clock
        self._post = post
        gap_s = max(config.removed_after_s / _GAPS, END_S)
        self._gap_s = max(clock.real(gap_s), _LEAST_GAP_S)
        self._lines: list[_Line] = []
        self._pulses: list[Pulse] = []
        self._lock = threading.Lock()
        self._news = waits.event()
        self._closing = waits.event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Claim both pins and follow their pulses.

        :raises DeviceUnavailable: if a pin cannot be claimed
        """
        self.close()
        self._closing.clear()
        self._pulses = []
        try:
            for bit, line in enumerate((self._config.d0, self._config.d1)):
                self._lines.append(_Line(bit, line, self._channels, self._pulse))
        except DeviceUnavailable as error:
            self._release()
            raise DeviceUnavailable(f"{self.name}: {error}", error.remedy) from error
        self._thread = waits.thread(self._run, self.name)

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
        stuck = [f"D{line.bit} ({line.place})" for line in low if line.low]
        if stuck:
            raise DeviceFault(
                f"{self.name}: {' and '.join(stuck)} stays low",
                "Check the reader's supply and its ground to the Pi, then measure the line: it "
                "must have 3.3 V at rest.",
            )

    def _pulse(self, bit: int, moment: float) -> None:
        """Hand over a pulse; called by the pin library's thread."""
        with self._lock:
            if len(self._pulses) < _MOST_PULSES:
                self._pulses.append(Pulse(moment, bit))
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
        return [
            self._config.first_byte + found if isinstance(found, str) else found
            for found in cards_in(taken, self._config.bits)
        ]

    def _report(self, found: str | TwoCards | ProtocolError | None) -> None:
        match found:
            case ProtocolError():
                self._post(lambda at: InputRefused(at, self.name, str(found)))
            case TwoCards():
                self._post(lambda at: TwoCardsPresented(at, self.id))
            case str():
                self._post(lambda at: CardPresented(at, self.id, found))
