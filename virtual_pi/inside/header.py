"""Makes the Pi's header in the guest: 54 lines of gpio-sim, each with its pull while a Pi boots.

A PC lacks two more things: the Pi's revision in /proc/cpuinfo, which gpiozero reads, and the name
of the camera's memory heap, which picamera2 expects.
"""

import subprocess
from pathlib import Path

CONFIG = Path("/sys/kernel/config")
RUN = Path("/run/virtual-pi")
LINES = 54
PULLED_UP = range(9)
REVISION = "Revision\t: c03111\nModel\t\t: Raspberry Pi 4 Model B Rev 1.1\n"


def _call(*words: str) -> None:
    subprocess.run(words, check=True)  # noqa: S603 - our own words


def make_header() -> Path:
    """Make the chip and return the folder of its lines in sysfs."""
    chip = CONFIG / "gpio-sim/header"
    bank = chip / "bank0"
    bank.mkdir(parents=True)
    (bank / "num_lines").write_text(str(LINES))
    (bank / "label").write_text("pinctrl-bcm2711")
    (chip / "live").write_text("1")
    device = (chip / "dev_name").read_text().strip()
    name = (bank / "chip_name").read_text().strip()
    return Path("/sys/devices/platform") / device / name


def main() -> None:
    """Load the modules, make the header, and write the cpuinfo of a Pi 4."""
    for module in ("configfs", "gpio-sim", "vimc"):
        _call("modprobe", module)
    if not CONFIG.is_mount():
        _call("mount", "-t", "configfs", "none", str(CONFIG))
    lines = make_header()
    RUN.mkdir(exist_ok=True)
    (RUN / "lines").symlink_to(lines)
    for number in PULLED_UP:
        (lines / f"sim_gpio{number}/pull").write_text("pull-up")
    cpuinfo = Path("/proc/cpuinfo").read_text()
    (RUN / "cpuinfo").write_text(f"{cpuinfo}\n{REVISION}")
    _call("mount", "--bind", str(RUN / "cpuinfo"), "/proc/cpuinfo")
    heap = Path("/dev/dma_heap/system")
    if heap.exists():
        heap.with_name("linux,cma").symlink_to("system")


if __name__ == "__main__":
    main()
