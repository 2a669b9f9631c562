"""`gardu sop`: read the procedures as people do, as the table that the law prints."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.check import show_table
from edge.config import default_config_folder
from edge.errors import ConfigError
from edge.sop.loading import known_procedures, load_procedure, procedure_file
from edge.sop.procedure import Approval, Procedure, Step

# The office's own procedures, where `gardu` is installed as a service.
OFFICE_FOLDER = Path("/etc/gardu/sop")

# Where nothing says how wide the output may be (a file, a pipe).
_WIDTH = 120

sop = typer.Typer(
    no_args_is_help=True,
    help="Read the procedures (SOP) that a checkpoint can run.",
)


class Language(StrEnum):
    """In which language a procedure is shown."""

    ID = "id"
    EN = "en"


_HEADERS = {
    Language.ID: ["No", "Aktivitas", "Pelaksana", "Kelengkapan", "Waktu", "Output", "Dasar"],
    Language.EN: ["No", "Activity", "Role", "Equipment", "Time", "Output", "Source"],
}
# The approval sheet (lembar pengesahan), field by field.
_SHEET = [
    ("number", "Nomor SOP", "SOP number"),
    ("made", "Tgl Pembuatan", "Made"),
    ("revised", "Tgl Revisi", "Revised"),
    ("approved", "Tgl Pengesahan", "Approved"),
    ("approved_by", "Disahkan Oleh", "Approved by"),
    ("name", "Nama SOP", "Name"),
    ("office", "Instansi", "Office"),
    ("legal_basis", "Dasar Hukum", "Legal basis"),
    ("qualifications", "Kualifikasi Pelaksana", "Qualifications"),
    ("related", "Keterkaitan", "Related units"),
    ("equipment", "Peralatan/ Perlengkapan", "Equipment"),
    ("warnings", "Peringatan", "Warnings"),
    ("records", "Pencatatan dan pendataan", "Records"),
]

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="Folder of the procedure files. Default: /etc/gardu/sop if it is there, else the "
        "procedures that Gardu comes with.",
    ),
]


@sop.command("list")
def list_procedures(folder: FolderOption = None) -> None:
    """List the procedures with version, number of steps and title.

    Each is read and verified. A file with problems is listed as such; the problems follow on
    stderr and the command ends with 2.
    """
    rows: list[list[str]] = []
    problems: list[str] = []
    where = _folder(folder)
    for procedure_id in known_procedures(where):
        try:
            procedure = load_procedure(procedure_file(where, procedure_id))
        except ConfigError as error:
            rows.append([procedure_id, "has problems", "", "", ""])
            problems += error.problems
            continue
        title = procedure.title
        rows.append(
            [procedure.id, procedure.version, str(len(procedure.steps)), title.id, title.en]
        )
    headers = ["id", "version", "steps", "judul", "title"]
    show_table(f"Procedures in {where}", headers, rows)
    _complain(problems)


@sop.command("show")
def show_procedure(
    procedure_id: Annotated[
        str, typer.Argument(metavar="ID", help="A procedure, for example pimpinan.")
    ],
    lang: Annotated[
        Language,
        typer.Option(help="id: the legal wording. en: an English title for each step."),
    ] = Language.ID,
    folder: FolderOption = None,
) -> None:
    """Show one procedure: its table of steps, its prose, its approval sheet.

    Wording and blanks are those of the law; the prose is printed in Indonesian only.
    """
    where = _folder(folder)
    known = known_procedures(where)
    if procedure_id not in known:
        _complain([f"{where}: no procedure {procedure_id!r}; known: {', '.join(known) or 'none'}"])
    try:
        procedure = load_procedure(procedure_file(where, procedure_id))
    except ConfigError as error:
        _complain(error.problems)
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    console.print(_steps_table(procedure, lang))
    for number, sentence in enumerate(procedure.prose, 1):
        console.print(f"{number}. {escape(sentence)}", highlight=False)
    if procedure.approval != Approval():
        console.print(_approval_table(procedure, lang))
    else:
        console.print("No approval sheet (lembar pengesahan) is printed in the source.")


def _folder(given: Path | None) -> Path:
    if given is not None:
        return given
    return OFFICE_FOLDER if OFFICE_FOLDER.is_dir() else default_config_folder() / "sop"


def _complain(problems: list[str]) -> None:
    """Print *problems* on stderr and end with 2, if there are any."""
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(2)


def standard_time(step: Step, lang: Language) -> str:
    """Return the standard time of *step* as the law prints it: ``3 menit``, ``menyesuaikan``."""
    if step.standard_s is None:
        return "menyesuaikan" if lang is Language.ID else "as needed"
    minutes = f"{step.standard_s / 60:g}"
    if lang is Language.ID:
        return f"{minutes} menit"
    return f"{minutes} minute{'' if minutes == '1' else 's'}"


def shown_number(procedure: Procedure, step: Step) -> str:
    """Return the number of *step*; alternatives that share one get a letter: ``5a``, ``5b``."""
    alike = [other.id for other in procedure.steps if other.number == step.number]
    letter = "abcdefghijklmnopqrstuvwxyz"[alike.index(step.id)] if len(alike) > 1 else ""
    return f"{step.number}{letter}"


def _steps_table(procedure: Procedure, lang: Language) -> Table:
    title = procedure.title.id if lang is Language.ID else procedure.title.en
    caption = f"{procedure.source}\n{procedure.id} {procedure.version}"
    table = Table(
        title=escape(title), caption=escape(caption), title_justify="left", caption_justify="left",
        show_lines=True,
    )  # fmt: skip
    for header in _HEADERS[lang]:
        table.add_column(header, no_wrap=header in ("No", "Waktu", "Time"), overflow="fold")
    for step in procedure.steps:
        wording = f"{step.activity}\n({step.note})" if step.note else step.activity
        cells = [
            shown_number(procedure, step),
            wording if lang is Language.ID else step.title,
            step.role,
            "\n".join(step.equipment),
            standard_time(step, lang),
            "\n".join(step.output),
            step.source,
        ]
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _approval_table(procedure: Procedure, lang: Language) -> Table:
    """Return the approval sheet; what is blank in the law is blank here."""
    table = Table(
        title="Lembar pengesahan" if lang is Language.ID else "Approval sheet",
        title_justify="left",
        show_header=False,
    )
    for field, indonesian, english in _SHEET:
        value = getattr(procedure.approval, field)
        text = value if isinstance(value, str) else "\n".join(value)
        table.add_row(indonesian if lang is Language.ID else english, escape(text))
    return table
