"""Card readers and scanners of a simulated lobby, and its daemon's config."""

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.card_readers import Gm65
from edge.daemon.build import build_card_reader, build_scanner
from edge.drivers.hid.keyboard import KeyboardCardReader, KeyboardScanner
from edge.drivers.serial.frame_reader import FrameReader
from edge.drivers.serial.gm65 import Gm65Scanner
from edge.drivers.serial.pn532 import Pn532Reader
from sim.stage.rundir import RunDir
from sim.twins.card_reader import ReaderTwin
from sim.twins.keyboard import KeyboardReaderTwin
from sim.twins.pn532 import Pn532Twin
from sim.world.lobby import Lobby
from tests.drivers.conftest import Pins

DESK = {"port": "/dev/x", "stations": ["reception"]}
READERS: dict[str, dict[str, Any]] = {
    "one": {"driver": "rdm6300", **DESK},
    "two": {"driver": "id-12la", **DESK},
    "three": {"driver": "pn532", **DESK},
    "four": {"driver": "em-18", **DESK},
    "five": {"driver": "keyboard", "number": "decimal", **DESK},
}
SCANNERS: dict[str, dict[str, Any]] = {
    "gate": {"driver": "gm65", "mode": "host", **DESK},
    "exit": {"driver": "keyboard", **DESK},
}
CONFIG = msgspec.convert(
    {
        "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["pimpinan"]},
        "cards": {"visitor": ["010063E9AE", "DEADBEEF"]},
        "card_readers": READERS,
        "scanners": SCANNERS,
    },
    Config,
)


def links(folder: Path) -> list[str]:
    """Return the names of the ports' links in *folder*."""
    return sorted(path.name for path in folder.iterdir() if path.is_symlink())


def test_a_lobby_has_every_reader_of_its_config(tmp_path: Path) -> None:
    """Each is of its kind, plugged in under its own name, and unplugged at the end."""

    async def run() -> list[str]:
        async with Lobby(CONFIG, tmp_path, Clock(), seed=1) as lobby:
            kinds = [type(reader) for reader in lobby.readers.values()]
            assert kinds == [ReaderTwin, ReaderTwin, Pn532Twin, ReaderTwin, KeyboardReaderTwin]
            assert lobby.snapshot()["cards"] == dict.fromkeys(READERS)
            return links(tmp_path)

    assert asyncio.run(run()) == [
        "scanner-exit", "scanner-gate", "tty-five", "tty-four", "tty-one", "tty-three", "tty-two",
    ]  # fmt: skip
    assert links(tmp_path) == []


def test_each_kind_of_reader_has_its_driver() -> None:
    """The daemon builds the drivers that the config names; none is opened yet."""
    channels, clock = Pins().channels(Clock()), Clock()
    kinds = [
        type(build_card_reader(name, reader, channels, clock, print))
        for name, reader in CONFIG.card_readers.items()
    ]
    assert kinds == [FrameReader, FrameReader, Pn532Reader, FrameReader, KeyboardCardReader]
    scanners = [build_scanner(name, CONFIG, Clock(), print) for name in SCANNERS]
    assert [(type(scanner), scanner.name) for scanner in scanners] == [
        (Gm65Scanner, "scanner/gate"),
        (KeyboardScanner, "scanner/exit"),
    ]


def test_the_daemons_config_leads_to_the_lobbys_ports(tmp_path: Path) -> None:
    """Ports are rewritten and an untrusted clock is allowed; the rest is the office's."""
    folder = default_config_folder()
    raw = tomllib.loads((folder / "gardu.toml").read_text(encoding="utf-8"))
    key = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    raw |= {"scanners": SCANNERS, "invitations": {"keys": {"protokol": key}}}
    raw["checkpoint"]["sop"] = str(folder / "sop")
    source = tmp_path / "source.toml"
    source.write_text(tomli_w.dumps(raw), encoding="utf-8")
    run = RunDir(tmp_path / "run", tmp_path / "wire")
    password = tmp_path / "password"
    password.write_text("rahasia\n", encoding="ascii")
    camera = {"url": "http://127.0.0.1:5/x", "username": "u", "password_file": str(password)}
    run.write_config(source, 4567, {"lobby": camera})
    after = load_config(run.config)
    gate = after.scanners["gate"]
    assert isinstance(gate, Gm65)
    assert (gate.port, gate.mode) == (str(tmp_path / "wire" / "scanner-gate"), "host")
    assert (after.invitations.keys, after.invitations.need_synced_clock) == (
        {"protokol": key},
        False,
    )
