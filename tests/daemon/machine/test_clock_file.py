"""The clock file: trust over restarts of the daemon, and over reboots with an RTC."""

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import Clock
from edge.clock_trust import Confirmation
from edge.daemon.machine.clock_file import FILE, WRITE_S, ClockFile, Kept, read_file
from edge.daemon.machine.rtc import RESOLUTION_MS, Comparison, Rtc, proof, read_rtc
from tests.daemon.machine.fake_sys import FakeSys

HOUR_S, DAY_S = 3600.0, 86_400.0
NOON_S = 1_795_313_497
DRIFT_PPM = 100


class Machine(Clock):
    """A clock of its own, with a kernel that trusts it or not.

    :ivar off_s: error of the wall clock
    """

    def __init__(self, boot: str = "a", true_s: float = NOON_S, up_s: float = 60.0) -> None:
        super().__init__()
        self._boot = self.trust.boot = boot
        self.true_s, self.up_s, self.off_s, self.kernel_trusts = true_s, up_s, 0.0, True

    def boot_ns(self) -> int:
        """Nanoseconds since this machine's boot."""
        return round(self.up_s * 1e9)

    def wall_ms(self) -> int:
        """The wall clock."""
        return round((self.true_s + self.off_s) * 1e3)

    def kernel_error_us(self) -> int | None:
        """The kernel's bound."""
        return 0 if self.kernel_trusts else None

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.true_s += seconds
        self.up_s += seconds


class Bench:
    """A data folder, an RTC in a folder like /sys, and the machine's present run."""

    def __init__(self, folder: Path, sys: FakeSys) -> None:
        self.folder, self.sys = folder, sys
        self.machine = Machine()
        self.file = self._start()

    def _start(self) -> ClockFile:
        return ClockFile(self.folder, self.machine, DRIFT_PPM, lambda: read_rtc(self.sys.root))

    def restart(self) -> None:
        """Start the daemon again, in the same boot."""
        machine = Machine(self.machine._boot, self.machine.true_s, self.machine.up_s)
        machine.off_s, machine.kernel_trusts = self.machine.off_s, self.machine.kernel_trusts
        self.machine = machine
        self.file = self._start()
        self.file.restore()

    def reboot(self, off_s: float, *, clock_off_s: float = 0.0) -> None:
        """Be without power for *off_s*; the system sets its clock wrong by *clock_off_s*."""
        boot = self.machine._boot + "'"
        self.machine = Machine(boot, self.machine.true_s + off_s, up_s=30.0)
        self.machine.off_s, self.machine.kernel_trusts = clock_off_s, False
        self.file = self._start()

    def show_rtc(self, off_s: float = 0.0) -> None:
        """Have the RTC show the true time and *off_s* more."""
        self.sys.rtc(int(self.machine.true_s + off_s), name="rtc-ds1307 1-0068")


@pytest.fixture
def bench(tmp_path: Path, sys: FakeSys) -> Bench:
    """Give a bench with a clock that a time server confirms."""
    return Bench(tmp_path, sys)


def test_a_restart_within_the_boot_goes_on_with_the_confirmation(bench: Bench) -> None:
    """The time server was lost before: the bound has grown meanwhile, and trust goes on."""
    bench.file.check()
    bench.machine.kernel_trusts = False
    bench.machine.wait(16 * HOUR_S)
    bench.restart()
    now = bench.machine.now()
    assert (now.synced, now.error_ms) == (True, 500 + 5_760)


