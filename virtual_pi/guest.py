"""Guest A: its disk, its boot and its end, and all that a tester does with it."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from virtual_pi.agent import LIMIT, Agent, Answer
from virtual_pi.commands import run
from virtual_pi.errors import CommandFailed, Unreachable
from virtual_pi.monitor import Monitor
from virtual_pi.qemu import USB_ADAPTER, Qemu, pc

# Seconds until the agent answers after power-on: 20 on an idle machine without KVM.
BOOT_LIMIT = 1800.0
_SHARE = "/media/share"
_BOOTED = "systemctl is-system-running 2>&1 | grep -qE 'running|degraded'"
_USB_DEVICE = "adapter"


class Guest:
    """A virtual machine of guest A with a disk of its own; what is written stays in the disk.

    :param image: the folder with disk.img, vmlinuz and initrd
    :param folder: a folder for the disk, the sockets and the logs; a short name
    :param accel: ``kvm`` or ``tcg``
    :param base: the disk to begin with, if it is not the image's own
    """

    def __init__(self, image: Path, folder: Path, accel: str, base: Path | None = None) -> None:
        self._image = image
        self.accel = accel
        self._qemu: Qemu | None = None
        self.folder = folder
        self.disk = folder / "disk.qcow2"
        self.share = folder / "share"
        self.share.mkdir(parents=True)
        make_overlay(base or image / "disk.img", self.disk)
        self.agent = Agent(folder / "agent", self.alive)
        self.monitor = Monitor(folder / "monitor")

    def power_on(self, append: str = "", more: Sequence[str] = ()) -> None:
        """Start the machine.

        :param append: words for the kernel's command line
        :param more: options of QEMU
        """
        words = pc(
            self._image, self.disk, self.folder, self.share, self.accel, append=append, more=more
        )
        self._qemu = Qemu(words, self.folder)

    def boot(self, append: str = "", more: Sequence[str] = ()) -> float:
        """Start the machine, wait for its agent, and return the seconds from power-on.

        :raises Unreachable: if the agent does not answer; the text has the end of the console
        """
        self.power_on(append, more)
        return self.wait()

    def wait(self, limit: float = BOOT_LIMIT) -> float:
        """Wait for the end of the boot, then mount the shared folder; return the seconds."""
        began = time.monotonic()
        try:
            self.agent.wait(limit)
        except Unreachable as error:
            raise Unreachable(f"{error}\n{self.console()[-1500:]}{self._qemu_log()}") from error
        self.until(_BOOTED, limit, "the end of the boot")
        self.run(f"mkdir -p {_SHARE}; modprobe -a 9p 9pnet_virtio")
        self.until(
            f"mountpoint -q {_SHARE} || "
            f"mount -t 9p -o trans=virtio,version=9p2000.L share {_SHARE} 2>/dev/null",
            limit, "the shared folder",
        )  # fmt: skip
        return time.monotonic() - began

    def alive(self) -> bool:
        """Return True while the machine runs."""
        return self._qemu is not None and self._qemu.alive()

    def cut_power(self) -> None:
        """End the machine by SIGKILL; it can be started again from its disk."""
        if self._qemu is not None:
            self._qemu.cut_power()
        for socket in ("agent", "monitor", "console"):
            (self.folder / socket).unlink(missing_ok=True)

    def power_off(self, limit: float = 120.0) -> None:
        """Shut the guest down in order."""
        self.ask("systemctl poweroff")
        if self._qemu is not None:
            self._qemu.wait(limit)

    def run(self, command: str, *, timeout: float = LIMIT) -> str:
        """Run a shell command in the guest and return its output.

        :raises CommandFailed: if its exit code is not 0
        """
        return self.agent.run(command, timeout=timeout)

    def ask(self, command: str, *, timeout: float = LIMIT) -> Answer:
        """Run a shell command in the guest and return its exit code and output."""
        return self.agent.ask(command, timeout=timeout)

    def until(self, condition: str, limit: float, what: str) -> None:
        """Wait in the guest until a shell command succeeds.

        :raises CommandFailed: if it does not within *limit* seconds; the text has *what*
        """
        code, _ = self.ask(f"until {condition}; do sleep 0.3; done", timeout=limit)
        if code:
            raise CommandFailed(f"{what}: not within {limit:.0f} s")

    def put(self, file: Path, place: str) -> None:
        """Copy a file or folder of this machine into the guest."""
        shared = self.share / file.name
        if file.is_dir():
            shutil.copytree(file, shared, dirs_exist_ok=True)
        else:
            shutil.copy(file, shared)
        self.run(f"cp -r {_SHARE}/{file.name} {place}", timeout=300)

    def write(self, place: str, text: str) -> None:
        """Write a text file in the guest."""
        (self.share / "text").write_text(text, "utf-8")
        self.run(f"cp {_SHARE}/text {place}")

    def plug_usb(self) -> None:
        """Plug the USB serial adapter in; its other end is the socket ``usb1``."""
        self.monitor.execute(
            "device_add", driver="usb-serial", chardev=USB_ADAPTER, id=_USB_DEVICE,
            bus="usb.0", serial="A50285BI",
        )  # fmt: skip

    def unplug_usb(self) -> None:
        """Unplug the USB serial adapter."""
        self.monitor.execute("device_del", id=_USB_DEVICE)
        self.monitor.wait_gone(_USB_DEVICE)

    def console(self) -> str:
        """Return what the guest has printed on its console."""
        try:
            return (self.folder / "console.log").read_text("utf-8", "replace")
        except OSError:
            return ""

    def _qemu_log(self) -> str:
        return "" if self._qemu is None else self._qemu.log()


def make_overlay(base: Path, disk: Path) -> None:
    """Make an empty disk over *base*, which is not changed by writes to it."""
    kind = "raw" if base.suffix == ".img" else "qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", kind, disk)
