"""Names of serial ports that may change: noted, with the name to use on this machine."""

from pathlib import Path

import msgspec
import pytest

from edge.config.crosscheck.port_names import port_notes
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.buses import Bus

FTDI = "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
CH340 = "usb-1a86_USB_Serial-if00-port0"


def with_port(port: str) -> Config:
    """Return a config whose only serial port is *port*."""
    config = load_config(default_config_folder() / "gardu.toml", elsewhere=True)
    return msgspec.structs.replace(config, card_readers={}, buses={"relays": Bus(port=port)})


def adapter(root: Path, tty: str, socket: str, product: str, serial: str | None) -> None:
    """Plug an adapter into *socket*: its device, its folder in sysfs, its name by path."""
    usb = root / "sys/devices/usb1" / socket
    interface = usb / f"{socket}:1.0" / tty
    interface.mkdir(parents=True)
    (usb / "idVendor").write_text("1a86\n")
    (usb / "idProduct").write_text(f"{product}\n")
    if serial is not None:
        (usb / "serial").write_text(f"{serial}\n")
    link(root / "sys/class/tty" / tty / "device", interface)
    (root / "dev").mkdir(exist_ok=True)
    (root / "dev" / tty).touch()
    link(root / "dev/serial/by-path" / f"platform-usb-0:{socket}:1.0-port0", root / "dev" / tty)


def link(name: Path, target: Path) -> None:
    """Make the link *name*."""
    name.parent.mkdir(parents=True, exist_ok=True)
    name.symlink_to(target)


def by_id(root: Path, name: str, tty: str) -> None:
    """Give *tty* the name *name* under by-id."""
    link(root / "dev/serial/by-id" / name, root / "dev" / tty)


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/ttyACM12"])
def test_at_a_desk_the_note_says_where_the_name_is(tmp_path: Path, port: str) -> None:
    """The device is not here: key, name, reason, and the folder."""
    (note,) = port_notes(with_port(port), tmp_path)
    assert note == (
        f"buses.relays.port: {port} may be another device after the next start or replug; "
        "use its name in /dev/serial/by-id/ (ls -l /dev/serial/by-id/)"
    )


@pytest.mark.parametrize(
    "port", ["/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS1", f"/dev/serial/by-id/{FTDI}"]
)
def test_names_that_stay_are_not_noted(tmp_path: Path, port: str) -> None:
    """The Pi's own ports, and names by id, here or not."""
    adapter(tmp_path, "ttyUSB0", "1-1.2", "6001", "A50285BI")
    by_id(tmp_path, FTDI, "ttyUSB0")
    assert port_notes(with_port(port), tmp_path) == []


def test_on_the_machine_the_right_name_is_offered(tmp_path: Path) -> None:
    """The link that leads to this device, not to another one."""
    adapter(tmp_path, "ttyUSB0", "1-1.2", "6001", "A50285BI")
    adapter(tmp_path, "ttyUSB1", "1-1.3", "7523", None)
    by_id(tmp_path, FTDI, "ttyUSB0")
    by_id(tmp_path, CH340, "ttyUSB1")
    for tty, name in (("ttyUSB0", FTDI), ("ttyUSB1", CH340)):
        (note,) = port_notes(with_port(f"/dev/{tty}"), tmp_path)
        assert note.endswith(f"use /dev/serial/by-id/{name}")


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/ttyUSB1", f"/dev/serial/by-id/{CH340}"])
@pytest.mark.parametrize("serial", [None, "0001"])
def test_two_adapters_with_one_name_are_told_apart_by_their_sockets(
    tmp_path: Path, port: str, serial: str | None
) -> None:
    """Two CH340, or two CP2102 with the factory's number: by-id means the one found last."""
    adapter(tmp_path, "ttyUSB0", "1-1.2", "7523", serial)
    adapter(tmp_path, "ttyUSB1", "1-1.3", "7523", serial)
    by_id(tmp_path, CH340, "ttyUSB1")
    socket = "1-1.2" if port == "/dev/ttyUSB0" else "1-1.3"
    (note,) = port_notes(with_port(port), tmp_path)
    path = f"/dev/serial/by-path/platform-usb-0:{socket}:1.0-port0"
    assert note.endswith(f"use {path}, and keep the adapter in that USB socket")
    if "by-id" in port:
        assert "/dev/ttyUSB0 has the same name" in note
    assert port_notes(with_port(path), tmp_path) == []


def test_one_adapter_with_two_ports_is_no_collision(tmp_path: Path) -> None:
    """A dual adapter has one serial number and two names."""
    adapter(tmp_path, "ttyUSB0", "1-1.2", "6010", "FT1")
    second = tmp_path / "sys/devices/usb1/1-1.2/1-1.2:1.1/ttyUSB1"
    second.mkdir(parents=True)
    link(tmp_path / "sys/class/tty/ttyUSB1/device", second)
    (tmp_path / "dev/ttyUSB1").touch()
    by_id(tmp_path, "usb-FTDI_Dual-if00-port0", "ttyUSB0")
    by_id(tmp_path, "usb-FTDI_Dual-if01-port0", "ttyUSB1")
    assert port_notes(with_port("/dev/serial/by-id/usb-FTDI_Dual-if01-port0"), tmp_path) == []


def test_a_device_without_other_names_is_said(tmp_path: Path) -> None:
    """As where udev does not run."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/ttyUSB0").touch()
    (note,) = port_notes(with_port("/dev/ttyUSB0"), tmp_path)
    assert note.endswith("an adapter with a serial number of its own")
