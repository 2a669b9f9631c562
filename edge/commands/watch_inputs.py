"""`gardu watch-inputs`: shows every input live, and the events of the devices.

No pin is driven (edge/commands/doctor/pin_monitor.py): drivers use a mirror of the pins, so that
presses, passages and answers are shown as the daemon would understand them, while no lock or ring
is switched.
"""

import contextlib
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Self

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge.clock import Clock
from edge.commands.doctor.event_words import event_words, meaning_of
from edge.commands.doctor.modules import modules_of
from edge.commands.doctor.pin_monitor import Mirror, Tap, Taps
from edge.commands.doctor.recorder import Recorder
from edge.commands.doctor.serial_monitor import spied_serial
from edge.commands.options import ConfigOption, refuse, say
from edge.config.inventory import fitted, lines
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.build import build_devices, open_channels
from edge.daemon.procedures import load_checked
from edge.drivers.base import Device
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import ModuleDevice
from edge.errors import ConfigError, DeviceFault, DeviceUnavailable, StoreError
from edge.printable import printable
from edge.store.data_folder import FolderLock
from edge.store.still_files import StillFiles
from edge.terminal import Terminal

# Interval of the check for stable levels, seconds; a press is ten times as long. The board is
# drawn after every _DRAW_EVERY checks.
_SETTLE_S = 0.01
_DRAW_EVERY = 10
# Number of event lines below the table.
_LAST = 12