def test_a_date_that_was_set_while_the_daemon_was_stopped_ends_the_trust(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Boot time shows the step, and the journal says its size; the file goes."""
    bench.file.check()
    bench.machine.kernel_trusts = False
    bench.machine.off_s = 3_600
    bench.restart()
    assert not bench.machine.now().synced
    bench.file.check()
    assert "the clock was set by +3600.0 s" in caplog.text
    assert not (bench.folder / FILE).exists()


def test_a_reboot_without_an_rtc_ends_the_trust(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The time that systemd has saved is no proof: the power may have been off for days."""
    bench.file.check()
    bench.reboot(DAY_S, clock_off_s=-DAY_S)
    bench.file.restore()
    assert (bench.machine.now().synced, bench.machine.now().error_ms) == (False, None)
    assert "has confirmed the clock yet" in caplog.text
    assert (bench.folder / FILE).exists()  # restore writes nothing: it has no lock of the folder
    bench.file.check()
    assert not (bench.folder / FILE).exists()


def test_an_rtc_proves_the_time_over_a_power_cut(bench: Bench) -> None:
    """Three days off: two readings of whole seconds, and the RTC's drift."""
    bench.show_rtc()
    bench.file.check()
    bench.reboot(3 * DAY_S)
    bench.show_rtc()
    bench.file.restore()
    now = bench.machine.now()
    assert now.synced
    assert now.error_ms is not None
    assert 25_920 <= now.error_ms - 500 <= 25_920 + 4 * RESOLUTION_MS
    bench.file.check()
    kept = read_file(bench.folder)
    assert kept is not None
    assert kept.confirmed.boot == "a'"


@pytest.mark.parametrize(
    ("rtc_off_s", "clock_off_s", "name"),
    [
        (-NOON_S + 5.0, 0.0, None),
        (-3 * DAY_S - 9, -3 * DAY_S, None),
        (0.0, -3 * DAY_S, None),
        (0.0, 0.0, "rtc-pcf8523 1-0068"),
    ],
    ids=["lost its time", "went back", "the system clock differs", "another RTC"],
)
def test_an_rtc_that_proves_nothing_gives_no_trust(
    bench: Bench, rtc_off_s: float, clock_off_s: float, name: str | None
) -> None:
    """Its battery is empty, or the system's clock was not set from it, or it was exchanged."""
    bench.show_rtc()
    bench.file.check()
    bench.reboot(3 * DAY_S, clock_off_s=clock_off_s)
    bench.show_rtc(rtc_off_s)
    if name:
        bench.sys.put("class/rtc/rtc0/name", f"{name}\n")
    bench.file.restore()
    assert not bench.machine.now().synced


def test_an_rtc_that_was_set_from_an_unproved_clock_proves_nothing_later(bench: Bench) -> None:
    """A shutdown script copies a wrong time to the RTC; the next boot must not believe it."""
    bench.show_rtc()
    bench.file.check()
    bench.reboot(DAY_S, clock_off_s=-DAY_S)
    bench.sys.rtc(5, name="rtc-ds1307 1-0068")  # its battery was empty
    bench.file.restore()
    bench.file.check()
    bench.show_rtc(-DAY_S)  # hwclock --systohc
    bench.reboot(60, clock_off_s=-DAY_S)
    bench.show_rtc(-DAY_S)
    bench.file.restore()
    assert not bench.machine.now().synced


def test_a_good_rtc_keeps_the_bound_small_in_a_long_outage(bench: Bench) -> None:
    """After a month the crystal alone would allow 260 s; an RTC of 5 ppm 14 s."""
    bench.file = ClockFile(bench.folder, bench.machine, 5, lambda: read_rtc(bench.sys.root))
    bench.show_rtc()
    bench.file.check()
    bench.machine.kernel_trusts = False
    for _ in range(30):
        bench.machine.wait(DAY_S)
        bench.show_rtc()
        bench.file.check()
    now = bench.machine.now()
    assert now.synced
    assert now.error_ms is not None
    assert 12_960 <= now.error_ms <= 12_960 + 500 + 4 * RESOLUTION_MS


def test_the_card_is_spared(bench: Bench) -> None:
    """Confirmations each minute are one write in ten minutes, and one at the end."""
    bench.file.check()
    first = read_file(bench.folder)
    for _ in range(9):
        bench.machine.wait(60)
        bench.file.check()
    assert read_file(bench.folder) == first
    bench.machine.wait(WRITE_S)
    bench.file.check()
    second = read_file(bench.folder)
    assert second != first
    bench.machine.wait(60)
    bench.machine.now()
    bench.file.save()
    assert read_file(bench.folder) != second


def test_a_damaged_file_and_a_full_card_stop_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock is then as after a first start, and the journal says why."""
    (bench.folder / FILE).write_text("{", encoding="ascii")
    bench.machine.kernel_trusts = False
    bench.file.restore()
    assert not bench.machine.now().synced
    assert f"{FILE} cannot be read" in caplog.text
    (bench.folder / FILE).unlink()
    (bench.folder / FILE).mkdir()
    bench.machine.kernel_trusts = True
    bench.file.check()
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize(
    ("by_s", "level", "says"),
    [(7.0, logging.ERROR, "by +7.0 s, more than its bound of 4.1 s"),
     (-3.0, logging.INFO, "by -3.0 s (bound: 4.1 s)")],
)  # fmt: skip
def test_a_time_server_that_comes_back_is_reported_with_the_size(
    bench: Bench, caplog: pytest.LogCaptureFixture, by_s: float, level: int, says: str
) -> None:
    """More than the bound is an error of the machine or of the settings, and must be seen."""
    caplog.set_level(logging.INFO)
    bench.file.check()
    bench.machine.kernel_trusts = False
    bench.machine.wait(10 * HOUR_S)
    assert bench.machine.now().error_ms == 4_100
    bench.machine.off_s, bench.machine.kernel_trusts = by_s, True
    bench.file.check()
    (found,) = [record for record in caplog.records if says in record.getMessage()]
    assert found.levelno == level


def test_a_simulation_has_no_clock_file(tmp_path: Path, sys: FakeSys) -> None:
    """Its time is invented: neither the machine's file nor its RTC says anything about it."""
    clock = Clock.scaled(60.0)
    sys.rtc(NOON_S)
    file = ClockFile(tmp_path, clock, DRIFT_PPM, lambda: read_rtc(sys.root))
    file.restore()
    assert file.check() is None
    file.save()
    assert not (tmp_path / FILE).exists()


@settings(max_examples=300, deadline=None)
@given(
    st.floats(0, 40 * DAY_S),
    st.floats(-DRIFT_PPM, DRIFT_PPM),
    st.floats(-400, 400),
    st.floats(-30, 30),
    st.floats(-30, 30),
)
def test_what_an_rtc_proves_is_true(
    off_s: float, ppm: float, first_ms: float, rtc_off_s: float, clock_off_s: float
) -> None:
    """For any RTC within its drift, wrong by any offset: the true error is within the bound."""

    def shown_ms(true_s: float, since_s: float) -> int:
        return int(true_s + rtc_off_s + since_s * ppm / 1e6) * 1000 + RESOLUTION_MS

    wall_ms = round(NOON_S * 1000 + first_ms)
    before = Comparison("rtc", shown_ms(NOON_S, 0), wall_ms, 500)
    true_s = NOON_S + off_s
    now = Confirmation("b", 10**9, round((true_s + clock_off_s) * 1000), 0)
    found = proof(Rtc("rtc", shown_ms(true_s, off_s), None), before, now, DRIFT_PPM)
    if found is not None:
        assert abs(clock_off_s) * 1000 <= found.error_ms + 3  # whole milliseconds


def test_the_file_is_small_and_plain(bench: Bench) -> None:
    """A technician can read it."""
    bench.show_rtc()
    bench.file.check()
    assert read_file(bench.folder) == Kept(
        Confirmation("a", 60 * 10**9, NOON_S * 1000, 500),
        Comparison("rtc-ds1307 1-0068", NOON_S * 1000 + RESOLUTION_MS, NOON_S * 1000, 500),
    )
