"""One module with inputs and outputs: its polls, its loss and return.

Rules
-----
1. It is lost once MOST_MISSED polls in a row had no sound answer and LOST_S have passed since the
   last one. Then it is tried again at growing intervals, so that it does not delay its neighbours.
2. While it is lost each contact counts as its ``when_lost`` says (edge/drivers/channels.py): held,
   at rest, or an alarm. At its return all levels are handed over as they are then.
3. After a start and after each return its watchdog is set and verified, and all claimed outputs are
   written as their drivers want them. Outputs are read back every READ_BACK_S, so that a module
   that started again between two polls is put right.
4. ``news`` guards all of this: the poller's thread and the devices' threads meet here. Edges are
   handed over without it.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edge.clock import Clock
from edge.config.sections.modules import Module
from edge.config.sections.pins import Contact
from edge.drivers.channels import OnEdge
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.module_outputs import ModuleOutputs, OutputState
from edge.drivers.modbus.requests import (
    READ_COILS,
    READ_INPUTS,
    Refused,
    Request,
    bits,
    read_bits,
    read_registers,
    registers,
)
from edge.drivers.modbus.samples import Samples
from edge.drivers.modbus.watchdog import set_watchdog
from edge.errors import DeviceFault, DeviceUnavailable, ModuleUnavailable, ProtocolError

# Real seconds: a simulated clock cannot make a line faster.
LOST_S = 0.6
FRESH_S = 0.3
"""Age of the last sample at which an input counts as not readable, real seconds."""
READ_BACK_S = 1.0
ANSWER_S = 0.1
"""Longest wait for a module's answer to a poll, real seconds: its neighbours wait meanwhile."""
MOST_MISSED = 3
_RETRIES_S = (0.3, 0.6, 1.2, 2.0)
# How long a call waits until an output is written, real seconds.
DELIVERED_S = 3.0

_log = logging.getLogger(__name__)


@dataclass
class _Input:
    """One claimed input: its contact, the receiver of its edges, its filtered level.

    :ivar since_ns: only polls that begin after this count (boot ns)
    """

    contact: Contact
    on_edge: OnEdge
    since_ns: int
    samples: Samples | None = None


