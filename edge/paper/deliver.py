"""Where a form goes: to a file, or to stdout."""

import sys
from enum import StrEnum
from pathlib import Path

from edge.errors import GarduError
from edge.written import write


class Format(StrEnum):
    """What a form is shown as."""

    TERMINAL = "terminal"
    HTML = "html"
    PDF = "pdf"
    SVG = "svg"


def deliver(form: str | bytes, out: Path | None) -> None:
    """Write *form* to the file *out*, or to stdout; a PDF does not go to a terminal.

    :raises GarduError: if it cannot be written
    """
    data = form.encode() if isinstance(form, str) else form
    if out is None:
        if isinstance(form, bytes) and sys.stdout.isatty():
            raise GarduError("a PDF is no text: name a file with -o")
        sys.stdout.buffer.write(data)
        return
    write(out, data)
