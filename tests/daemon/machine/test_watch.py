"""The watch over the machine: readings, alarms and health in one, on files as the kernel's."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import Clock
from edge.config.model import Broker, Config
from edge.config.sections.guests import GuestBookSection
from edge.daemon.machine.clock_file import FILE, ClockFile
from edge.daemon.machine.rtc import read_rtc
from edge.daemon.machine.watch import MachineWatch, rules_of
from edge.sop.events import SystemAlarmCleared, SystemAlarmRaised
from edge.store.commit_times import CommitTimes
from tests.daemon.machine.fake_sys import FakeSys
from tests.uplinks import make_config


class Trusted(Clock):
    """The machine's clock, confirmed by a time server."""

    def kernel_error_us(self) -> int | None:
        """The kernel's bound."""
        return 0


class Bench:
    """A watch over a machine in the folder of *sys*."""

    def __init__(
        self, folder: Path, sys: FakeSys, clock: Clock, broker: Broker | None = None
    ) -> None:
        made = make_config("mqtt://127.0.0.1:9")
        here = msgspec.structs.replace(made.checkpoint, data=str(folder))
        self.config: Config = msgspec.structs.replace(
            made, checkpoint=here, broker=broker or made.broker
        )
        self.events: list[Any] = []
        file = ClockFile(folder, clock, 100, lambda: read_rtc(sys.root))
        self.watch = MachineWatch(
            self.config, clock, file, CommitTimes(),
            lambda make: self.events.append(make(clock.now())), sys.root,
        )  # fmt: skip

    def look(self, now_s: float) -> list[tuple[type, str]]:
        """Read and judge once; return the alarms that were raised."""
        before = len(self.events)
        self.watch.readings = self.watch.read()
        self.watch.check(now_s)
        new = self.events[before:]
        return [(type(e), e.kind) for e in new if isinstance(e, SystemAlarmRaised)]


@pytest.fixture
def bench(tmp_path: Path, sys: FakeSys) -> Bench:
    """Give a watch over a healthy machine."""
    sys.supply(low=False)
    sys.heat(50.0)
    return Bench(tmp_path, sys, Trusted())


def test_a_healthy_machine_raises_nothing_and_keeps_its_clock(
    bench: Bench, tmp_path: Path, sys: FakeSys
) -> None:
    """Alarms of an earlier run are cleared; the confirmation is stored at the first reading."""
    sys.rtc(bench.watch.readings.at.wall_ms // 1000)
    assert bench.look(0.0) == []
    assert {type(event) for event in bench.events} == {SystemAlarmCleared}
    assert (tmp_path / FILE).exists()
    shown = bench.watch.document()
    assert shown["clock_confirmed_s"] == 0
    assert abs(shown["rtc"]["ahead_s"]) <= 2.0
    assert shown["power"] == {"under_voltage": False, "under_voltage_times": 0, "throttled": None}


def test_what_goes_wrong_is_in_alarms_and_health(bench: Bench, sys: FakeSys) -> None:
    """A sagging supply and a hot processor at once: two alarms, and their values in health."""
    bench.look(0.0)
    sys.supply(low=True)
    sys.heat(84.0)
    assert bench.look(2.0) == [
        (SystemAlarmRaised, "under-voltage"), (SystemAlarmRaised, "too-hot"),
    ]  # fmt: skip
    assert bench.look(4.0) == []
    assert bench.watch.document()["power"]["under_voltage_times"] == 1
    assert bench.watch.readings.temperature_c == 84.0


def test_a_worn_card_shows_within_a_minute_and_needs_few_readings(
    bench: Bench, tmp_path: Path, sys: FakeSys
) -> None:
    """Wear grows over years: it is read with every 30th reading, to spare the processor."""
    sys.emmc(tmp_path, "0x01 0x01")
    assert bench.look(0.0) == []
    sys.emmc(tmp_path, "0x0b 0x01")
    raised = [bench.look(2.0 * number) for number in range(1, 31)]
    assert raised[:-1] == [[]] * 29
    assert raised[-1] == [(SystemAlarmRaised, "card-worn")]


def test_errors_of_a_file_system_that_goes_on_are_an_alarm(tmp_path: Path, sys: FakeSys) -> None:
    """From the first error on, also one of before the start, until fsck has set the count to 0."""
    sys.emmc(tmp_path, "0x01 0x01")
    sys.put("fs/ext4/mmcblk0p2/errors_count", "1\n")
    bench = Bench(tmp_path, sys, Trusted())
    assert bench.look(0.0) == [(SystemAlarmRaised, "card-errors")]
    assert bench.watch.document()["card"]["errors"] == 1
    sys.put("fs/ext4/mmcblk0p2/errors_count", "0\n")
    bench.look(2.0)
    assert (bench.events[-1].kind, type(bench.events[-1])) == ("card-errors", SystemAlarmCleared)


def test_a_simulation_raises_no_alarm_about_its_machine(tmp_path: Path, sys: FakeSys) -> None:
    """The heat of a developer's machine is not a lobby's."""
    sys.heat(99.0)
    bench = Bench(tmp_path, sys, Clock.scaled(60.0))
    bench.look(0.0)
    assert bench.events == []
    assert bench.watch.document()["power"]["under_voltage_times"] == 0


def test_only_a_checkpoint_that_needs_a_trusted_clock_misses_it(bench: Bench) -> None:
    """An office without a time server has said so, and needs no alarm for ever."""
    assert "clock-not-trusted" in {rule.kind for rule in rules_of(bench.config)}
    section = GuestBookSection(need_synced_clock=False)
    without = msgspec.structs.replace(bench.config, guestbook=section)
    assert "clock-not-trusted" not in {rule.kind for rule in rules_of(without)}


def test_the_watch_reads_on_a_thread_of_its_own(bench: Bench, sys: FakeSys) -> None:
    """A reading that blocks (a failing card) does not hold the loop up."""

    async def scenario() -> None:
        task = asyncio.create_task(bench.watch.run())
        sys.heat(61.0)
        while bench.watch.readings.temperature_c is None:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())
    assert bench.watch.readings.temperature_c == 61.0
