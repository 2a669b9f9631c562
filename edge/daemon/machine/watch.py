"""Watches the machine below the daemon: reads its state, raises alarms, keeps the clock file.

All reading is done on a thread of its own: a card that fails, or an RTC on a disturbed bus, may let
a call wait for seconds. The newest complete reading is shown in ``health``.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge import waits
from edge.clock import Clock
from edge.config.model import Config
from edge.daemon.machine.alarms import CARD_SLOW, CLOCK_RULE, RULES, MachineAlarm, Rule
from edge.daemon.machine.certificate import CertificateFile
from edge.daemon.machine.clock_file import ClockFile
from edge.daemon.machine.readings import Readings, document, read_machine
from edge.daemon.machine.sysfs import SYS
from edge.sop.events import Post
from edge.store.commit_times import CommitTimes
from edge.store.disk_errors import DiskErrors
from edge.worker import Worker

READ_S = 2.0
"""Interval of the readings, real seconds: the kernel shows an under-voltage for 2 s."""

# What changes slowly (the RTC, the card's wear, the certificate) is read, and the clock file kept,
# with every so many readings only.
_SLOW_EVERY = 30


class MachineWatch:
    """Reads the state of the machine, and raises its alarms.

    :param clock_file: keeps the trust in *clock*
    :param sys: where the kernel shows its devices
    :ivar readings: the newest ones
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        clock_file: ClockFile,
        commit_times: CommitTimes,
        post: Post,
        sys: Path = SYS,
    ) -> None:
        self.readings = Readings(at=clock.now())
        self._folder = Path(config.checkpoint.data)
        self._errors = DiskErrors(self._folder, sys)
        self._clock = clock
        self._clock_file = clock_file
        self._commit_times = commit_times
        self._sys = sys
        self._certificate_file = CertificateFile(config.broker)
        self._count = 0
        real = clock.speed == 1.0 and not clock.own
        rules = rules_of(config) if real else _simulated(clock)
        self._alarms = {rule.kind: MachineAlarm(rule, post) for rule in rules}

    def document(self) -> dict[str, Any]:
        """Return the fields of ``health`` about the machine."""
        low = self._alarms.get("under-voltage")
        return document(self.readings, 0 if low is None else low.times)

    async def run(self) -> None:
        """Read and judge every READ_S until cancelled."""
        worker = Worker("machine")
        loop = asyncio.get_running_loop()
        try:
            while True:
                self.readings = await worker.do(self.read)
                self.check(loop.time())
                await waits.pause_checks(READ_S)
        finally:
            worker.stop()

    def read(self) -> Readings:
        """Return the present state of the machine; may block."""
        at = self._clock.now()
        slow = self._count % _SLOW_EVERY == 0
        before = None if slow else self.readings
        readings = read_machine(self._folder, at, self._sys, before, self._errors)
        rtc, ahead_s = self.readings.rtc, self.readings.rtc_ahead_s
        if slow:
            rtc = self._clock_file.check()
            ahead_s = None if rtc is None else rtc.ahead_s(self._clock.wall_ms())
            self._certificate_file.check()
        self._count += 1
        return msgspec.structs.replace(
            readings,
            commits=self._commit_times.commits(),
            rtc=rtc,
            rtc_ahead_s=ahead_s,
            confirmed=self._clock.trust.confirmed,
            certificate=self._certificate_file.found,
        )

    def check(self, now_s: float) -> None:
        """Raise and clear alarms by the newest readings, at *now_s* (real seconds)."""
        for alarm in self._alarms.values():
            alarm.check(self.readings, now_s)


def rules_of(config: Config) -> Sequence[Rule]:
    """Return the alarms that the checkpoint of *config* can have."""
    invited = bool(config.scanners) and config.invitations.need_synced_clock
    asked = config.guestbook.keep and config.guestbook.need_synced_clock
    return (*RULES, CLOCK_RULE) if invited or asked else RULES


def _simulated(clock: Clock) -> Sequence[Rule]:
    """Return the alarms in a simulation: it is not about the machine that it runs on.

    Only the disk is simulated, and only in the simulation's own time.
    """
    return [rule for rule in RULES if clock.own and rule.kind == CARD_SLOW]
