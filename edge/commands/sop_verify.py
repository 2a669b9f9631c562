"""`gardu sop verify`: *verifikasi SOP*, with findings that an office can act on."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.commands.options import say
from edge.commands.sop_folder import ID_OR_FILE, FolderOption, find_procedure
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import procedures_folder
from edge.errors import ConfigError
from edge.printable import ascii_json
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.legal_text import legal_text
from edge.sop.procedures.loading import known_procedures, load_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.review import Remark, review


class Verified(msgspec.Struct, frozen=True):
    """The findings in one file."""

    file: str
    procedure: str
    findings: list[Remark]


def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|FILE]...", help=f"Each {ID_OR_FILE}. Default: all of the folder."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="Also check that this checkpoint's equipment can give the evidence that "
            "the procedures need.",
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    folder: FolderOption = None,
) -> None:
    """Verify SOPs (verifikasi SOP): correct, complete, and in the law's own words.

    Ends with 0 if there are no problems, with 1 if there are, with 2 if a file or the config is
    unreadable or malformed. Notes are not problems.
    """
    settings = load_config(config) if config is not None else None
    wanted = names or known_procedures(folder or procedures_folder())
    found = [_one(find_procedure(name, folder), settings) for name in wanted]
    if as_json:
        typer.echo(ascii_json(msgspec.json.format(msgspec.json.encode(found))))
    else:
        _print(found)
    kinds = {(f.kind, f.about == "file") for one in found for f in one.findings}
    if ("problem", True) in kinds:
        raise typer.Exit(2)
    if ("problem", False) in kinds:
        raise typer.Exit(1)


def _one(file: Path, config: Config | None) -> Verified:
    try:
        procedure = load_procedure(file)
    except ConfigError as error:
        found = [
            Remark(kind="problem", step=None, about="file", words=words) for words in error.problems
        ]
        return Verified(str(file), "", found)
    found = review(procedure, legal_text(procedure.id))
    return Verified(str(file), procedure.key, found + _equipment(procedure, config))


def _equipment(procedure: Procedure, config: Config | None) -> list[Remark]:
    """Return a problem for each evidence that no device of *config* can give, and notes."""
    if config is None:
        words = "no --config given: whether devices can give the evidence was not asked"
        return [Remark(kind="note", step=None, about="evidence", words=words)]
    if procedure.id not in config.checkpoint.procedures:
        words = "this checkpoint does not run the procedure (checkpoint.procedures)"
        return [Remark(kind="note", step=None, about="evidence", words=words)]
    findings = verify_equipment(procedure, config)
    prefix = f"procedure {procedure.id}: "
    return [
        Remark(kind="problem", step=None, about="evidence", words=line.removeprefix(prefix))
        for line in findings.problems
    ] + [
        Remark(kind="note", step=None, about="evidence", words=line.removeprefix(prefix))
        for line in findings.notes
    ]


def _print(found: list[Verified]) -> None:
    for one in found:
        say(f"{one.file}  {one.procedure}".rstrip())
        for finding in one.findings:
            where = f"step {finding.step}: " if finding.step else ""
            say(f"  {finding.kind}: {where}{finding.words}")
    problems = sum(f.kind == "problem" for one in found for f in one.findings)
    typer.echo(f"{problems} problems" if problems else "nothing to put right")
