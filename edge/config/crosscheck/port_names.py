"""Notes about names of USB serial ports that may mean another device after the next start.

Linux numbers ``ttyUSB`` and ``ttyACM`` devices in the order in which it finds them. udev gives each
two more names, which stay: one in ``/dev/serial/by-id/`` (maker, product, serial number) and one in
``/dev/serial/by-path/`` (the USB socket). Adapters without a serial number (CH340) or with the same
one (many CP2102) share a by-id name: it then means the one that was found last.

The names are looked up on this machine. Where the devices are not here, as at a desk, a note says
where to find the name.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from edge.config.crosscheck.serial import serial_ports
from edge.config.model import Config

_NUMBERED = re.compile(r"/dev/tty(USB|ACM)[0-9]+\Z")
_BY_ID = "/dev/serial/by-id/"


def port_notes(config: Config, root: Path = Path("/")) -> list[str]:
    """Return a note for each serial port of *config* whose name is not sure to stay.

    :param root: the folder that holds ``dev`` and ``sys``
    """
    machine = _Machine(root)
    notes = []
    for port, key in serial_ports(config):
        why = machine.doubt(port)
        if why:
            notes.append(f"{key}: {why}; {machine.advice(port)}")
    return notes


class _Machine:
    """The USB serial devices of this machine, and their names."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._devices = [
            device for kind in ("USB", "ACM") for device in root.glob(f"dev/tty{kind}[0-9]*")
        ]

    def doubt(self, port: str) -> str:
        """Return why *port* may mean another device later; empty if it is sure to stay."""
        if _NUMBERED.match(port):
            return f"{port} may be another device after the next start or replug"
        twins = self._twins(self._here(port)) if port.startswith(_BY_ID) else []
        if not twins:
            return ""
        names = " and ".join(f"/dev/{device.name}" for device in twins)
        return f"{names} has the same name {port}, which means the one that was found last"

    def advice(self, port: str) -> str:
        """Return the name to use instead of *port*."""
        device = self._here(port)
        if not device.exists():
            return f"use its name in {_BY_ID} (ls -l {_BY_ID})"
        by_id, by_path = self._names(device, "by-id"), self._names(device, "by-path")
        if by_id and not self._twins(device):
            return f"use {by_id[0]}"
        if by_path:
            return f"use {by_path[0]}, and keep the adapter in that USB socket"
        return "udev gives it no other name here: use an adapter with a serial number of its own"

    def _here(self, port: str) -> Path:
        """Return the device file of *port* below the root, links followed."""
        return (self._root / port.lstrip("/")).resolve()

    def _names(self, device: Path, folder: str) -> list[str]:
        links = sorted(self._root.glob(f"dev/serial/{folder}/*"), key=lambda one: len(one.name))
        return [f"/dev/serial/{folder}/{one.name}" for one in links if one.resolve() == device]

    def _twins(self, device: Path) -> list[Path]:
        """Return the devices of other adapters with the same product and serial number."""
        own = self._adapter(device)
        if own is None:
            return []
        return [
            other
            for other in sorted(self._devices)
            if (adapter := self._adapter(other)) is not None
            and adapter != own
            and list(_identity(adapter)) == list(_identity(own))
        ]

    def _adapter(self, device: Path) -> Path | None:
        """Return the folder in sysfs of the USB adapter that *device* belongs to."""
        tty = (self._root / "sys/class/tty" / device.name / "device").resolve()
        return next((one for one in (tty, *tty.parents) if (one / "idVendor").is_file()), None)


def _identity(adapter: Path) -> Iterator[str]:
    for name in ("idVendor", "idProduct", "serial"):
        try:
            yield (adapter / name).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            yield ""
