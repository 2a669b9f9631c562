"""The terminal: what commands print with styles goes through here.

Rules
-----
1. Words from files, messages and devices are text: square brackets are no markup, ``:name:`` is no
   picture. Styles are given by code, in ``Text`` and in columns.
2. A character that a terminal obeys is printed as an escape (edge/printable.py), in all that a
   command prints: also in tables, live pictures and progress. Only the terminal's own sequences
   for colours and for the cursor are written, which rich makes.
3. Other modules use this class and ``say`` (edge/commands/options.py) only; ruff refuses rich's
   ``Console`` and ``typer.echo`` elsewhere.
"""

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType  # noqa: TID251
from rich.segment import Segment

from edge.printable import printable_lines


class Terminal(Console):
    """The terminal of a command; off a terminal, plain text.

    :param stderr: print on stderr in place of stdout
    :param file: print there instead
    :param width: columns; None: those of the terminal, or 80
    :param highlight: False: numbers and paths get no colours of their own
    """

    def __init__(
        self,
        *,
        stderr: bool = False,
        file: IO[str] | None = None,
        width: int | None = None,
        highlight: bool = True,
    ) -> None:
        super().__init__(
            stderr=stderr, file=file, width=width, highlight=highlight, markup=False, emoji=False
        )

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render *renderable*; rich calls this for all that it prints."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(printable_lines(text), style)
