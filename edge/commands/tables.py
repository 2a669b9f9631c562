"""Tables on standard output, and the wiring table that two commands print."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from edge.commands.options import say
from edge.config.model import Config
from edge.config.wiring import module_wiring, wiring
from edge.printable import printable

# Rows that a table may have on a terminal; also the rows that a longer one has in memory.
_PAGE = 1000


def show_table(title: str, headers: list[str], rows: list[list[str]]) -> None:
    """Print a table: with lines on a terminal, in plain aligned columns elsewhere."""
    from rich.table import Table
    from rich.text import Text

    from edge.terminal import Terminal

    console = Terminal()
    if console.is_terminal:
        # Text: square brackets in a cell are no markup.
        name = Text(printable(title), style="table.title")
        table = Table(*headers, title=name, title_justify="left")
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(table)
        return
    _print_columns(title, headers, [rows])


def show_long_table(
    title: str, headers: list[str], rows: Iterable[list[str]], *, on_output: Callable[[], None]
) -> None:
    """Print a table of any length; above 1,000 rows it has plain columns on a terminal too.

    The columns of a long table become wider where later rows need it: only a page of rows is in
    memory.

    :param on_output: called before the first row is printed
    """
    pages = _pages(rows)
    first, second = next(pages, []), next(pages, None)
    on_output()
    if second is None:
        show_table(title, headers, first)
    else:
        _print_columns(title, headers, chain([first, second], pages))


def _pages(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    rest = iter(rows)
    while page := list(islice(rest, _PAGE)):
        yield page


def _print_columns(title: str, headers: list[str], pages: Iterable[list[list[str]]]) -> None:
    say(printable(title))
    widths, above = [0] * len(headers), [headers]
    for page in pages:
        rows = [*above, *([printable(cell) for cell in row] for row in page)]
        widths, above = _widened(widths, rows), []
        _print_rows(rows, widths)
    say()


def _widened(widths: list[int], rows: list[list[str]]) -> list[int]:
    """Return the widths of columns that have *widths* at least and fit *rows*."""
    columns = zip(*rows, strict=True)
    return [max(width, *map(len, column)) for width, column in zip(widths, columns, strict=True)]


def _print_rows(rows: list[list[str]], widths: list[int]) -> None:
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    say("\n".join(lines))


def print_wiring(config: Config) -> None:
    """Print a row for every pin, and for every channel of a module, that *config* uses."""
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
    _print_modules(config)


def _print_modules(config: Config) -> None:
    rows = [
        [wire.module, f"{wire.channel} {wire.number}", wire.function, wire.wired]
        for wire in module_wiring(config)
    ]
    if rows:
        show_table("Modules", ["module", "channel", "function", "wired"], rows)
