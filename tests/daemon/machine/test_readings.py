"""What the kernel's files say about the machine, read from files as the kernel writes them."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.clock import Stamp
from edge.daemon.machine.card import Card, read_card
from edge.daemon.machine.heat import temperature
from edge.daemon.machine.power import Power, read_power
from edge.daemon.machine.readings import Readings, document, read_machine
from edge.daemon.machine.rtc import RESOLUTION_MS, Rtc, read_rtc
from edge.store.commit_times import SLOW_S, WINDOW_S, Commits, CommitTimes
from edge.store.disk_errors import DiskErrors
from tests.daemon.machine.fake_sys import FIRMWARE, HWMON, FakeSys


@pytest.mark.parametrize(
    ("low", "bits", "always", "power"),
    [
        (False, None, False, Power(False)),
        (True, None, False, Power(True)),
        (None, None, False, Power()),
        (None, "0", False, Power(False, False, False)),
        (None, "50005", False, Power(True, True, True)),
        (None, "50000", False, Power(False, False, True)),
        (None, "80008", False, Power(False, True, False)),
        (None, "20002", False, Power(False, True, False)),
        # Both sources: the file whose reading makes the kernel warn is left alone, or read.
        (True, "50005", False, Power(True)),
        (True, "4", True, Power(True, True)),
        (False, "50000", True, Power(False, False)),
        (None, "nonsense", False, Power()),
    ],
)
def test_the_supply(
    sys: FakeSys, low: bool | None, bits: str | None, always: bool, power: Power
) -> None:
    """The driver's alarm comes first; the firmware's bits are for kernels without it."""
    if low is not None:
        sys.supply(low=low)
    if bits is not None:
        sys.put(FIRMWARE, f"{bits}\n")
    assert read_power(sys.root, always_bits=always) == power


def test_a_supply_that_cannot_be_read_is_not_known(sys: FakeSys) -> None:
    """A driver without its file says nothing about the supply."""
    sys.supply(low=False)
    (sys.root / HWMON / "in0_lcrit_alarm").unlink()
    assert read_power(sys.root) == Power()


@pytest.mark.parametrize(("text", "degrees"), [("48312\n", 48.312), ("", None), ("-", None)])
def test_the_temperature(sys: FakeSys, text: str, degrees: float | None) -> None:
    """Thousandths of a degree; anything else is not known."""
    sys.put("class/thermal/thermal_zone0/temp", text)
    assert temperature(sys.root) == degrees


@pytest.mark.parametrize(
    ("life_time", "pre_eol", "used", "worn"),
    [
        ("0x01 0x01", "0x01", 10, False),
        ("0x02 0x07", "0x01", 70, False),
        ("0x0a 0x01", "0x01", 100, True),
        ("0x0b 0x0b", "0x03", 110, True),
        ("0x03 0x03", "0x02", 30, True),
        ("0x00 0x00", "0x00", None, None),
        ("?", "0x01", None, None),
    ],
)
def test_the_wear_of_an_emmc(
    tmp_path: Path, sys: FakeSys, life_time: str, pre_eol: str, used: int | None, worn: bool | None
) -> None:
    """The worse of its two estimates counts, or its spare blocks; 0 means that it reports none."""
    sys.emmc(tmp_path, life_time, pre_eol)
    assert read_card(tmp_path, sys.root) == Card(False, used, worn)


def test_an_sd_card_reports_no_wear(tmp_path: Path, sys: FakeSys) -> None:
    """Its wear is unknown, never 0 %."""
    assert read_card(tmp_path, sys.root) == Card(read_only=False)


def test_a_file_system_that_became_read_only(
    tmp_path: Path, sys: FakeSys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's flag of the file system counts; a missing folder is not known."""
    flags: Any = SimpleNamespace(f_flag=os.ST_RDONLY | os.ST_NOATIME)
    monkeypatch.setattr(os, "statvfs", lambda _folder: flags)
    assert read_card(tmp_path, sys.root).read_only is True
    monkeypatch.undo()
    assert read_card(tmp_path / "gone", sys.root) == Card()


