"""Writes forms and files for people: to stdout or to a file.

Rules
-----
1. A file without personal data (a form, a drawing, a report without names) replaces a file of that
   name: a person who makes November's report a second time wants the new one. The old file stays
   until the new one is complete, and if writing fails. Others may read it, as the umask says.
2. A file with personal data or a secret (the guest book, invitations, keys, a report with names) is
   readable by its owner only, replaces no file and is not written through a link: such a file is
   deleted on purpose only.
"""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from edge.errors import GarduError
from edge.printable import printable_lines
from edge.private_files import for_others

REPLACES = "The file to write; one of that name is replaced."
NEW_ONLY = "A file that is not there yet; for you alone (mode 0600)."


class FormFormat(StrEnum):
    """The formats of a form."""

    TERMINAL = "terminal"
    HTML = "html"
    PDF = "pdf"
    SVG = "svg"


def deliver(form: str | bytes, out: Path | None) -> None:
    """Write *form* to the file *out*, or to stdout; a PDF does not go to a terminal.

    On a terminal, characters that would steer it are shown as escapes; a file or a pipe gets *form*
    as it is.

    :raises GarduError: if it cannot be written
    """
    data = form.encode() if isinstance(form, str) else form
    if out is None:
        if sys.stdout.isatty():
            if isinstance(form, bytes):
                raise GarduError("a PDF is no text: name a file with -o")
            data = printable_lines(form.removeprefix("\ufeff").replace("\r\n", "\n")).encode()
        sys.stdout.buffer.write(data)
        return
    write(out, data)


def write(path: Path, data: bytes) -> None:
    """Write *data* to the file *path*; an existing file is replaced.

    :raises GarduError: if it cannot be written
    """
    try:
        if path.exists() and not path.is_file():  # /dev/stdout, a pipe
            path.write_bytes(data)
            return
        part = path.with_name(f".{path.name}.part")
        with for_others():
            part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise GarduError(f"{path} cannot be written: {error.strerror}") from error


def page_file(path: Path, number: int) -> Path:
    """Return the file of page *number*, from 1: *path*, then FILE-2, FILE-3."""
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def write_pages(path: Path, pages: Sequence[bytes]) -> list[Path]:
    """Write each of *pages* to a file of its own; return the files.

    :raises GarduError: if one cannot be written
    """
    files = [page_file(path, number) for number in range(1, len(pages) + 1)]
    for file, page in zip(files, pages, strict=True):
        write(file, page)
    return files


def write_secret(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write *data* to the new file *path*.

    :param mode: the file's mode, independent of the umask
    :raises GarduError: if the file exists, or cannot be written
    """
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        raise GarduError(
            f"{path}: is there already, and what holds personal data or keys replaces nothing: "
            "delete it, or name another file"
        ) from None
    except OSError as error:
        raise GarduError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(number, "wb") as file:
        os.fchmod(number, mode)
        file.write(data)
