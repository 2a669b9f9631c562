"""`gardu init`: asks what the office has, and writes the config of its checkpoint."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.commands.init.answers import as_toml, leaves, settle
from edge.commands.init.dialogue import Dialogue
from edge.commands.init.example import described
from edge.commands.init.files import (
    ANSWERS_MODE,
    SCHEMAS,
    NewFile,
    beside,
    config_file,
    copies,
    refuse_place,
    write_all,
)
from edge.commands.init.papers import parts_text
from edge.commands.init.proposal import Proposal, propose
from edge.commands.init.question import Office
from edge.commands.init.questions.table import GROUPS
from edge.commands.init.surroundings import known_office, sop_folder
from edge.commands.options import refuse, say
from edge.config.places import DEFAULT_CONFIG, default_config_folder
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems
from edge.errors import ConfigError
from edge.paper.deliver import page_file
from edge.sop.procedures.legal_text import LEGAL_TEXTS
from edge.sop.procedures.loading import parts_of
from edge.terminal import Terminal


def init(
    config: Annotated[
        Path,
        typer.Option("--config", "-c", envvar="GARDU_CONFIG", help="The config file to write."),
    ] = DEFAULT_CONFIG,
    *,
    answers: Annotated[
        Path | None,
        typer.Option(help="Take the answers from this file (TOML) instead of asking."),
    ] = None,
    save_answers: Annotated[
        Path | None,
        typer.Option(
            help="Save the answers to this file, to be used again with --answers. After a dialogue "
            "they are saved beside the config by default."
        ),
    ] = None,
    print_answers: Annotated[
        bool, typer.Option("--print-answers", help="Print a file of answers with every key.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the config; write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Rename a config that is there, and write a new one.")
    ] = False,
) -> None:
    """Ask what the office has, and write the config of its checkpoint.

    Questions follow from the procedures that are chosen: only their equipment is asked for. Enter
    takes a default, ? explains, back returns. The pins are assigned by Gardu. Written are the
    config, the wiring picture (SVG) and the parts list beside it, and the procedures if the folder
    sop is not there yet. `gardu check` finds no problem in the config. What is not known yet
    (broker, card numbers, ports) may be answered with "later"; it is listed at the end.

    No file is overwritten. Ends with 0 if all was written, 2 if an answer is wrong.

    Examples:
    sudo gardu init

    gardu init --print-answers > answers.toml

    gardu init --config gardu.toml --answers answers.toml
    """
    sop = sop_folder(config)
    office = known_office(config, sop)
    if print_answers:
        say(described(GROUPS, office), nl=False)
        return
    problem = "" if dry_run else refuse_place(config, force=force)
    if problem:
        refuse(problem)
    if answers is not None:
        found = _from_file(answers, office)
        proposal = _proposal(found, office, config, sop)
        if proposal.problems:
            _refuse([f"{answers}: {one}" for one in proposal.problems])
    else:
        saved = save_answers or beside(config, "answers.toml")
        found = _from_terminal(office, config, sop, None if dry_run else saved)
        proposal = _proposal(found, office, config, sop)
        save_answers = saved
    if dry_run:
        say(proposal.text, nl=False)
        return
    _write(proposal, found, office, config, sop, save_answers, force=force)


def _from_file(path: Path, office: Office) -> dict[str, Any]:
    text = read_text(path)
    problems = Problems(str(path), text)
    found = settle(GROUPS, parse_toml(text, str(path)), office, problems)
    _refuse(problems.lines)
    return found


def _from_terminal(office: Office, config: Path, sop: Path, saved: Path | None) -> dict[str, Any]:
    """Return the answers of a dialogue; *saved* gets those of one that was interrupted."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        refuse(
            "this is no terminal: name a file with --answers (gardu init --print-answers prints "
            "one with every key)"
        )
    _line_editing()
    console = Terminal(highlight=False)
    dialogue = Dialogue(GROUPS, office, console, _earlier(saved, console))

    def finish(found: dict[str, Any]) -> list[str]:
        proposal = _proposal(found, office, config, sop)
        for note in () if proposal.problems else proposal.notes:
            console.print(f"note: {note}")
        return list(proposal.problems)

    try:
        with _signals_interrupt():
            dialogue.run(finish)
    except (KeyboardInterrupt, EOFError):
        console.print()
        _keep(dialogue.answers, office, saved)
        raise typer.Exit(130) from None
    return dialogue.answers


