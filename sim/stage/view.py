"""The live view: the lobby's equipment, the guests, and the records at the central office."""

from collections import deque
from datetime import datetime
from typing import Any

from rich.console import (
    Console,  # noqa: TID251 - the type in rich's protocol
    ConsoleOptions,
    Group,
    RenderableType,
    RenderResult,
)
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from edge.config.office_time import office_time
from sim.stage.stage import Stage
from sim.stage.summary import OUTCOME_STYLES, clock_time
from sim.zone import office_zone

# A panel is shown by a word as well as by the colours of its lamps.
_WORDS = {
    "off": ("dim", "off"),
    "on": ("green", "waits"),
    "slow": ("blue", "decide"),
    "amber": ("yellow", "soon"),
    "red": ("red", "late"),
    "fast": ("bold red", "urgent"),
    "test": ("white", "test"),
}
_COLOURS = {
    "lamp": "green", "white": "white", "green": "green", "blue": "blue", "amber": "yellow",
    "red": "red",
}  # fmt: skip
_RHYTHMS = {"off": "○", "steady": "●", "wink": "◕", "slow": "◐", "fast": "◉"}
# A sign of a panel's lamp: a press was heard, or was refused.
_SIGN = " ✦"
_NETWORK_STYLES = {"up": "green", "cut": "bold red", "half-open": "bold yellow"}
_BAR = 10
_LEFT_WIDTH = 28
# From this many columns on, less urgent things are shown too.
_WIDE = 96
_HEADER_LINES = 2


