"""`gardu watch-inputs`: every input as it is now, and what devices say, as it comes.

Nothing is driven (edge/commands/doctor/pin_monitor.py): drivers see a mirror of the pins, so that
presses, passages and answers are told as the daemon would understand them, while locks and rings
stay where they are.
"""

import contextlib
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Self

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge.clock import Clock
from edge.commands.doctor.event_words import event_words, meaning_of
from edge.commands.doctor.pin_monitor import Mirror, Tap, Taps
from edge.commands.doctor.recorder import Recorder
from edge.commands.doctor.serial_monitor import spied_serial
from edge.commands.options import ConfigOption
from edge.config.inventory import fitted, lines
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.build import build_devices
from edge.daemon.procedures import load_checked
from edge.drivers.base import Device
from edge.drivers.gpio.pins import pin_factory
from edge.errors import ConfigError, DeviceFault, DeviceUnavailable, StoreError
from edge.store.data_folder import FolderLock
from edge.store.still_files import StillFiles

# How often levels are settled: a press is ten times as long. Every so many times all is drawn.
_SETTLE_S = 0.01
_DRAW_EVERY = 10
# Lines of what was said last, below the table.
_LAST = 12


class InputBoard:
    """The live table on a terminal."""

    def __init__(self, taps: list[Tap]) -> None:
        self._taps = taps
        self._said: list[str] = []
        self._live = Live(console=Console(), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()

    def say(self, line: str) -> None:
        """Show *line* among the last ones."""
        self._said = [*self._said, line][-_LAST:]

    def draw(self) -> None:
        """Draw everything as it is now."""
        table = Table(title="Inputs (Ctrl-C ends)", title_justify="left")
        for heading in ("GPIO", "function", "level", "means", "for", "edges", "bounces"):
            table.add_column(heading)
        for tap in self._taps:
            table.add_row(*_cells(tap), style="bold yellow" if tap.active else "")
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
        """Nothing to put back."""

    def say(self, line: str) -> None:
        """Write *line* at once."""
        typer.echo(line)

    def draw(self) -> None:
        """Nothing: lines are written as they come."""


def watch_inputs(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Also every single edge, bounces too, and every byte on serial lines."
        ),
    ] = False,
) -> None:
    """Show every input live: level, meaning, edges, bounces; and cards, codes and boards' answers.

    A table on a terminal, plain lines anywhere else, until Ctrl-C. Nothing is switched. Card
    numbers are shown: that is how a new visitor card's number is read. The daemon must not run
    at the same time (systemctl stop gardu).

    Example: gardu watch-inputs --config /etc/gardu/gardu.toml | tee inputs.txt
    """
    try:
        checked = load_checked(config)
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(2) from None
    try:
        with _alone(Path(checked.checkpoint.data)), _stop_requested() as stop:
            _watch(checked, Clock.from_environment(), stop, raw=raw)
    except (StoreError, DeviceUnavailable) as error:
        typer.echo(f"gardu watch-inputs: {error}", err=True)
        raise typer.Exit(1) from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep the daemon away meanwhile; a folder that is not there has none.

    :raises StoreError: if it is running
    """
    lock = FolderLock(folder) if folder.is_dir() else None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


@contextlib.contextmanager
def _stop_requested() -> Iterator[threading.Event]:
    """Yield what is set by Ctrl-C and SIGTERM."""
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
    factory = pin_factory(config.gpio.chip) if parts else None
    moved: Callable[[Tap], None] = (lambda tap: tell(_edge_words(tap))) if raw else _nothing
    spied = spied_serial(tell) if raw else contextlib.nullcontext()
    try:
        with Taps(parts, factory, clock, moved) as taps, spied:
            outputs = [part.part.pin for part in fitted(config) if part.is_output]
            mirror = Mirror(taps.taps, outputs)
            view = InputBoard(taps.taps) if Console().is_terminal else InputLines(taps.taps)
            told = {tap.pin: tap.high for tap in taps.taps}  # also what moves meanwhile is news
            with view, _opened(config, clock, mirror, tell):
                _show(view, taps.taps, told, mirror, news, stop, settled=None if raw else tell)
            mirror.close()
    finally:
        if factory is not None:
            factory.close()


def _nothing(_tap: Tap) -> None:
    """Say nothing of single edges."""


def _show(
    view: InputBoard | InputLines,
    taps: list[Tap],
    told: dict[int, bool | None],
    mirror: Mirror,
    news: "queue.SimpleQueue[str]",
    stop: threading.Event,
    *,
    settled: Callable[[str], None] | None,
) -> None:
    """Show what is new, again and again.

    :param told: the levels that have been told
    :param settled: is told every level that has changed and stayed; None: edges are told anyway
    """
    turn = 0
    while not stop.wait(_SETTLE_S):
        mirror.settle()
        for tap in taps:
            if settled is not None and tap.stable and tap.high != told[tap.pin]:
                told[tap.pin] = tap.high
                settled(level_words(tap))
        while not news.empty():
            view.say(news.get())
        turn += 1
        if turn % _DRAW_EVERY == 0:
            view.draw()


@contextlib.contextmanager
def _opened(
    config: Config, clock: Clock, mirror: Mirror, tell: Callable[[str], None]
) -> Iterator[None]:
    """Have every device that says something open, on the mirror's pins."""
    heard = Recorder(clock, lambda event: tell(event_words(event)))
    stills = StillFiles(Path(config.checkpoint.data))
    speaking = {part.device for part in fitted(config)} | {line.device for line in lines(config)}
    with contextlib.ExitStack() as stack:
        for thread in build_devices(config, clock, heard.post, stills, mirror).threads:
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
    """Say what a pin shows, in one line."""
    return "  ".join(_cells(tap)[:4])


def _edge_words(tap: Tap) -> str:
    return f"edge: GPIO {tap.pin} {_level(tap)} ({tap.fitted.function})"


def _level(tap: Tap) -> str:
    return {None: tap.why or "not read", True: "high", False: "low"}[tap.high]


def _cells(tap: Tap) -> list[str]:
    meaning = meaning_of(tap.fitted.key)
    means: Any = {None: "?", True: meaning.active, False: meaning.rest}[tap.active]
    return [
        f"GPIO {tap.pin:<2}",
        f"{tap.fitted.function:<32}",
        f"{_level(tap):<4}",
        means,
        f"{tap.steady_s:.1f} s",
        str(tap.changes),
        str(tap.bounces),
    ]
