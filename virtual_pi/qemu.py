"""Starts QEMU and ends it. It ends with this process too, also by SIGKILL."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from virtual_pi.commands import start
from virtual_pi.errors import CannotRun, CommandFailed

# Resident memory of a guest, MiB.
MEMORY = 1024
SERIAL_LINES = ("ttyS1", "ttyS2", "ttyS3")
USB_ADAPTER = "usb1"
_KVM_LIMIT = 8.0
PANIC_S = 20
"""Seconds from a kernel's panic to its reset before the package's own setting is loaded. QEMU's
emulation makes Linux panic at a boot now and then (``int3`` in code that another processor is
changing)."""
# Less output on the console, which costs an emulated processor much; devices may be late.
_KERNEL = (
    "root=/dev/vda console=ttyS0 loglevel=4 mitigations=off systemd.show_status=error "
    f"systemd.default_device_timeout_sec=900 panic={PANIC_S}"
)


class Qemu:
    """One virtual machine.

    :param words: the command
    :param folder: for its output, ``qemu.log``
    """

    def __init__(self, words: Sequence[str | Path], folder: Path) -> None:
        self._log = folder / "qemu.log"
        self._process = start(*words, log=self._log)

    @property
    def pid(self) -> int:
        """The process id of QEMU."""
        return self._process.pid

    def alive(self) -> bool:
        """Return True while the machine runs."""
        return self._process.poll() is None

    def cut_power(self) -> None:
        """End it at once by SIGKILL, as a power cut ends a Pi."""
        if self.alive():
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def wait(self, limit: float) -> int:
        """Wait until the machine ends by itself and return QEMU's exit code.

        :raises CommandFailed: if it still runs after *limit* seconds
        """
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(f"the guest still runs after {limit:.0f} s") from error

    def log(self) -> str:
        """Return what QEMU itself printed."""
        return self._log.read_text("utf-8", "replace")


def accelerator(kernel: Path, folder: Path) -> str:
    """Return ``kvm`` if this machine really runs a processor with it, else ``tcg``.

    :param kernel: a kernel image that is started for the trial
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    console = folder / "kvm.log"
    trial = Qemu(
        [
            "qemu-system-x86_64", "-machine", "pc,accel=kvm", "-cpu", "host", "-m", "256",
            "-nodefaults", "-display", "none", "-no-reboot", "-kernel", kernel,
            "-append", "console=ttyS0 panic=-1", "-serial", f"file:{console}",
        ],
        folder,
    )  # fmt: skip
    end = time.monotonic() + _KVM_LIMIT
    try:
        while trial.alive() and time.monotonic() < end:
            if console.exists() and b"Linux version" in console.read_bytes():
                return "kvm"
            time.sleep(0.1)
    finally:
        trial.cut_power()
    return "tcg"


def pc(
    image: Path, disk: Path, run: Path, share: Path, accel: str, *, append: str = "",
    more: Sequence[str] = (),
) -> list[str | Path]:  # fmt: skip
    """Return the command of guest A, with its sockets in *run*.

    ``agent``, ``monitor`` (QMP), ``console`` (a terminal; its text is in console.log), ``ttyS1`` to
    ``ttyS3``, ``usb1`` (a USB serial adapter, plugged in by ``device_add``).

    :param image: the folder with vmlinuz and initrd
    :param disk: the disk, qcow2
    :param share: a folder of this machine that the guest can read, by 9p under the tag ``share``
    :param append: more words for the kernel's command line
    :param more: more options of QEMU
    """
    if max(len(str(run / name)) for name in (*SERIAL_LINES, "monitor")) > 100:
        raise CannotRun(f"the name of the folder is too long for sockets: {run}")
    words: list[str | Path] = [
        "qemu-system-x86_64", "-name", "virtual-pi", "-machine", f"pc,accel={accel}",
        "-cpu", "host" if accel == "kvm" else "max", "-smp", "2", "-m", str(MEMORY),
        "-nodefaults", "-display", "none",
        "-kernel", image / "vmlinuz", "-initrd", image / "initrd",
        "-append", f"{_KERNEL} {append}",
        # Each write is in the image when the guest learns that it is done.
        "-drive", f"file={disk},format=qcow2,if=virtio,cache=writethrough",
        "-netdev", "user,id=network", "-device", "virtio-net-pci,netdev=network,romfile=",
        "-device", "virtio-serial-pci", *_socket("agent", run),
        "-device", "virtserialport,chardev=agent,name=virtual-pi",
        "-chardev", f"{_socket('console', run)[1]},logfile={run}/console.log,logappend=on",
        "-serial", "chardev:console",
    ]  # fmt: skip
    for line in SERIAL_LINES:
        words += [*_socket(line, run), "-serial", f"chardev:{line}"]
    words += [
        "-device", "qemu-xhci,id=usb", *_socket(USB_ADAPTER, run),
        "-device", "i6300esb", "-action", "watchdog=reset",
        "-virtfs", f"local,path={share},mount_tag=share,security_model=none,readonly=on",
        "-qmp", f"unix:{run}/monitor,server=on,wait=off",
        *more,
    ]  # fmt: skip
    return words


def _socket(name: str, run: Path) -> list[str]:
    return ["-chardev", f"socket,path={run}/{name},server=on,wait=off,id={name}"]
