"""`gardu sop`: shows the procedures in their legal forms, verifies and compares them."""

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import refuse
from edge.commands.sop_diff import diff
from edge.commands.sop_folder import ID_OR_FILE, FolderOption, find_procedure
from edge.commands.sop_parts import parts
from edge.commands.sop_reasons import reasons
from edge.commands.sop_verify import verify
from edge.commands.tables import show_table
from edge.config.places import procedures_folder
from edge.errors import ConfigError
from edge.paper.deliver import REPLACES, FormFormat, deliver
from edge.paper.flowchart.flow_svg import flow_picture
from edge.paper.page import pdf
from edge.paper.sheets import Paper
from edge.paper.sop.forms import Form, forms_page
from edge.paper.sop.terminal import show_forms
from edge.paper.words import Language
from edge.sop.procedures.loading import (
    known_procedures,
    load_procedure,
    procedure_file,
    read_procedure,
)

sop = typer.Typer(
    no_args_is_help=True,
    help="Read, check and compare the procedures (SOP) that a checkpoint can run.",
)


sop.command("verify", short_help="Verify SOPs (verifikasi SOP) against the law.")(verify)
sop.command("diff", short_help="Show the changes from one version to another.")(diff)
sop.command("parts", short_help="List the parts that steps can use.")(parts)
sop.command("reasons", short_help="Print the polite words for each reason.")(reasons)


@sop.command("list", short_help="List the procedures with version and title.")
def list_procedures(folder: FolderOption = None) -> None:
    """List the procedures with version, number of steps and title.

    Each file is loaded and checked. A file with problems is listed as such; the problems follow on
    stderr and the command ends with 2.
    """
    rows: list[list[str]] = []
    problems: list[str] = []
    where = folder or procedures_folder()
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
    if problems:
        refuse("\n".join(problems))


@sop.command("show", short_help="Show the forms of an SOP, on screen or on paper.")
def show_procedure(
    name: Annotated[str, typer.Argument(metavar="ID|FILE", help=f"The procedure: {ID_OR_FILE}.")],
    form: Annotated[Form, typer.Option(help="The form to show.")] = Form.ALL,
    lang: Annotated[
        Language,
        typer.Option(help="id: the legal wording. en: an English title for each step."),
    ] = Language.ID,
    form_at: Annotated[
        FormFormat, typer.Option("--format", help="svg: the flow chart only.")
    ] = FormFormat.TERMINAL,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help=f"{REPLACES} Default: stdout.")
    ] = None,
    folder: FolderOption = None,
    *,
    paper: Annotated[
        Paper, typer.Option(help="The paper of html and pdf; f4: folio, 210 x 330 mm.")
    ] = Paper.A4,
    expanded: Annotated[
        bool,
        typer.Option(
            "--expanded",
            help="Print the procedure file itself, with the phases of the parts that it uses.",
        ),
    ] = False,
) -> None:
    """Show the forms of an SOP: table, text, flow chart and approval sheet.

    Wording and blanks are those of the law. The terminal has no flow chart; HTML (one file) and
    PDF (A4 or F4, fonts embedded) have all forms and need gardu's extra `print`.

    With --expanded: the file as the checkpoint runs it, with the part of each phase as a comment.
    """
    file = find_procedure(name, folder)
    procedure = load_procedure(file)
    if expanded:
        deliver(read_procedure(file).text, out)
        return
    if form_at is FormFormat.TERMINAL:
        _refuse_file(out)
        if form is Form.FLOWCHART:
            refuse("a terminal cannot show the flow chart; allowed: --format html, pdf or svg")
        show_forms(procedure, form, lang)
    elif form_at is FormFormat.SVG:
        if form is not Form.FLOWCHART:
            refuse(f"the form {form} cannot be drawn as svg; allowed: --form flowchart")
        deliver(flow_picture(procedure, lang), out)
    else:
        page = forms_page(procedure, form, lang, paper)
        deliver(page if form_at is FormFormat.HTML else pdf(page), out)


def _refuse_file(out: Path | None) -> None:
    if out is not None:
        refuse("-o writes a file; allowed: with --format html, pdf or svg")
