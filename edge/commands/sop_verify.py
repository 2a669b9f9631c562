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
from edge.config.spelling import did_you_mean
from edge.errors import ConfigError
from edge.printable import ascii_json, counted
from edge.sop.procedures.equipment import at_hand, verify_equipment
from edge.sop.procedures.legal_text import (
    LegalText,
    legal_file,
    load_legal_text,
    without_procedure,
)
from edge.sop.procedures.loading import known_procedures, load_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.remarks import Remark
from edge.sop.procedures.review import review
from edge.sop.procedures.review_deeds import review_deeds_here
from edge.sop.procedures.review_rows import paired


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
    """Verify SOPs (verifikasi SOP): correct, complete, and in accordance with the law.

    The law is the file legal/ID.toml in the folder of the procedure ID.toml, else the one that is
    part of Gardu: wording, actors, order, standard times, and the deeds that its words demand.

    Ends with 0 if there are no problems, with 1 if there are, with 2 if a file or the config is
    unreadable or malformed. Notes are not problems.
    """
    settings = load_config(config) if config is not None else None
    where = folder or procedures_folder()
    wanted = names or known_procedures(where)
    found = [_one(find_procedure(name, folder), settings) for name in wanted]
    if not names:
        found += [_unused(file, where) for file in without_procedure(where)]
    if as_json:
        say(ascii_json(msgspec.json.format(msgspec.json.encode(found))))
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
        of_law = legal_file(file.parent, procedure.id)
        legal = load_legal_text(of_law) if of_law is not None else None
    except ConfigError as error:
        found = [
            Remark(kind="problem", step=None, about="file", words=words) for words in error.problems
        ]
        return Verified(str(file), "", found)
    found = review(procedure, legal)
    return Verified(str(file), procedure.key, found + _equipment(procedure, legal, config))


def _unused(file: Path, folder: Path) -> Verified:
    """Return the finding on a legal text that belongs to no procedure of *folder*."""
    known = known_procedures(folder)
    meant, allowed = did_you_mean(file.stem, known), ", ".join(known) or "none"
    words = f"no procedure has this legal text{meant}; allowed: the name of one of: {allowed}"
    return Verified(
        str(file), "", [Remark(kind="problem", step=None, about="legal-text", words=words)]
    )


def _equipment(
    procedure: Procedure, legal: LegalText | None, config: Config | None
) -> list[Remark]:
    """Return a problem for each evidence that no device of *config* can give, and notes."""
    if config is None:
        words = "no --config given: whether devices can give the evidence was not asked"
        return [Remark(kind="note", step=None, about="evidence", words=words)]
    if procedure.id not in config.checkpoint.procedures:
        words = "this checkpoint does not run the procedure (checkpoint.procedures)"
        return [Remark(kind="note", step=None, about="evidence", words=words)]
    findings = verify_equipment(procedure, config)
    prefix = f"procedure {procedure.id}: "
    rows = paired(procedure, legal) if legal else {}
    return (
        [
            Remark(kind="problem", step=None, about="evidence", words=line.removeprefix(prefix))
            for line in findings.problems
        ]
        + [
            Remark(kind="note", step=None, about="evidence", words=line.removeprefix(prefix))
            for line in findings.notes
        ]
        + list(review_deeds_here(procedure, rows, at_hand(procedure, config)))
    )


def _print(found: list[Verified]) -> None:
    for one in found:
        say(f"{one.file}  {one.procedure}".rstrip())
        for finding in one.findings:
            where = f"{finding.place}: " if finding.place else ""
            say(f"  {finding.kind}: {where}{finding.words}")
    problems = sum(f.kind == "problem" for one in found for f in one.findings)
    say(counted(problems, "problem") if problems else "nothing to put right")
