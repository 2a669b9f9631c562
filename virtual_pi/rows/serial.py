"""Rows about card readers: on a serial line, on a USB adapter, plugged in at any time."""

from collections.abc import Iterator
from contextlib import contextmanager

from virtual_pi import daemon, site, visits
from virtual_pi.bench import Bench, Row


def line(bench: Bench) -> str:
    """Show a card to the reader on ttyS1, which was there when the guest booted."""
    visits.with_card(bench, "ttyS1")
    return "card issued and returned on /dev/ttyS1"


def usb(bench: Bench) -> str:
    """Plug the adapter in after the daemon's start, with its driver never loaded; replug it."""
    guest = bench.guest
    loaded = guest.run("grep -c ttyUSB /proc/devices || true").strip()
    with _usb_reader(bench):
        # QEMU's adapter is on the bus only while a reader is connected to its other end: the end
        # of a visit's connection pulls it out, the next one plugs it in again.
        guest.plug_usb()
        since = bench.office.mark()
        visits.with_card(bench, "usb1")
        bench.office.wait("equipment.fault", since, visits.LIMIT)
        since = bench.office.mark()
        visits.with_card(bench, "usb1")
        bench.office.wait("equipment.restored", since, visits.LIMIT)
        guest.unplug_usb()
    known = "known to the kernel" if loaded != "0" else "not known to the kernel"
    return f"read when plugged in late (driver {known} before), and when plugged in again"


@contextmanager
def _usb_reader(bench: Bench) -> Iterator[None]:
    """Have the daemon expect its reader on the USB adapter, which is not plugged in yet."""
    guest = bench.guest
    guest.run("systemctl stop gardu; modprobe -r ftdi_sio || true")
    guest.write(site.CONFIG, site.config(bench.port, reader=site.USB_READER))
    try:
        daemon.start(guest)
        yield
    finally:
        guest.write(site.CONFIG, site.config(bench.port))
        daemon.start(guest, "restart")


ROWS = (
    Row("serial", "a card reader on a serial line", line),
    Row("usb", "a USB reader plugged in after the start, unplugged, plugged in again", usb),
)  # fmt: skip
