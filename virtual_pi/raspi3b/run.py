"""Runs one trial on the Pi 3B and returns its findings."""

import json
import re
import time
from pathlib import Path
from typing import Any

from virtual_pi.commands import run
from virtual_pi.errors import RowFailed
from virtual_pi.qemu import Qemu

LIMIT = 900.0
"""Seconds for a trial: about 120 on an idle machine."""

_LINE = re.compile(r"^TRIAL (\{.*\})\s*$", re.MULTILINE)
_END = "end"


def findings(console: str) -> dict[str, Any]:
    """Return the findings that a trial has printed on *console*, by name."""
    found = (json.loads(line) for line in _LINE.findall(console))
    return {one["name"]: one["value"] for one in found}


def run_trial(layer: Path, work: Path, *, persist: bool, init: str = "") -> dict[str, Any]:
    """Boot the Pi 3B from a copy of its memory card and return the findings of the trial.

    :param layer: as :func:`virtual_pi.raspi3b.card.build_card` returns it
    :param work: a folder for the card's copy and the console
    :param persist: have the kernel keep released outputs driven, as Raspberry Pi OS does
    :param init: the program to run instead of systemd
    :raises RowFailed: if the trial does not come to its end; the text has the end of the console
    """
    card, console = work / "pi3b.qcow2", work / "pi3b.log"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", layer / "card.img", "-F", "raw", card)
    console.unlink(missing_ok=True)
    machine = Qemu(command(layer, card, console, persist=persist, init=init), work)
    try:
        return _wait(machine, console)
    finally:
        machine.cut_power()
        card.unlink()


def command(
    layer: Path, card: Path, console: Path, *, persist: bool, init: str
) -> list[str | Path]:
    """Return QEMU's command for the Pi 3B."""
    words = [
        "console=ttyAMA0,115200", "loglevel=3", "panic=-1", "rdinit=/init",
        "systemd.unit=trial.target", "systemd.show_status=no",
        f"pinctrl_bcm2835.persist_gpio_outputs={persist:d}",
        *([f"card.init={init}"] if init else []),
    ]  # fmt: skip
    return [
        "qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg,thread=multi", "-m", "1024",
        "-display", "none", "-monitor", "none", "-no-reboot",
        "-kernel", layer / "vmlinuz", "-initrd", layer / "initrd", "-dtb", layer / "pi3b.dtb",
        "-drive", f"file={card},format=qcow2,if=sd", "-append", " ".join(words),
        "-serial", f"file:{console}",
    ]  # fmt: skip


def _wait(machine: Qemu, console: Path) -> dict[str, Any]:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        text = console.read_text("utf-8", "replace") if console.exists() else ""
        found = findings(text)
        if _END in found:
            return found
        if not machine.alive():
            raise RowFailed(f"the Pi 3B has ended by itself:\n{text[-1500:]}{machine.log()}")
        time.sleep(0.5)
    raise RowFailed(f"the trial has not ended after {LIMIT:.0f} s:\n{text[-1500:]}")
