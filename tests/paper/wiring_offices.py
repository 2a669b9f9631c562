"""Configs for the wiring picture: every kind of equipment, and more of it than shipped configs."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder

FOLDER = default_config_folder()
SHIPPED = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in [*FOLDER.glob("gardu*.toml"), *FOLDER.glob("sop/examples/config/*.toml")]
)


def full() -> dict[str, Any]:
    """Return a checkpoint with every kind of equipment, long names and an ill-chosen pin."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    places = [{"number": n, "address": n % 3, "lock": n} for n in range(1, 13)]
    port = "/dev/serial/by-id/usb-QinHeng_USB_Serial-if00-port0"
    raw["buses"] = {"lemari": {"port": port, "baud_rate": 19200}}
    raw["lockers"] = {"driver": "kerong", "bus": "lemari", "board": "cu16", "locker": places}
    raw["buzzer"] = {"pin": 26, "active": "low"}
    raw["doors"] = {
        "ruang-kerja-asisten-pemerintahan-dan-kesejahteraan-rakyat": {
            "procedures": ["pimpinan"],
            "strike": {"pin": 5, "active": "low"},
            "contact": {"pin": 17, "pull": "external-up", "wired": "normally-closed"},
        }
    }
    raw["safety"] = {"fire": {"pin": 27}, "duress": {"pin": 22, "pull": "external-down"}}
    raw["cameras"]["pintu"] = {"driver": "picamera2", "purposes": ["pintu"]}
    return raw


def large() -> dict[str, Any]:
    """Return a checkpoint of 24 lockers on two boards, with two modules and three cameras."""
    raw = tomllib.loads((FOLDER / "gardu-modules.toml").read_text(encoding="utf-8"))
    places = [
        {"number": n, "address": (n - 1) // 12, "lock": (n - 1) % 12 + 1} for n in range(1, 25)
    ]
    port = "/dev/serial/by-id/usb-QinHeng_Electronics_Dual_USB_to_RS485_Adapter_A50285BK-if00-port0"
    raw["buses"]["lemari"] = {"port": port, "baud_rate": 19200}
    raw["lockers"] = {"driver": "kerong", "bus": "lemari", "board": "cu16", "locker": places}
    for name in ("pintu-masuk", "ruang-tunggu"):
        raw["cameras"][name] = {
            "driver": "http",
            "url": f"http://192.0.2.30:8080/cgi-bin/snapshot/of/the/camera/{name}/main.jpg",
            "purposes": [name],
        }
    return raw


def read(raw: dict[str, Any], folder: Path) -> Config:
    """Read *raw* as a config."""
    return load_config(write(raw, folder), elsewhere=True)


def write(raw: dict[str, Any], folder: Path) -> Path:
    """Write *raw* into *folder*."""
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return path