class View:
    """Draws *stage*; ``say`` shows a line in the header.

    :param standards: standard time in seconds by (procedure, step)
    """

    def __init__(self, stage: Stage, standards: dict[tuple[str, str], float | None]) -> None:
        self._stage = stage
        self._standards = standards
        self._wide = True
        self._said: deque[str] = deque(maxlen=3)

    def say(self, words: str) -> None:
        """Show the last line of *words* in the header."""
        self._said.extend(words.splitlines()[-3:])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self._wide = options.max_width >= _WIDE
        yield self._layout()

    def _layout(self) -> Layout:
        layout = Layout()
        layout.split_column(
            Layout(self._header(), name="header", size=_HEADER_LINES),
            Layout(name="middle", ratio=3),
            Layout(name="bottom", ratio=2, minimum_size=7),
        )
        layout["middle"].split_row(
            Layout(Panel(self._lobby(), title="Lobby", border_style="dim"), size=_LEFT_WIDTH),
            Layout(Panel(self._guests(), title="Guests", border_style="dim")),
        )
        layout["bottom"].split_row(
            Layout(Panel(self._delivery(), title="Central office", border_style="dim"),
                   size=_LEFT_WIDTH),
            Layout(Panel(self._records(), title="Records", border_style="dim")),
        )  # fmt: skip
        return layout

    def _header(self) -> RenderableType:
        stage, settings = self._stage, self._stage.settings
        wall = office_time(stage.clock.wall_ms(), office_zone(stage.config))
        network = stage.network.state
        first = Text.assemble(
            (" Gardu ", "bold reverse"),
            f"  {wall:%H:%M:%S %Z}  speed {settings.speed}  ",
            (settings.scenario_name, "bold"),
            f"  guests {stage.snapshot.get('gone', 0)}/{settings.guests} done",
        )
        second = Text.assemble(
            " network ",
            (network, _NETWORK_STYLES[network]),
            "  daemon ",
            ("awake", "green") if self._awake else ("asleep", "bold red"),
            f"  restarts {stage.daemon.restarts}  seed {settings.seed}  ",
            (self._said[-1] if self._said else "", "italic"),
        )
        second.no_wrap = first.no_wrap = True
        return Group(first, second)

    @property
    def _lobby_now(self) -> dict[str, Any]:
        now: dict[str, Any] = self._stage.snapshot.get("lobby", {})
        return now

    @property
    def _awake(self) -> bool:
        return bool(self._lobby_now.get("awake"))

    def _lobby(self) -> RenderableType:
        now = self._lobby_now
        table = Table.grid(padding=(0, 1))
        for name, lamp in now.get("lamps", {}).items():
            signs = bool(now.get("signs", {}).get(name))
            table.add_row(name, _panel(now.get("shining", {}).get(name, {}), lamp, signs=signs))
        holders = {locker: guest["number"] for guest in self._here for locker in guest["lockers"]}
        for number, locker in now.get("lockers", {}).items():
            table.add_row(f"locker {number}", _locker(locker, holders.get(int(number))))
        if self._stage.config.detectors:
            alarming = now.get("alarming")
            table.add_row(
                "detector", Text("ALARM", "bold red") if alarming else Text("quiet", "dim")
            )
        for name, ringing in now.get("ringing", {}).items():
            table.add_row(f"aiphone {name}", _or_quiet("rings", on=ringing))
        table.add_row("buzzer", _or_quiet("beeps", on=bool(now.get("beeping"))))
        return table

    @property
    def _here(self) -> list[dict[str, Any]]:
        here: list[dict[str, Any]] = self._stage.snapshot.get("guests", [])
        return here

    def _guests(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        for guest in self._here:
            standard = self._standards.get((guest["procedure"], guest["step"]))
            table.add_row(
                str(guest["number"]),
                Text(guest["step"], "" if guest["served"] else "dim"),
                _bar(guest["elapsed_s"], standard),
                *([Text(guest["procedure"], "dim")] if self._wide else []),
            )
        if not self._here:
            table.add_row("", Text("nobody is here", "dim"))
        return table

    def _delivery(self) -> RenderableType:
        received = self._stage.received
        table = Table.grid(padding=(0, 1))
        table.add_row("written", str(received.written))
        table.add_row("delivered", str(received.delivered))
        table.add_row("gaps", Text(str(received.gaps), "bold red" if received.gaps else "green"))
        table.add_row("pictures", str(received.stills))
        table.add_row("overdue", str(received.overdue))
        for outcome, count in received.outcomes.items():
            table.add_row(outcome, Text(str(count), OUTCOME_STYLES.get(outcome, "")))
        return table

    def _records(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(style="dim", no_wrap=True, min_width=8)
        table.add_column(no_wrap=True, min_width=15)
        table.add_column(no_wrap=True, overflow="ellipsis")
        zone = office_zone(self._stage.config)
        for line in reversed(self._stage.received.lines):
            time = datetime.fromisoformat(line.time).astimezone(zone)
            visit = f"{line.visit} " if line.visit else ""
            table.add_row(f"{time:%H:%M:%S}", line.kind, visit + line.about)
        return table


def _panel(shining: dict[str, str], mode: str, *, signs: bool = False) -> Text:
    """Return a panel's lamps, each in its colour, and their meaning in a word; a sign as a star."""
    text = Text()
    for name, rhythm in shining.items():
        style = _COLOURS[name] if rhythm != "off" else "dim"
        text.append(_RHYTHMS[rhythm], style)
    style, word = _WORDS[mode]
    text.append(f" {word}", style)
    return text.append(_SIGN, "bold white") if signs else text


def _locker(locker: dict[str, Any], holder: int | None) -> Text:
    if locker["open"]:
        return Text("open", "yellow")
    if locker["jammed"]:
        return Text("jammed", "red")
    return Text(f"guest {holder}", "cyan") if holder else Text("closed", "dim")


def _or_quiet(word: str, *, on: bool) -> Text:
    return Text(word, "bold cyan") if on else Text("quiet", "dim")


def _bar(elapsed_s: float, standard_s: float | None) -> Text:
    """Return elapsed time against standard: a bar that is full, and red, at the standard."""
    if standard_s is None:
        return Text(" " * _BAR + f" {clock_time(elapsed_s):>5}")
    filled = min(_BAR, int(_BAR * elapsed_s / standard_s))
    style = "red" if elapsed_s > standard_s else "green"
    bar = Text("━" * filled, style)
    bar.append("━" * (_BAR - filled), "dim")
    bar.append(f" {clock_time(elapsed_s):>5}/{clock_time(standard_s)}", style)
    return bar
