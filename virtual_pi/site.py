"""The checkpoint of guest A: the shipped config, with what differs in the virtual Pi."""

import tomllib
from pathlib import Path

from virtual_pi.broker import HOST_OF_GUEST

REPOSITORY = Path(__file__).parent.parent
SHIPPED = REPOSITORY / "config/gardu.toml"

CONFIG = "/etc/gardu/gardu.toml"

# Outputs at the header by pin, with their level at rest. Lamps may be lit while a checkpoint works.
LOCKS = {5: 1, 6: 1, 7: 1}
RELAYS = {**LOCKS, 8: 1, 26: 0}
LAMPS = {9: 0, 10: 0, 11: 0, 13: 0}
OUTPUTS = {**RELAYS, **LAMPS}

ARRIVE = 4
"""The button that receives a guest of the procedure eselon-4-asn."""
ACCEPT = 25
"""The aide's contact: the host receives the guest."""
RECEPTION_LAMP = 9
LEAVE = 18
"""Held for a second: the guest leaves."""
DETECTOR = 23
"""The metal detector's loop, closed at rest."""
CARDS = tuple(tomllib.loads(SHIPPED.read_text("utf-8"))["cards"]["visitor"])

USB_READER = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_A50285BI-if00-port0"

_READER = 'port = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"'
_HTTP = 'driver = "http"'
_URL = 'url = "http://192.0.2.20/snapshot.jpg"'


def config(port: int, *, reader: str = "/dev/ttyS1", camera: str = "http") -> str:
    """Return the text of the config.

    :param port: the broker's port on this machine
    :param reader: the card reader's serial port
    :param camera: ``http``: a camera that does not answer; ``picamera2``, whose simulated sensor
        keeps a processor busy; or the address of a camera with RTSP (``rtsp://…``)
    """
    changes = [
        ('# chip = "auto"', 'chip = "0"'),  # a PC has no device tree that names the header
        ('url = "mqtt://127.0.0.1:1883"', f'url = "mqtt://{HOST_OF_GUEST}:{port}"'),
        (_READER, f'port = "{reader}"'),
        ("# ledger_s = 300.0", "ledger_s = 10.0"),
        ('opens = "07:30"', 'opens = "00:00"'),
        ('# timezone = ""', 'timezone = "Asia/Jakarta"'),
    ]
    if camera == "picamera2":
        changes += [
            (_HTTP, 'driver = "picamera2"\nwidth = 640\nheight = 480\ntimeout_s = 30.0'),
            (_URL, ""),
        ]
    elif camera.startswith("rtsp://"):
        changes += [
            (_HTTP, 'driver = "rtsp"\ntimeout_s = 60.0\noldest_s = 60.0'),
            (_URL, f'url = "{camera}"'),
        ]
    return changed(SHIPPED.read_text("utf-8"), changes)


def changed(text: str, changes: list[tuple[str, str]]) -> str:
    """Return *text* with each change made at its first place.

    :raises ValueError: if the text has no such place
    """
    for old, new in changes:
        if old not in text:
            raise ValueError(f"the shipped config has no {old!r} any more")
        text = text.replace(old, new, 1)
    return text
