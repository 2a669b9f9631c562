"""The doctor's checks of the board: each state has its finding, and each wrong one a remedy."""

import tempfile
from functools import partial
from pathlib import Path

import msgspec
import pytest

from edge.clock import Clock
from edge.commands.doctor import board
from edge.commands.doctor.finding import Finding
from edge.config.model import Config
from edge.daemon.machine.card import read_card
from edge.daemon.machine.clock_file import ClockFile
from tests.daemon.machine.fake_sys import FIRMWARE, FakeSys
from tests.uplinks import make_config

HOUR_S = 3_600


class Machine(Clock):
    """A clock of its own, with a kernel that trusts it or not."""

    def __init__(self, *, trusts: bool, up_s: float = 1000.0) -> None:
        super().__init__()
        self._boot = self.trust.boot = "boot"
        self.up_s, self.trusts = up_s, trusts

    def boot_ns(self) -> int:
        """Nanoseconds since this machine's boot."""
        return round(self.up_s * 1e9)

    def wall_ms(self) -> int:
        """The wall clock."""
        return 1_795_313_497_000 + round(self.up_s * 1e3)

    def kernel_error_us(self) -> int | None:
        """The kernel's bound."""
        return 0 if self.trusts else None


@pytest.fixture
def sys(tmp_path: Path) -> FakeSys:
    """Give a folder like /sys."""
    return FakeSys(tmp_path / "sys")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Give a config with a data folder that exists."""
    made = make_config("mqtt://127.0.0.1:9")
    here = msgspec.structs.replace(made.checkpoint, data=str(tmp_path))
    return msgspec.structs.replace(made, checkpoint=here)


@pytest.mark.parametrize(
    ("confirmed", "trusts", "later_s", "state", "says", "try_"),
    [
        (False, True, 0, "ok", "Confirmed just now: it is off by 0.5 s at most", False),
        (True, False, 9 * HOUR_S, "ok", "Confirmed 9 hours ago: it is off by 3.7 s at most", True),
        (True, False, 200 * HOUR_S, "wrong", "it is off by 72.5 s at most (trusted up to 60 s)",
         True),
        (False, False, 0, "wrong", "No time server has confirmed the clock", True),
    ],
)  # fmt: skip
def test_the_clock(
    config: Config, confirmed: bool, trusts: bool, later_s: int, state: str, says: str, try_: bool
) -> None:
    """The daemon's last confirmation counts, although the doctor is a process of its own."""
    if confirmed:
        daemon = Machine(trusts=True)
        ClockFile(Path(config.checkpoint.data), daemon, 100, lambda: None).check()
    (found,) = board.clock(config, Machine(trusts=trusts, up_s=1000.0 + later_s))
    assert (found.device, found.state) == ("clock", state)
    assert says in found.saw
    assert ("timedatectl timesync-status" in found.try_) is try_


@pytest.mark.parametrize(
    ("ahead_s", "battery_mv", "trusts", "states", "says"),
    [
        (0, 3000, True, ["ok"], "the clock."),
        (90, None, True, ["wrong"], "90.5 s ahead of the clock."),
        (-90, None, True, ["wrong"], "89.5 s behind the clock."),
        (0, None, False, ["unknown"], "which is not trusted"),
        (None, None, True, ["wrong"], "it has lost its time"),
        (0, 5, True, ["ok", "ok"], "has no battery"),
        (0, 900, True, ["wrong", "ok"], "has 900 mV"),
    ],
)
def test_the_battery_backed_clock(
    config: Config, sys: FakeSys, ahead_s: int | None, battery_mv: int | None, trusts: bool,
    states: list[str], says: str,
) -> None:  # fmt: skip
    """It is compared with the clock; one that cannot be read, or has no battery, is named."""
    machine = Machine(trusts=trusts)
    sys.rtc(None if ahead_s is None else machine.wall_ms() // 1000 + ahead_s, battery_mv)
    found = list(board.rtc(config, sys.root, machine))
    assert [one.state for one in found] == states
    assert says in found[0].saw
    assert all(one.try_ for one in found if one.state == "wrong")


def test_a_machine_without_an_rtc_is_named(config: Config, sys: FakeSys) -> None:
    """It is no fault, but the technician should know."""
    (found,) = board.rtc(config, sys.root)
    assert (found.state, "None is fitted" in found.saw) == ("ok", True)


@pytest.mark.parametrize(
    ("low", "bits", "states", "says"),
    [
        (None, None, ["skipped"], "does not report"),
        (False, None, ["ok"], "above 4.63 V"),
        (True, None, ["wrong"], "below 4.63 V now"),
        (None, "50000", ["wrong"], "below 4.63 V since the boot"),
        (False, "4", ["ok", "wrong"], "above 4.63 V"),
        (True, "50005", ["wrong", "wrong"], "below 4.63 V now"),
    ],
)
def test_the_supply(
    config: Config, sys: FakeSys, low: bool | None, bits: str | None, states: list[str], says: str
) -> None:
    """The doctor reads both sources: a warning in the kernel's log is acceptable by hand."""
    if low is not None:
        sys.supply(low=low)
    if bits is not None:
        sys.put(FIRMWARE, f"{bits}\n")
    found = list(board.power(config, sys.root))
    assert [one.state for one in found] == states
    assert says in found[0].saw
    assert all(one.try_ for one in found if one.state == "wrong")


@pytest.mark.parametrize(
    ("degrees", "state"), [(None, "skipped"), (55.0, "ok"), (80.0, "wrong"), (84.2, "wrong")]
)
def test_the_heat(config: Config, sys: FakeSys, degrees: float | None, state: str) -> None:
    """From the temperature on at which the firmware slows the processor down."""
    if degrees is not None:
        sys.heat(degrees)
    (found,) = board.heat(config, sys.root)
    assert (found.state, bool(found.try_)) == (state, state == "wrong")


def test_a_data_folder_in_memory(
    tmp_path: Path, config: Config, sys: FakeSys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that the next power cut will delete are a fault, although they can be written."""
    card = partial(read_card, mounts=tmp_path / "mountinfo")
    (tmp_path / "mountinfo").write_text("22 1 0:20 / / rw - tmpfs tmpfs rw\n")
    monkeypatch.setattr(board, "read_card", card)
    monkeypatch.setattr(tempfile, "tempdir", "/elsewhere")
    (found,) = board.card(config, sys.root)
    assert (found.state, "is in memory" in found.saw) == ("wrong", True)
    assert "findmnt" in found.try_


def test_the_card(tmp_path: Path, config: Config, sys: FakeSys) -> None:
    """An SD card's wear is not known; an eMMC names its own; small writes are measured."""

    def card() -> list[Finding]:
        return list(board.card(config, sys.root))

    wear, speed = card()
    assert "does not report its wear" in wear.saw
    assert speed.saw.startswith("The slowest of 5 small writes took ")
    sys.emmc(tmp_path, "0x0b 0x01")
    assert [(one.state, "110 %" in one.saw) for one in card()][:1] == [("wrong", True)]
    sys.put("fs/ext4/mmcblk0p2/errors_count", "2\n")
    assert "met 2 errors" in card()[0].saw
    gone = msgspec.structs.replace(config.checkpoint, data=str(tmp_path / "gone"))
    (found,) = board.card(msgspec.structs.replace(config, checkpoint=gone), sys.root)
    assert found.state == "skipped"