class IoModule:
    """The module *name* on *line*.

    :param news: guards its state; notified on every change
    :ivar polls: sound answers to polls so far
    :ivar state: ``new``: has not answered yet; ``working``; or ``lost``
    """

    def __init__(
        self, name: str, config: Module, line: ModbusLine, clock: Clock, news: threading.Condition
    ) -> None:
        self.name = f"module/{name}"
        self.config = config
        self.registers = config.registers
        self.outputs = ModuleOutputs(self.registers)
        self.state: Literal["new", "working", "lost"] = "new"
        self.polls = 0
        self._line = line
        self._clock = clock
        self.news = news
        self._inputs: dict[int, _Input] = {}
        self._levels = 0
        self._last = self._read_back = self.now()
        self._missed = 0
        self._retries = 0
        self._error: DeviceUnavailable | DeviceFault = DeviceUnavailable("has not answered yet")
        self._watchdog_fault: DeviceFault | None = None

    def now(self) -> float:
        """Return the present moment, real seconds."""
        return self._clock.real(self._clock.boot_ns() / 1e9)

    @property
    def retry_s(self) -> float:
        """Time until a lost module is to be tried again, real seconds."""
        return _RETRIES_S[min(self._retries, len(_RETRIES_S) - 1)]

    @property
    def unavailable(self) -> ModuleUnavailable:
        """The error of a module that does not answer."""
        return ModuleUnavailable(f"{self.name}: {self._error}", self._error.remedy)

    @property
    def fault(self) -> DeviceFault | None:
        """What is wrong with a module that answers."""
        if self._watchdog_fault is not None:
            return DeviceFault(f"{self.name}: {self._watchdog_fault}", self._watchdog_fault.remedy)
        if stubborn := self.outputs.stubborn:
            return DeviceFault(
                f"{self.name}: output {', '.join(map(str, stubborn))} does not follow",
                "Is another controller writing to the module? If not, replace it.",
            )
        return None

    # ---- the poller's side

    def poll(self) -> None:
        """Read the inputs, and the outputs where it is time; hand the edges over."""
        try:
            fresh = self.state != "working"
            if fresh:
                self._greet()
            sent = self._clock.boot_ns()
            levels = self._ask_inputs()
            if self.registers.outputs and (fresh or self.now() - self._read_back >= READ_BACK_S):
                self._ask_outputs()
        except (DeviceUnavailable, ProtocolError, Refused) as error:
            self._miss(error)
        else:
            self._sampled(levels, sent, (sent + self._clock.boot_ns()) / 2e9)

    def write(self) -> bool:
        """Do the next write of an output; return False if there is none, or it failed."""
        with self.news:
            write = self.outputs.next_write() if self.state == "working" else None
        if write is None:
            return False
        refused: Refused | None = None
        try:
            self._ask(write.request)
        except Refused as error:
            refused = error
        except (DeviceUnavailable, ProtocolError) as error:
            self._miss(error)
            return False
        with self.news:
            self.outputs.done(write, refused)
            self.news.notify_all()
        return True

    def _ask(self, request: Request) -> bytes:
        return self._line.exchange(self.config.address, request, ANSWER_S)

    def _greet(self) -> None:
        """Set the watchdog of a module that was not in use; its outputs are not known.

        :raises DeviceUnavailable: if it does not answer
        """
        watchdog = self.registers.watchdog
        with self.news:
            self.outputs.forget()
        if watchdog is None:
            return
        try:
            set_watchdog(self._ask, watchdog, self.config.watchdog_s)
        except DeviceFault as error:
            self._watchdog_fault = error
        else:
            self._watchdog_fault = None

    def _ask_inputs(self) -> int:
        """Read all inputs; the first is bit 0."""
        table, count = self.registers, self.registers.inputs
        if not count:
            return 0
        if table.input_function in (READ_COILS, READ_INPUTS):
            answer = self._ask(read_bits(table.input_function, table.input_first, count))
            levels = bits(answer, count)
        else:
            size = (count + 15) // 16
            answer = self._ask(read_registers(table.input_function, table.input_first, size))
            words = registers(answer)
            levels = sum(word << 16 * place for place, word in enumerate(words))
        inverted = (1 << count) - 1 if self.config.inverted else 0
        return levels ^ inverted

    def _ask_outputs(self) -> None:
        table = self.registers
        first = table.output_first if table.output_read_first is None else table.output_read_first
        answer = self._ask(read_bits(READ_COILS, first, table.outputs))
        with self.news:
            self.outputs.read_back(bits(answer, table.outputs))
        self._read_back = self.now()

    def _miss(self, error: DeviceUnavailable | ProtocolError | Refused) -> None:
        """Note a poll or write without a sound answer; the module may be lost by that."""
        known = error if isinstance(error, DeviceUnavailable | DeviceFault) else _broken(error)
        with self.news:
            self._missed += 1
            self._error = known
            if self.state == "lost":
                self._retries += 1
                return
            enough = self._missed >= MOST_MISSED or self.state == "new"
            if not enough or self.now() - self._last < LOST_S:
                return
            self.state, self._retries = "lost", 0
            inputs = list(self._inputs.values())
            self.news.notify_all()
        _log.warning("%s: %s", self.name, known)
        self._lose(inputs)

    def _lose(self, inputs: Iterable[_Input]) -> None:
        moment = self._clock.boot_ns() / 1e9
        for one in inputs:
            one.samples = None
            if one.contact.when_lost == "alarm":
                _hand_over(one, moment, one.contact.active_level)
            elif one.contact.when_lost == "rest":
                _hand_over(one, moment, None)

    def _sampled(self, levels: int, sent_ns: int, moment: float) -> None:
        """Take over a sample of all inputs, taken at *moment* (seconds of the clock).

        :param sent_ns: when it was asked for (boot ns)
        """
        with self.news:
            back = self.state != "working"
            self.state, self._missed, self._levels = "working", 0, levels
            self._last = self.now()
            self.polls += 1
            inputs = [(n, one) for n, one in self._inputs.items() if one.since_ns <= sent_ns]
            claimed = [number for number, one in inputs if one.samples is None]
            for number in claimed:
                one = self._inputs[number]
                one.samples = Samples(_bit(levels, number), moment, one.contact.bounce_s)
            if back or claimed:
                self.news.notify_all()
        for number, one in inputs:
            level = _bit(levels, number)
            assert one.samples is not None
            if number in claimed:
                _hand_over(one, moment, level)
            elif (since := one.samples.add(level, moment)) is not None:
                _hand_over(one, since, level)

    # ---- the channels' side

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> None:
        """Hand the edges of *contact* over; returns after the next poll, unless it is lost."""
        with self.news:
            if contact.channel in self._inputs:
                raise DeviceUnavailable(
                    f"{contact.place} is in use", "Use each input of a module once in the config."
                )
            one = self._inputs[contact.channel] = _Input(contact, on_edge, self._clock.boot_ns())
            self.news.wait_for(lambda: one.samples is not None or self.state == "lost", DELIVERED_S)

    def release_input(self, number: int) -> None:
        """Hand no edge of input *number* over any more."""
        with self.news:
            self._inputs.pop(number, None)

    def level(self, number: int) -> bool:
        """Return the last sample of input *number*.

        :raises ModuleUnavailable: if there is none of the last :data:`FRESH_S`
        """
        with self.news:
            self.news.wait_for(lambda: self.state != "new", DELIVERED_S)
            if self.state != "working" or self.now() - self._last > FRESH_S:
                raise self.unavailable
            return _bit(self._levels, number)

    def claim_output(self, number: int) -> OutputState:
        """Claim output *number* at rest."""
        with self.news:
            return self.outputs.claimed.setdefault(number, OutputState())

    def release_output(self, number: int) -> None:
        """Write output *number* no more."""
        with self.news:
            self.outputs.claimed.pop(number, None)

    def deliver(self, one: OutputState) -> None:
        """Wait until the module was told what the driver wants.

        :raises ModuleUnavailable: if it does not answer
        :raises DeviceFault: if it refuses
        """
        with self.news:
            self.news.notify_all()
            told = self.news.wait_for(lambda: one.settled or self.state == "lost", DELIVERED_S)
            if not told or not one.settled:
                raise self.unavailable
            if one.refused is not None:
                raise DeviceFault(f"{self.name}: {one.refused}", one.refused.remedy)


def _broken(error: ProtocolError) -> DeviceUnavailable:
    return DeviceUnavailable(
        f"answers broken: {error}",
        "Check A, B and GND, 120 ohm at both ends of the line, and the bus's baud_rate.",
    )


def _bit(levels: int, number: int) -> bool:
    return bool(levels >> (number - 1) & 1)


def _hand_over(one: _Input, moment: float, level: bool | None) -> None:  # noqa: FBT001 - a level
    try:
        one.on_edge(moment, level)
    except Exception:  # noqa: BLE001  # must not end the thread that reads all inputs of the bus
        _log.exception("the change of %s could not be reported", one.contact.place)
