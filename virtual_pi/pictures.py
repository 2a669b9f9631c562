"""Pictures of commands in the guest, as a terminal shows them, for docs/technician.md."""

import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 100
"""Columns of the picture."""

MOST_LINES = 44
"""A longer output is shortened: its first and last lines are drawn."""


def draw(command: str, output: str) -> str:
    """Return the SVG of a terminal with *command* and its *output*."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi("\n".join(shortened(output))))
    return console.export_svg(title=command.split(" --", maxsplit=1)[0], unique_id="terminal")


def shortened(output: str) -> list[str]:
    """Return the lines of *output*, at most :data:`MOST_LINES`."""
    lines = [re.sub(r"[\r\x07]", "", line) for line in output.rstrip().splitlines()]
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    return [*lines[:half], f"… ({len(lines) - 2 * half} lines)", *lines[-half:]]


def save(folder: Path | None, name: str, command: str, output: str) -> None:
    """Write the picture *name* into *folder*; without a folder nothing is drawn."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.svg").write_text(draw(command, output), "utf-8")