def _keep(found: Mapping[str, Any], office: Office, saved: Path | None) -> None:
    """Save the answers of a dialogue that was interrupted."""
    if saved is None or not found:
        say("Nothing was written.", err=True)
        return
    file = NewFile(saved, as_toml(GROUPS, found, office).encode(), ANSWERS_MODE)
    write_all([], file, force=saved.exists())
    say(f"No config was written. The answers so far are in {saved}: the next `gardu init` "
        "offers them by Enter.", err=True)  # fmt: skip


def _earlier(saved: Path | None, console: Terminal) -> dict[str, Any]:
    """Return the answers of an earlier dialogue, as far as they can be read."""
    if saved is None or not saved.is_file():
        return {}
    try:
        text = read_text(saved)
        raw = parse_toml(text, str(saved))
    except ConfigError as error:
        for one in error.problems:
            console.print(one)
        return {}
    console.print(f"Answers of an earlier run are in {saved}: Enter takes them.")
    return dict(leaves(raw))


def _proposal(found: Mapping[str, Any], office: Office, config: Path, sop: Path) -> Proposal:
    return propose(found, office, config, sop, beside(config, "wiring.svg").name)


def _write(
    proposal: Proposal, found: Mapping[str, Any], office: Office, config: Path, sop: Path,
    answers: Path | None, *, force: bool,
) -> None:  # fmt: skip
    assert proposal.config is not None
    from edge.paper.wiring.pictures import pictures

    wiring, parts = beside(config, "wiring.svg"), beside(config, "parts.txt")
    files = [
        *(
            NewFile(page_file(wiring, number), page)
            for number, page in enumerate(pictures(proposal.config), 1)
        ),
        NewFile(parts, parts_text(proposal.config)),
    ]
    if answers is not None:
        files.append(NewFile(answers, as_toml(GROUPS, found, office).encode(), ANSWERS_MODE))
    folder = config.absolute().parent
    if sop != folder / "sop":
        named = proposal.config.checkpoint.procedures
        files += copies(sop, folder / "sop", [f"{one}.toml" for one in named])
        for source in parts_of(sop, named):
            files += copies(source.parent, folder / "sop" / source.parent.name, [source.name])
        legal = [f"{one}.toml" for one in named if (sop / LEGAL_TEXTS / f"{one}.toml").is_file()]
        files += copies(sop / LEGAL_TEXTS, folder / "sop" / LEGAL_TEXTS, legal)
    if not (folder / "schema").exists():
        files += copies(default_config_folder() / "schema", folder / "schema", SCHEMAS)
    told = write_all(files, config_file(config, proposal.text), force=force)
    for line in told:
        say(line)
    say(f"\nWritten: {config}")
    for file in files:
        say(f"         {file.path}")
    for note in proposal.notes:
        say(f"note: {note}")
    if proposal.todo:
        say("\nStill to be filled in (STILL TO FILL IN marks each place in the config):")
        for line in proposal.todo:
            say(f"  {line}")
    say(
        f"\nNext:\n  gardu check --config {config}     after each change\n"
        f"  print {wiring.name}, and buy what {parts.name} lists (docs/technician.md, step 1)\n"
        f"  gardu panel --config {config} --svg panel.svg   the faces of the panels\n"
        f"  gardu doctor --config {config}    once all is wired\n"
        "  systemctl enable --now gardu"
    )


def _refuse(problems: list[str]) -> None:
    for problem in problems:
        say(problem, err=True)
    if problems:
        raise typer.Exit(2)


def _line_editing() -> None:
    """Have the arrow keys edit a line, where Python has that library."""
    try:
        import readline  # noqa: F401 - its import is the effect
    except ImportError:
        return


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Treat the end of the terminal, and a stop from outside, as Ctrl-C."""
    numbers = (signal.SIGHUP, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