@pytest.mark.parametrize("option", ["errors=remount-ro", "errors=continue"])
def test_a_file_system_that_stopped_after_an_error(
    tmp_path: Path, sys: FakeSys, option: str
) -> None:
    """Linux 6.12 leaves the flag as it is: one more error than at the start shows it."""
    sys.emmc(tmp_path, "0x01 0x01")
    sys.put("fs/ext4/mmcblk0p2/errors_count", "3\n")
    sys.put("proc/mmcblk0p2/options", f"rw\nnoatime\n{option}\n")
    errors = DiskErrors(tmp_path, sys.root, sys.root / "proc")
    first = read_card(tmp_path, sys.root, errors=errors)
    assert (first.read_only, first.errors) == (False, 3)
    assert read_card(tmp_path, sys.root, first, errors=errors) == first
    sys.put("fs/ext4/mmcblk0p2/errors_count", "4\n")
    for before in (first, None):
        stopped = read_card(tmp_path, sys.root, before, errors=errors)
        assert (stopped.read_only, stopped.errors) == (option == "errors=remount-ro", 4)


def test_a_file_system_that_had_stopped_before_the_start(tmp_path: Path, sys: FakeSys) -> None:
    """Linux 6.15 and later name it among the options; nothing but the option is known then."""
    sys.emmc(tmp_path, "0x01 0x01")
    sys.put("proc/mmcblk0p2/options", "rw\nerrors=remount-ro\nemergency_ro\n")
    errors = DiskErrors(tmp_path, sys.root, sys.root / "proc")
    assert errors.have_stopped_it()
    assert errors.count() is None


@pytest.mark.parametrize(
    ("seconds", "battery_mv", "battery"),
    [(1_795_313_497, 3018, "good"), (1_795_313_497, 900, "empty"), (7, 5, "missing"),
     (None, None, None)],
)  # fmt: skip
def test_the_battery_backed_clock(
    sys: FakeSys, seconds: int | None, battery_mv: int | None, battery: str | None
) -> None:
    """Its time is the middle of the second that it shows; only a Pi 5 reports a battery."""
    assert read_rtc(sys.root) is None
    sys.rtc(seconds, battery_mv)
    rtc = read_rtc(sys.root)
    assert rtc is not None
    assert rtc.time_ms == (None if seconds is None else seconds * 1000 + RESOLUTION_MS)
    assert (rtc.battery_mv, rtc.battery) == (battery_mv, battery)


def test_the_durations_of_commits() -> None:
    """Only the last ten minutes count; one slow commit in a hundred is not the 95th percentile."""
    times = CommitTimes()
    assert times.commits() == Commits()
    times._times.extend((float(at), 0.02) for at in range(99))
    times._times.append((99.0, SLOW_S + 2))
    assert times.commits(now=100.0) == Commits(1, 20, 3000)
    assert times.commits(now=WINDOW_S + 98.5) == Commits(1, 3000, 3000)
    assert times.commits(now=WINDOW_S + 99.5) == Commits()


def test_the_whole_machine_and_its_document(tmp_path: Path, sys: FakeSys) -> None:
    """Each value has its unit in its name; what is not known is null, not 0."""
    sys.supply(low=True)
    sys.heat(51.5)
    at = Stamp(10**12, 1_795_313_497_000, True, "a", 700)
    readings = read_machine(tmp_path, at, sys.root)
    assert readings == Readings(
        at=at, raspberry_pi=True, power=Power(True), temperature_c=51.5, card=Card(read_only=False)
    )
    shown = document(readings, under_voltage_times=3)
    assert shown["power"] == {"under_voltage": True, "under_voltage_times": 3, "throttled": None}
    assert shown["card"]["life_used_percent"] is None
    assert (shown["rtc"], shown["clock_confirmed_s"]) == (None, None)
    rtc = Rtc("rtc-ds1307", 1_795_313_499_500, None)
    assert rtc.ahead_s(at.wall_ms) == 2.5
