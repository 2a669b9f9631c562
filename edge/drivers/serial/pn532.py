"""A PN532 card reader (13.56 MHz, ISO 14443-A) on a serial port, over its high-speed UART.

Rules of this driver
--------------------
1. Only card numbers (UIDs) are requested: no card's data channel is opened, no file is read. A
   card number is no identity: a card with any number can be made.
2. The chip is polled every ``poll_s``. It answers each command with an ACK and then the answer; a
   command is tried three times, then the device has failed.
3. Every broken or unexpected frame is posted as InputRefused and never as a card.
4. A card is gone once it has been missing from the answers for ``removed_after_s``, counted from
   the first answer without it: a thread that was held up never mistakes a card that stayed for a
   new presentation.
5. Cards are accepted by the rules of :mod:`edge.drivers.card_reader`.
"""

from edge.clock import Clock
from edge.config.sections.card_readers import Pn532
from edge.drivers.card_reader import PortCardReader, Presence
from edge.drivers.port_reader import SerialPort
from edge.drivers.serial import pn532_frames as frames
from edge.drivers.serial.ports import serial_port
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.events import Post

BAUD_RATE = 115200
# Real seconds. The ACK comes within 15 ms, an answer to LIST_CARDS within 100 ms.
ANSWER_S = 0.4
TRIES = 3
# A simulated clock cannot make a thread wake more often; real seconds.
_LEAST_POLL_S = 0.005
# Bytes: the longest frame and as much noise again.
_MOST_BYTES = 520
_UNHEARD = "answer without being heard"


class Pn532Reader(PortCardReader[SerialPort]):
    """One reader on the port of *config*."""

    def __init__(self, name: str, config: Pn532, clock: Clock, post: Post) -> None:
        super().__init__(name, serial_port(name, config.port, BAUD_RATE, ANSWER_S), post)
        self._clock = clock
        self._poll_s = max(clock.real(config.poll_s), _LEAST_POLL_S)
        self._removed_ns = config.removed_after_s * 1e9

    def _greet(self, port: SerialPort) -> None:
        port.write(frames.WAKE)
        for command in (frames.SAM_CONFIGURATION, frames.RETRIES, frames.PARAMETERS):
            self._ask(port, command)

    def _work(self, port: SerialPort) -> None:
        presence, missing_since = Presence(), None
        while not self._closing.wait(self._poll_s):
            listed = self._ask(port, frames.LIST_CARDS)
            try:
                numbers = frames.card_numbers(listed)
            except ProtocolError as error:
                self._refuse(error)
                continue
            for number in numbers:
                self._take(presence.seen(number))
            now = self._clock.boot_ns()
            missing_since = None if numbers else missing_since or now
            if missing_since is not None and now - missing_since >= self._removed_ns:
                self._take(presence.gone())

    def _ask(self, port: SerialPort, command: bytes) -> bytes:
        """Return the chip's answer to *command*.

        :raises DeviceUnavailable: if none came in three tries
        """
        why = "no answer"
        for attempt in range(TRIES):
            if self._closing.is_set():
                break
            if attempt:
                port.write(frames.ACK)  # aborts the command that is running
            self._discard(port)
            port.write(frames.frame(command))
            found = self._answer(port, command)
            if isinstance(found, bytes):
                return found
            why = found
        raise DeviceUnavailable(
            f"{self.name}: {why} in {TRIES} tries",
            "Set the board's switches to HSU, check its power and that TX and RX are crossed.",
        )

    def _discard(self, port: SerialPort) -> None:
        """Discard and post uncalled bytes: noise, or an answer that came too late."""
        if port.in_waiting:
            port.read(port.in_waiting)
            self._refuse("uncalled bytes")

    def _answer(self, port: SerialPort, command: bytes) -> bytes | str:
        """Return the answer that follows the ACK, or in words why there is none.

        Noise, broken frames and answers to other commands before it are posted.
        """
        framer, heard, count, why = frames.AnswerFramer(), False, 0, "no answer"
        while count < _MOST_BYTES:
            data = port.read(max(1, port.in_waiting))
            count += len(data)
            if not data:
                return self._refused("frame cut short") if framer.begun else why
            for found in framer.feed(data):
                if isinstance(found, ProtocolError):
                    why = self._refused(str(found))
                elif not found:
                    heard = True
                elif not heard:
                    why = self._refused("answer without being heard")
                else:
                    try:
                        return frames.answer(command, found)
                    except ProtocolError as error:
                        why = self._refused(str(error))
        return self._refused("noise without an end")

    def _refused(self, why: str) -> str:
        """Post InputRefused; return *why*."""
        self._refuse(why)
        return why
