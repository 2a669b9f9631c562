"""Offices as answers of `gardu init`, for tests; and the run of the command on them."""

from pathlib import Path
from typing import Any

import tomli_w
from typer.testing import Result

from tests.command_line import invoke

PIMPINAN = ["pimpinan", "eselon-2-3", "eselon-4-asn"]

# A key of another group or a driver in the name shows which part of the questions it goes through.
OFFICES: dict[str, dict[str, Any]] = {
    "small registration desk": {
        "checkpoint": {"procedures": ["eselon-4-asn"]},
        "lockers": {"count": 2},
    },
    "everything on pins": {
        "checkpoint": {"procedures": ["pimpinan"]},
        "lockers": {"count": 3, "driver": "gpio"},
        "pins": {"relays": "low"},
        "buttons": {"amount": "few"},
    },
    "lockers on pins, relays with a jumper": {
        "checkpoint": {"procedures": ["eselon-4-asn"]},
        "lockers": {"count": 4, "driver": "gpio", "pulse_s": 0.3},
        "pins": {"relays": "either"},
    },
    "Jawa Timur": {
        "checkpoint": {"procedures": ["jatim"], "timezone": "Asia/Jakarta"},
        "aiphone": {"aide": {"busy": True}},
        "cards": {"visitor": ["0200B7D201", "02004A1177"], "supervisor": "0200B7D2FF"},
        "equipment": {"safety": ["fire", "duress"]},
        "guests": {"opens": "07:00"},
    },
    "12 lockers on KERONG boards": {
        "checkpoint": {"procedures": PIMPINAN},
        "lockers": {"count": 12, "driver": "kerong", "board": "cu16"},
    },
    "24 lockers on KERONG boards behind a gateway": {
        "checkpoint": {"procedures": PIMPINAN},
        "lockers": {"count": 24, "driver": "kerong", "board": "cu12", "line": "192.0.2.9:4196"},
        "buzzer": {"quiet": "21:00-06:00"},
    },
    "24 lockers on BCC boards": {
        "checkpoint": {"procedures": PIMPINAN},
        "lockers": {"count": 24, "driver": "bcc", "locks": 12},
    },
    "relay boards with door contacts on a module": {
        "checkpoint": {"procedures": ["pimpinan"]},
        "equipment": {"modules": ["doors-1", "doors-2"]},
        "modules": {
            "doors-1": {"line": "192.0.2.50", "driver": "wago-750"},
            "doors-2": {"line": "192.0.2.51:4196", "protocol": "rtu-over-tcp"},
        },
        "lockers": {"count": 8, "driver": "waveshare", "channels": 4, "doors": "doors-1"},
        "panels": {"officer-2": {"at": "doors-2"}},
    },
    "lockers on a module, colours, two readers, cameras of two kinds": {
        "checkpoint": {"procedures": ["pimpinan"]},
        "equipment": {
            "modules": ["lockers-1", "hall"],
            "card_readers": ["desk", "exit"],
            "cameras": ["desk", "hall-camera"],
        },
        "modules": {
            "lockers-1": {"driver": "waveshare-relay-d", "line": "/dev/serial/by-id/usb-a-if00"},
            "hall": {"line": "/dev/serial/by-id/usb-a-if00"},
        },
        "lockers": {"count": 8, "driver": "gpio", "at": "lockers-1"},
        "card_readers": {
            "desk": {"driver": "keyboard", "number": "hex", "stations": ["reception"]},
            "exit": {"driver": "wiegand", "bits": 34, "stations": ["officer-1", "officer-2"]},
        },
        "cameras": {
            "desk": {"driver": "picamera2", "purposes": ["desk"]},
            "hall-camera": {"driver": "rtsp", "url": "rtsp://192.0.2.20/stream1"},
        },
        "panels": {"reception": {"lamps": "colours"}, "officer-3": {"at": "hall"}},
        "metal_detector": {"at": "hall", "tamper": True},
    },
    "I2C and console stay free, no beam, no buzzer": {
        "checkpoint": {"procedures": PIMPINAN},
        "equipment": {"buzzer": False},
        "pins": {"keep_free": ["i2c", "uart"]},
        "metal_detector": {"beam": False},
        "guests": {"keep": False, "opens": "no"},
    },
    "all procedures, two aides": {
        "checkpoint": {"procedures": ["jatim", "eselon-4-asn"]},
        "equipment": {"aiphones": ["host", "aide"], "doors": []},
        "aiphone": {
            "host": {"procedures": ["jatim"]},
            "aide": {"procedures": ["eselon-4-asn"], "extend": False},
        },
        "buttons": {"amount": "few"},
    },
    "two hosts of one procedure": {
        "checkpoint": {"procedures": ["pimpinan"]},
        "equipment": {"hosts": ["bupati", "wakil-bupati"]},
        "hosts": {"bupati": {"lamp": True}, "wakil-bupati": {"lamp": True}},
        "lockers": {"count": 4, "driver": "kerong"},
        "buttons": {"amount": "few"},
    },
    "two hosts with one aide": {
        "checkpoint": {"procedures": ["jatim"]},
        "equipment": {"hosts": ["karo", "kabag"], "aiphones": ["agendaris"]},
    },
    "a broker with a password, a camera with a user": {
        "checkpoint": {"procedures": ["jatim"]},
        "broker": {"url": "mqtts://mqtt.example.go.id", "username": "lobby"},
        "cameras": {"lobby": {"url": "http://192.0.2.20/snapshot.jpg", "username": "gardu"}},
        "scanner": {
            "driver": "gm65", "key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        },
    },
}  # fmt: skip


def with_site(answers: dict[str, Any]) -> dict[str, Any]:
    """Return *answers* with the name of the office, which has no default."""
    return answers | {"checkpoint": {"site": "setda-example", **answers["checkpoint"]}}


def init(folder: Path, answers: dict[str, Any], *words: str) -> tuple[Path, Result]:
    """Run `gardu init` in *folder* on *answers*; return the config's path and the result."""
    file = folder / "answers.toml"
    file.write_text(tomli_w.dumps(with_site(answers)), encoding="utf-8")
    config = folder / "office" / "gardu.toml"
    return config, invoke(["init", "-c", str(config), "--answers", str(file), *words])
