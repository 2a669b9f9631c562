"""`gardu sop diff`: shows the changes between two versions of an SOP, for the approver."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from edge.commands.options import data_folder
from edge.commands.sop_folder import ID_OR_FILE, FolderOption, find_procedure
from edge.config.loading import load_config
from edge.errors import GarduError
from edge.paper.deliver import REPLACES, FormFormat, deliver
from edge.paper.page import pdf
from edge.paper.sop.change_sheet import change_page
from edge.paper.sop.terminal import console
from edge.paper.words import Language
from edge.printable import printable, printable_lines
from edge.sop.procedures.difference import Change, difference
from edge.sop.procedures.loading import parse_procedure, read_procedure
from edge.sop.procedures.model import Procedure
from edge.store.snapshot import Snapshot

_MARKS = {"same": ("{}", ""), "gone": ("[-{}-]", "red"), "new": ("{{+{}+}}", "green")}
# Higher than every document number.
_LAST = 2**62


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help=f"The old version: {ID_OR_FILE}; or ID@VERSION (see --config).",
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="B", help="The new version, likewise.")],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="The config of the checkpoint with ID@VERSION in its database: the versions that "
            "it runs, and older ones of visits under way.",
        ),
    ] = None,
    lang: Annotated[
        Language, typer.Option(help="Language of the headings in html and pdf.")
    ] = Language.ID,
    form_at: Annotated[FormFormat, typer.Option("--format", help="terminal, html or pdf only.")] = (
        FormFormat.TERMINAL
    ),
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help=f"{REPLACES} Default: stdout.")
    ] = None,
    folder: FolderOption = None,
) -> None:
    """Show the changes from A to B: steps, wording, times, roles, evidence, course.

    Removed words stand in [-…-], new ones in {+…+}. Ends with 0, with changes or without.
    """
    before, after = (_procedure(name, config, folder) for name in (old, new))
    changes = difference(before, after)
    if form_at is FormFormat.SVG:
        raise GarduError("a difference is no drawing; allowed: --format terminal, html or pdf")
    if form_at is FormFormat.TERMINAL:
        _show(before, after, changes)
        return
    page = change_page(before, after, changes, lang)
    deliver(page if form_at is FormFormat.HTML else pdf(page), out)


def _procedure(name: str, config: Path | None, folder: Path | None) -> Procedure:
    """Return the procedure *name*: a file, an id in *folder*, or a version in the database."""
    if "@" not in name or Path(name).is_file():
        file = find_procedure(name, folder)
        return parse_procedure(read_procedure(file).text, str(file))
    if config is None:
        raise GarduError(f"{name}: say with --config which checkpoint's database keeps it")
    texts = _stored_texts(config)
    found = [key for key in texts if key == name or key.startswith(f"{name}+")]
    if len(found) != 1:
        known = ", ".join(sorted(texts)) or "none"
        raise GarduError(f"{name}: kept are: {known}")
    return parse_procedure(texts[found[0]], found[0])


def _stored_texts(config: Path) -> dict[str, str]:
    """Return the procedures' texts in the checkpoint's database, by id and version."""
    with Snapshot(data_folder(load_config(config))) as snapshot:
        bodies = [msgspec.json.decode(body) for _, body in snapshot.bodies("procedures", 1, _LAST)]
    return {body["key"]: body["text"] for body in bodies}


def _show(old: Procedure, new: Procedure, changes: list[Change]) -> None:
    page = console()
    page.print(Text(printable(f"{old.key} -> {new.key}")))
    for change in changes:
        where = f"step {change.step}: " if change.step else ""
        line = Text(printable(f"{change.kind}: {where}{change.about}:"))
        for piece in change.text:
            form, colour = _MARKS[piece.kind]
            line.append(" ").append(form.format(printable_lines(piece.words)), colour)
        page.print(line)
    if not changes:
        page.print("nothing changes but the version")
