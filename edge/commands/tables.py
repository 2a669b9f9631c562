"""Tables on standard output, and the wiring table that two commands print."""

import typer

from edge.config.model import Config
from edge.config.wiring import wiring


def show_table(title: str, headers: list[str], rows: list[list[str]]) -> None:
    """Print a table: with lines on a terminal, in plain aligned columns elsewhere."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if console.is_terminal:
        table = Table(*headers, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        return
    typer.echo(title)
    widths = [max(len(row[place]) for row in [headers, *rows]) for place in range(len(headers))]
    for row in [headers, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
    typer.echo()


def print_wiring(config: Config) -> None:
    """Print a row for every pin that *config* uses."""
    rows = [
        [
            str(wire.pin),
            str(wire.header),
            wire.function,
            wire.direction,
            wire.wired,
            wire.boot_pull,
            wire.warning,
        ]
        for wire in wiring(config)
    ]
    headers = ["BCM", "header", "function", "dir", "wired", "at boot", "warning"]
    show_table("Wiring", headers, rows)
