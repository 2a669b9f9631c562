"""Makes the twins of a config's card readers and scanners."""

from pathlib import Path
from random import Random

from edge.clock import Clock
from edge.config.model import Config
from edge.config.sections.card_readers import (
    CardReader,
    Em18,
    Id12La,
    KeyboardCardReader,
    KeyboardScanner,
    Pn532,
    Scanner,
    Wiegand,
)
from sim.twins.card_reader import ReaderTwin, digits, id_12la_frame
from sim.twins.keyboard import KeyboardReaderTwin, KeyboardScannerTwin, typed_number
from sim.twins.pn532 import Pn532Twin
from sim.twins.scanner import ScannerTwin
from sim.twins.wiegand import WiegandTwin
from sim.world.header import Header

CardReaderTwin = ReaderTwin | Pn532Twin | KeyboardReaderTwin | WiegandTwin


def make_readers(
    config: Config, header: Header, folder: Path, clock: Clock, chance: Random
) -> dict[str, CardReaderTwin]:
    """Return a twin for each card reader of *config*; its port's link is ``tty-<name>``."""
    return {
        name: WiegandTwin(header, reader, clock, chance)
        if isinstance(reader, Wiegand)
        else _make_reader(reader, folder / f"tty-{name}", clock, chance)
        for name, reader in config.card_readers.items()
    }


def make_scanners(
    config: Config, folder: Path, clock: Clock, chance: Random
) -> dict[str, ScannerTwin | KeyboardScannerTwin]:
    """Return a twin for each scanner of *config*; its port's link is ``scanner-<name>``."""
    return {
        name: _make_scanner(item, folder / f"scanner-{name}", clock, chance)
        for name, item in config.scanners.items()
    }


def _make_reader(config: CardReader, port: Path, clock: Clock, chance: Random) -> CardReaderTwin:
    if isinstance(config, KeyboardCardReader):
        typed = typed_number(config.number, config.first_byte)
        return KeyboardReaderTwin(port, chance, typed)
    if isinstance(config, Pn532):
        return Pn532Twin(port, clock, chance)
    if isinstance(config, Id12La):
        return ReaderTwin(port, clock, chance, id_12la_frame, repeats=False)
    if isinstance(config, Em18):
        return ReaderTwin(port, clock, chance, digits, repeats=False)
    return ReaderTwin(port, clock, chance)


def _make_scanner(
    config: Scanner, port: Path, clock: Clock, chance: Random
) -> ScannerTwin | KeyboardScannerTwin:
    if isinstance(config, KeyboardScanner):
        return KeyboardScannerTwin(port, clock, chance)
    return ScannerTwin(port, clock, chance, config.mode, config.reading_s)
