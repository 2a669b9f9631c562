"""Makes the twins of a config's card readers and scanners."""

from pathlib import Path
from random import Random

from edge.clock import Clock
from edge.config.model import Config
from edge.config.sections.card_readers import CardReader, Em18, Id12La, Pn532
from sim.twins.card_reader import ReaderTwin, digits, id_12la_frame
from sim.twins.pn532 import Pn532Twin
from sim.twins.scanner import ScannerTwin


def make_readers(
    config: Config, folder: Path, clock: Clock, chance: Random
) -> dict[str, ReaderTwin | Pn532Twin]:
    """Return a twin for each card reader of *config*; its port's link is ``tty-<name>``."""
    return {
        name: _make_reader(reader, folder / f"tty-{name}", clock, chance)
        for name, reader in config.card_readers.items()
    }


def make_scanners(
    config: Config, folder: Path, clock: Clock, chance: Random
) -> dict[str, ScannerTwin]:
    """Return a twin for each scanner of *config*; its port's link is ``scanner-<name>``."""
    return {
        name: ScannerTwin(folder / f"scanner-{name}", clock, chance, item.mode, item.reading_s)
        for name, item in config.scanners.items()
    }


def _make_reader(
    config: CardReader, port: Path, clock: Clock, chance: Random
) -> ReaderTwin | Pn532Twin:
    if isinstance(config, Pn532):
        return Pn532Twin(port, clock, chance)
    if isinstance(config, Id12La):
        return ReaderTwin(port, clock, chance, id_12la_frame, repeats=False)
    if isinstance(config, Em18):
        return ReaderTwin(port, clock, chance, digits, repeats=False)
    return ReaderTwin(port, clock, chance)
