"""A folder like /sys, with the files of a Raspberry Pi, written as its kernel writes them."""

import os
from pathlib import Path

HWMON = "class/hwmon/hwmon1"
FIRMWARE = "devices/platform/soc/soc:firmware/get_throttled"
THERMAL = "class/thermal/thermal_zone0/temp"
RTC = "class/rtc/rtc0"


class FakeSys:
    """The folder *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.put("firmware/devicetree/base/model", "Raspberry Pi 4 Model B Rev 1.5\0")

    def put(self, path: str, text: str) -> None:
        """Write the file *path*."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="ascii")

    def supply(self, *, low: bool) -> None:
        """Have the driver of the supply's voltage report it as *low*, or not."""
        self.put("class/hwmon/hwmon0/name", "cpu_thermal\n")
        self.put(f"{HWMON}/name", "rpi_volt\n")
        self.put(f"{HWMON}/in0_lcrit_alarm", f"{low:d}\n")

    def heat(self, degrees: float) -> None:
        """Have the processor at *degrees* °C."""
        self.put(THERMAL, f"{round(degrees * 1000)}\n")

    def rtc(self, seconds: int | None, battery_mv: int | None = None, name: str = "") -> None:
        """Have an RTC show *seconds* since 1970; None: its time cannot be read."""
        self.put(f"{RTC}/name", f"{name or 'rpi-rtc soc:rpi_rtc'}\n")
        if seconds is None:
            (self.root / f"{RTC}/since_epoch").unlink(missing_ok=True)
        else:
            self.put(f"{RTC}/since_epoch", f"{seconds}\n")
        if battery_mv is not None:
            self.put(f"{RTC}/battery_voltage", f"{battery_mv * 1000}\n")

    def emmc(self, folder: Path, life_time: str, pre_eol: str = "0x01") -> None:
        """Have *folder* lie on a partition of an eMMC with these registers."""
        self.put("devices/mmc0/block/mmcblk0/device/life_time", f"{life_time}\n")
        self.put("devices/mmc0/block/mmcblk0/device/pre_eol_info", f"{pre_eol}\n")
        partition = self.root / "devices/mmc0/block/mmcblk0/mmcblk0p2"
        partition.mkdir(exist_ok=True)
        number = folder.stat().st_dev
        link = self.root / f"dev/block/{os.major(number)}:{os.minor(number)}"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(partition)
