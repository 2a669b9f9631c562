"""Polls the modules of one bus, and writes their outputs between the polls.

Rules
-----
1. One thread a bus. Each module is polled a little more often than every POLL_S (50 Hz), the one
   first whose time has come; on a line that is too slow for that, one after the other. Locker
   boards on the same bus get their turns between.
2. A write waits for no round: it is done before the next poll, and wakes a thread that waits. One
   that failed is tried again with the next poll: a port that is gone refuses at once, again and
   again.
3. No error ends the thread: inputs that are silent but seem to work are the worst failure.
4. While all modules are steady, the thread says so when it waits: a simulation with its own time
   leaves out polls that can find nothing. They count as done.
"""

import logging
import threading
from collections.abc import Mapping

from edge import waits
from edge.clock import Clock
from edge.config.polling import POLL_S
from edge.config.sections.modules import Module
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.module import IoModule

# Part of POLL_S after which the next poll is due: so one that is a little late is in time.
_AHEAD = 0.9
# Shortest time between two polls, real seconds: for a clock that runs faster.
LEAST_S = 0.002
# A module without inputs is only read back, and its watchdog fed; real seconds.
WITHOUT_INPUTS_S = 0.2
# Real seconds until the next try after a bug.
_PAUSE_S = 1.0

_log = logging.getLogger(__name__)


class Poller:
    """The modules of one bus, by their names in the config.

    :param line: the bus
    """

    def __init__(
        self, name: str, line: ModbusLine, modules: Mapping[str, Module], clock: Clock
    ) -> None:
        self._name = name
        self._line = line
        self._clock = clock
        self.news = waits.condition()
        self.modules = {
            key: IoModule(key, module, line, clock, self.news) for key, module in modules.items()
        }
        self._due = dict.fromkeys(self.modules, 0.0)
        self._every_s = max(clock.real(_AHEAD * POLL_S), LEAST_S)
        self._closing = True
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin polling, unless that has begun."""
        with self.news:
            if self._thread is not None:
                return
            self._closing = False
            self._thread = waits.thread(self._run, self._name)

    def stop(self) -> None:
        """End polling and close the line. May be called twice."""
        with self.news:
            thread, self._thread = self._thread, None
            self._closing = True
            self.news.notify_all()
        if thread is not None:
            thread.join()
            self._line.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except Exception:  # noqa: BLE001  # rule 3
                _log.exception("%s: a poll failed unexpectedly", self._name)
                waits.sleep(_PAUSE_S)

    def _turn(self) -> None:
        """Do all writes that wait, then the poll that is due; wait if there is neither."""
        for module in self.modules.values():
            while not self._closing and module.write():
                pass
        name = min(self._due, key=lambda key: self._due[key])
        module = self.modules[name]
        now = module.now()
        if now < self._due[name]:
            self._wait(self._due[name] - now)
            return
        module.poll()
        self._due[name] = self._next(module, self._due[name])

    def _next(self, module: IoModule, due: float) -> float:
        """Return when *module* is to be polled next: in step, unless that has passed already."""
        if module.state == "lost":
            return module.now() + module.retry_s
        every_s = self._every_s if module.registers.inputs else WITHOUT_INPUTS_S
        return max(due + every_s, module.now())

    def _wait(self, seconds: float) -> None:
        """Wait *seconds*, or until an output is to be written or turned."""
        with self.news:
            if self._closing or self._turned():
                return
            at = self._clock.boot_ns() / 1e9
            dues = [d for m in self.modules.values() if (d := m.outputs.due) is not None]
            turn_s = min((self._clock.real(max(0.0, due - at)) for due in dues), default=None)
            self._pause(seconds, turn_s)
            self._turned()

    def _pause(self, poll_s: float, turn_s: float | None) -> None:
        """Wait *poll_s* until the next poll, or *turn_s* until an output turns, if that is less."""
        if turn_s is not None and turn_s < poll_s:
            self.news.wait(turn_s)
        elif not all(module.steady for module in self.modules.values()):
            self.news.wait(poll_s)
        else:
            left_out_s = waits.pause_polls(self.news, poll_s, self._every_s, turn_s)
            self._due = {name: due + left_out_s for name, due in self._due.items()}

    def _turned(self) -> bool:
        """Turn the blinking outputs that are due; return True if an output is to be written."""
        at = self._clock.boot_ns() / 1e9
        for module in self.modules.values():
            module.outputs.turn(at)
        return any(module.hurries for module in self.modules.values())
