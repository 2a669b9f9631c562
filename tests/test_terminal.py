"""The terminal that commands print on: only rich's own sequences reach it."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from edge.printable import unfit
from edge.terminal import Terminal

# Colours, and the cursor's way in a live picture.
_OWN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _terminal() -> tuple[Terminal, io.StringIO]:
    file = io.StringIO()
    terminal = Terminal(file=file, width=2000)
    terminal._force_terminal = True
    return terminal, file


@given(st.text(max_size=20))
def test_no_text_steers_the_terminal(word: str) -> None:
    """In plain text, tables, frames and live pictures a control character is an escape."""
    terminal, file = _terminal()
    table = Table("heading", title=word, caption=word)
    table.add_row(word)
    terminal.print(word, Text(word, "bold"), table, Panel(Text(word), title=word))
    with Live(Text(word), console=terminal, auto_refresh=False) as live:
        live.update(table, refresh=True)
    assert unfit(_OWN.sub("", file.getvalue()).replace("\r", "")) == ""


def test_markup_and_names_of_pictures_are_words() -> None:
    """Square brackets and colons are printed in each place where rich would read them."""
    word = "[bold]x[/bold] [link=http://x]y[/link] :smile: [/]"
    terminal, file = _terminal()
    table = Table(word, title=word, caption=word)
    table.add_row(word)
    terminal.print(word, highlight=False)
    terminal.print(table)
    assert _OWN.sub("", file.getvalue()).count(word) == 5
