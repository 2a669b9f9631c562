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
from typing import Literal

from edge.clock import Clock
from edge.config.sections.modules import Module
from edge.config.sections.pins import Contact
from edge.drivers.channels import OnEdge
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.module_inputs import ClaimedInput, Edge, ModuleInputs
from edge.drivers.modbus.module_outputs import ModuleOutputs, OutputState
from edge.drivers.modbus.module_requests import ModuleRequests
from edge.drivers.modbus.requests import Refused
from edge.errors import DeviceFault, DeviceUnavailable, ModuleUnavailable, ProtocolError

# Real seconds: a simulated clock cannot make a line faster.
LOST_S = 0.6
FRESH_S = 0.3
"""Age of the last sample at which an input counts as not readable, real seconds."""
READ_BACK_S = 1.0
MOST_MISSED = 3
_RETRIES_S = (0.3, 0.6, 1.2, 2.0)
# How long a call waits until an output is written, real seconds.
DELIVERED_S = 3.0

_log = logging.getLogger(__name__)


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
        self.inputs = ModuleInputs()
        self.outputs = ModuleOutputs(self.registers)
        self.state: Literal["new", "working", "lost"] = "new"
        self.polls = 0
        self._requests = ModuleRequests(config, line)
        self._clock = clock
        self.news = news
        self._last = self._read_back = self.now()
        self._missed = 0
        self._retries = 0
        self._error: DeviceUnavailable | DeviceFault = DeviceUnavailable(
            "has not answered yet", "Wait a second: its line is being tried."
        )
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

    @property
    def steady(self) -> bool:
        """True if the next poll finds what the last one found, unless something happens."""
        return self.state == "working" and not self._missed and self.inputs.steady

    @property
    def _outputs_due(self) -> bool:
        """True if the outputs are to be read; a module without inputs is polled by that."""
        table = self.registers
        waited = self.now() - self._read_back >= READ_BACK_S
        return table.outputs > 0 and (waited or table.inputs == 0)

    # ---- the poller's side

    def poll(self) -> None:
        """Read the inputs, and the outputs where it is time; hand the edges over."""
        try:
            fresh = self.state != "working"
            if fresh:
                self._greet()
            sent = self._clock.boot_ns()
            levels = self._requests.inputs() if self.registers.inputs else 0
            if self._outputs_due or (fresh and self.registers.outputs):
                self._read_outputs()
        except (DeviceUnavailable, ProtocolError, Refused) as error:
            self._miss(error)
        else:
            self._sampled(levels, sent, (sent + self._clock.boot_ns()) / 2e9)

    @property
    def hurries(self) -> bool:
        """True if an output is to be written before the next poll."""
        answers = self.state == "working" and self._missed == 0
        return answers and self.outputs.next_write() is not None

    def write(self) -> bool:
        """Do the next write of an output; return False if there is none, or it failed."""
        with self.news:
            write = self.outputs.next_write() if self.state == "working" else None
        if write is None:
            return False
        refused: Refused | None = None
        try:
            self._requests.send(write.request)
        except Refused as error:
            refused = error
        except (DeviceUnavailable, ProtocolError) as error:
            self._miss(error)
            return False
        with self.news:
            self.outputs.done(write, refused)
            self.news.notify_all()
        return True

    def _greet(self) -> None:
        """Set the watchdog of a module that was not in use; its outputs are not known.

        :raises DeviceUnavailable: if it does not answer
        """
        with self.news:
            self.outputs.forget()
        try:
            self._requests.set_watchdog()
        except DeviceFault as error:
            self._watchdog_fault = error
        else:
            self._watchdog_fault = None

    def _read_outputs(self) -> None:
        levels = self._requests.outputs()
        with self.news:
            self.outputs.read_back(levels)
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
            edges = self.inputs.lose(self._clock.boot_ns() / 1e9)
            self.news.notify_all()
        _log.warning("%s: %s", self.name, known)
        _hand_over(edges)

    def _sampled(self, levels: int, sent_ns: int, moment: float) -> None:
        with self.news:
            back = self.state != "working"
            self.state, self._missed = "working", 0
            self._last = self.now()
            self.polls += 1
            edges = self.inputs.sample(levels, sent_ns, moment)
            if back or edges:
                self.news.notify_all()
        _hand_over(edges)

    # ---- the channels' side

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> None:
        """Hand the edges of *contact* over; returns after the next poll, unless it is lost."""
        with self.news:
            if contact.channel in self.inputs.claimed:
                raise DeviceUnavailable(
                    f"{contact.place} is in use", "Use each input of a module once in the config."
                )
            one = ClaimedInput(contact, on_edge, self._clock.boot_ns())
            self.inputs.claimed[contact.channel] = one
            self.news.wait_for(lambda: one.samples is not None or self.state == "lost", DELIVERED_S)

    def release_input(self, number: int) -> None:
        """Hand no edge of input *number* over any more."""
        with self.news:
            self.inputs.claimed.pop(number, None)

    def level(self, number: int) -> bool:
        """Return the last sample of input *number*.

        :raises ModuleUnavailable: if there is none of the last :data:`FRESH_S`
        """
        with self.news:
            self.news.wait_for(lambda: self.state != "new", DELIVERED_S)
            if self.state != "working" or self.now() - self._last > FRESH_S:
                raise self.unavailable
            return self.inputs.level(number)

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


def _hand_over(edges: Iterable[Edge]) -> None:
    for edge in edges:
        try:
            edge.to.on_edge(edge.moment, edge.level)
        except Exception:  # noqa: BLE001  # must not end the thread that reads all inputs of the bus
            _log.exception("the change of %s could not be reported", edge.to.contact.place)