class InputBoard:
    """The live table on a terminal."""

    def __init__(self, taps: list[Tap]) -> None:
        self._taps = taps
        self._said: list[str] = []
        self._live = Live(console=Terminal(), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()

    def say(self, line: str) -> None:
        """Add *line* to the lines below the table."""
        self._said = [*self._said, printable(line)][-_LAST:]

    def draw(self) -> None:
        """Draw the table with the present levels."""
        table = Table(title="Inputs (Ctrl-C ends)", title_justify="left")
        for heading in ("place", "function", "level", "means", "for", "edges", "bounces"):
            table.add_column(heading)
        for tap in self._taps:
            table.add_row(*map(Text, _cells(tap)), style="bold yellow" if tap.active else "")
        self._live.update(Group(table, Text("\n".join(self._said))), refresh=True)


class InputLines:
    """Plain lines, for a log or a pipe."""

    def __init__(self, taps: list[Tap]) -> None:
        self._taps = taps

    def __enter__(self) -> Self:
        for tap in self._taps:
            self.say(level_words(tap))
        return self

    def __exit__(self, *_error: object) -> None:
        """Do nothing: there is nothing to restore."""

    def say(self, line: str) -> None:
        """Print *line*."""
        say(printable(line))

    def draw(self) -> None:
        """Do not draw: lines are printed on arrival."""


def watch_inputs(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Show also every edge, with bounces, and every byte on serial lines."
        ),
    ] = False,
) -> None:
    """Show every input live: level, meaning, edges, bounces; and cards, codes and boards' answers.

    A table on a terminal, plain lines elsewhere, until Ctrl-C. No output is switched. Card numbers
    are shown, so that the number of a new visitor card can be read. The daemon must not run at the
    same time (systemctl stop gardu).

    Example: gardu watch-inputs --config /etc/gardu/gardu.toml | tee inputs.txt
    """
    try:
        checked = load_checked(config)
    except ConfigError as error:
        refuse("\n".join(error.problems))
    try:
        with _alone(Path(checked.checkpoint.data)), _stop_requested() as stop:
            _watch(checked, Clock.from_environment(), stop, raw=raw)
    except (StoreError, DeviceUnavailable) as error:
        refuse(f"gardu watch-inputs: {error}", code=1)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock the data *folder* against the daemon; a missing folder needs no lock.

    :raises StoreError: if the daemon runs
    """
    lock = FolderLock(folder) if folder.is_dir() else None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


@contextlib.contextmanager
def _stop_requested() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, told) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _watch(config: Config, clock: Clock, stop: threading.Event, *, raw: bool) -> None:
    """Watch until *stop* is set."""
    news: queue.SimpleQueue[str] = queue.SimpleQueue()
    started_ns = clock.boot_ns()

    def tell(words: str) -> None:
        news.put(f"{(clock.boot_ns() - started_ns) / 1e9:9.3f}  {words}")

    parts = [part for part in fitted(config) if not part.is_output]
    buses = Buses(config.buses, clock)
    channels = open_channels(config, clock, buses) if parts else None
    moved: Callable[[Tap], None] = (lambda tap: tell(_edge_words(tap))) if raw else _no_op
    spied = spied_serial(tell) if raw else contextlib.nullcontext()
    try:
        with Taps(parts, channels, clock, moved) as taps, spied:
            mirror = Mirror(taps.taps, clock)
            view = InputBoard(taps.taps) if Terminal().is_terminal else InputLines(taps.taps)
            # Before the devices open: a level that changes meanwhile is shown.
            told = {tap.place: tap.high for tap in taps.taps}
            with view, _opened(config, clock, mirror, buses, modules_of(channels), tell):
                _show(view, taps.taps, told, mirror, news, stop, settled=None if raw else tell)
            mirror.close()
    finally:
        if channels is not None:
            channels.close()
        buses.close()


def _no_op(_tap: Tap) -> None:
    """Ignore a single edge."""


def _show(
    view: InputBoard | InputLines,
    taps: list[Tap],
    told: dict[str, bool | None],
    mirror: Mirror,
    news: "queue.SimpleQueue[str]",
    stop: threading.Event,
    *,
    settled: Callable[[str], None] | None,
) -> None:
    """Show new lines and levels until *stop* is set.

    :param told: the levels that have been shown
    :param settled: called with a line for each level that has changed and is stable; None: not
        needed, because every edge is shown
    """
    turn = 0
    while not stop.wait(_SETTLE_S):
        mirror.settle()
        for tap in taps:
            if settled is not None and tap.stable and tap.high != told[tap.place]:
                told[tap.place] = tap.high
                settled(level_words(tap))
        while not news.empty():
            view.say(news.get())
        turn += 1
        if turn % _DRAW_EVERY == 0:
            view.draw()


@contextlib.contextmanager
def _opened(
    config: Config,
    clock: Clock,
    mirror: Mirror,
    buses: Buses,
    modules: Sequence[ModuleDevice],
    tell: Callable[[str], None],
) -> Iterator[None]:
    """Hold every device that has inputs or a serial line open, on the mirror's pins."""
    heard = Recorder(clock, lambda event: tell(event_words(event)))
    stills = StillFiles(Path(config.checkpoint.data))
    speaking = {part.device for part in fitted(config)} | {line.device for line in lines(config)}
    with contextlib.ExitStack() as stack:
        for module in modules:
            _open(module, tell)
        devices = build_devices(config, clock, heard.post, stills, mirror, buses=buses)
        for thread in devices.threads:
            if thread.device.name in speaking:
                stack.callback(thread.device.close)
                _open(thread.device, tell)
        yield


def _open(device: Device, tell: Callable[[str], None]) -> None:
    try:
        device.open()
    except (DeviceUnavailable, DeviceFault) as error:
        tell(f"{error}")


def level_words(tap: Tap) -> str:
    """Return a pin's function, level and meaning in one line."""
    return "  ".join(_cells(tap)[:4])


def _edge_words(tap: Tap) -> str:
    return f"edge: {tap.where} {_level(tap)} ({tap.fitted.function})"


def _level(tap: Tap) -> str:
    return tap.level or tap.why or "not read"


def _cells(tap: Tap) -> list[str]:
    meaning = meaning_of(tap.fitted.key)
    means: Any = {None: "?", True: meaning.active, False: meaning.rest}[tap.active]
    return [
        f"{tap.where:<7}",
        f"{tap.fitted.function:<32}",
        f"{_level(tap):<4}",
        means,
        f"{tap.steady_s:.1f} s",
        str(tap.changes),
        str(tap.bounces),
    ]
