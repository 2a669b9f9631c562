"""The command line of `gardu`: its commands, and the loading of the one that runs.

A command's module is imported only when that command runs; the overview (`gardu --help`) is made
from the summaries below.
"""

import ast
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from edge import __version__
from edge.commands.options import ConfigOption, refuse, say
from edge.config.places import DEFAULT_CONFIG


class Command(NamedTuple):
    """The place of a command, and its line in the overview (at most 60 characters)."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "init": Command(
        "edge.commands.init.command", "init",
        "Ask what the office has, and write its config.",
    ),
    "check": Command(
        "edge.commands.check", "check",
        "Check a config and its procedures; print the wiring table.",
    ),
    "schema": Command(
        "edge.commands.schema", "schema",
        "Print the JSON Schema of a config or a procedure.",
    ),
    "sop": Command(
        "edge.commands.sop", "sop",
        "Read, verify and compare procedures (SOP).",
    ),
    "reload": Command(
        "edge.commands.reload", "reload",
        "Have the running daemon read procedures and keys again.",
    ),
    "day": Command(
        "edge.commands.day", "day",
        "Show the office day, and the cards and lockers still out.",
    ),
    "report": Command(
        "edge.commands.report", "report",
        "Recapitulate a month, on screen or as a file.",
    ),
    "guestbook": Command(
        "edge.commands.guestbook.command", "guestbook",
        "Export, open or delete the details that guests gave.",
    ),
    "breach": Command(
        "edge.commands.breach", "breach",
        "List what personal data a lost memory card had.",
    ),
    "request": Command(
        "edge.commands.request", "request",
        "Sign requests to a checkpoint, and send them by hand.",
    ),
    "invitation": Command(
        "edge.commands.invitation", "invitation",
        "Make and read QR invitations of guests.",
    ),
    "records": Command(
        "edge.commands.records", "records",
        "List the records and their delivery.",
    ),
    "verify": Command(
        "edge.commands.verify", "verify",
        "Check the hash chain of the records.",
    ),
    "backup": Command(
        "edge.commands.backup", "backup",
        "Back up this checkpoint to a file or a USB stick.",
    ),
    "restore": Command(
        "edge.commands.restore", "restore",
        "Restore a checkpoint from its backup.",
    ),
    "undo-migration": Command(
        "edge.commands.undo_migration", "undo_migration",
        "Put back the database of this version after an upgrade.",
    ),
    "support-bundle": Command(
        "edge.commands.support.command", "support_bundle",
        "Collect what is needed to find a fault, without secrets.",
    ),
    "doctor": Command(
        "edge.commands.doctor.command", "doctor",
        "Examine every device and this machine.",
    ),
    "camera": Command(
        "edge.commands.camera", "camera",
        "Try a camera's address and write its config section.",
    ),
    "watch-inputs": Command(
        "edge.commands.watch_inputs", "watch_inputs",
        "Show every input live.",
    ),
    "outputs-off": Command(
        "edge.commands.outputs_off", "outputs_off",
        "Put every output at rest while no daemon runs.",
    ),
    "unit-network": Command(
        "edge.commands.unit_network", "unit_network",
        "Print the network part of the service's sandbox.",
    ),
    "wiring": Command(
        "edge.commands.wiring", "wiring_",
        "Print or draw the wiring.",
    ),
    "panel": Command(
        "edge.commands.panel", "panel",
        "Print or draw the officers' panels.",
    ),
}  # fmt: skip


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line with the command that *arguments* begin with.

    If they begin with no command (`--help`, a mistake), every command is listed with its summary.
    """
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,  # square brackets in help texts are text, not markup
        context_settings={"help_option_names": ["-h", "--help"]},
        help="The edge controller of a visitor checkpoint: runs the office's visitor procedure "
        "(SOP) and reports every step over MQTT.",
    )
    app.callback()(_gardu)
    app.command("run")(run)
    extras = {extra.name: extra for extra in entry_points(group="gardu.commands")}
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        command = COMMANDS[name]
        _add(app, name, getattr(import_module(command.module), command.attribute))
    elif name in extras:
        _add_extra(app, extras[name])
    elif name != "run":
        for known, command in COMMANDS.items():
            _add(app, known, _listed(command.summary))
        for known, extra in extras.items():
            _add(app, known, _listed(_summary(extra)))
    return app


def run(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    verbose: Annotated[bool, typer.Option(help="Log every detail.")] = False,
) -> None:
    """Run the checkpoint's daemon until SIGTERM or Ctrl-C.

    Logs to stderr. Under systemd (systemd/gardu.service) it reports readiness, status and the
    watchdog. Bad procedure files are refused and the last good ones stay in force.

    Exits 0 after a clean stop; 78 if the config is wrong, or a procedure is and no good one is
    stored, and 64 if the options are (systemd then waits for a person); 66 if a file cannot be
    read now, 1 after any other error (systemd starts it again).
    """
    from edge.daemon.run import daemon

    daemon(config, verbose=verbose)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer's callback
    if asked:
        say(f"gardu {__version__}")
        raise typer.Exit


def _gardu(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:  # fmt: skip
    """Parse the options before a command; it also makes typer treat one command as a group."""


def _add(app: typer.Typer, name: str, command: Any) -> None:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _listed(summary: str) -> Callable[[], None]:
    """Return a command that is only listed in the overview."""

    def listed() -> None:
        raise AssertionError("a command that runs is loaded")

    listed.__doc__ = summary
    return listed


def _add_extra(app: typer.Typer, extra: EntryPoint) -> None:
    try:
        _add(app, extra.name, extra.load())
    except ModuleNotFoundError as missing:
        # Any options are accepted, so that the answer is about the package and not about them.
        lenient = {"ignore_unknown_options": True, "allow_extra_args": True}
        unavailable = _unavailable(extra.name, str(missing.name))
        app.command(extra.name, context_settings=lenient)(unavailable)


def _unavailable(name: str, missing: str) -> Callable[[], None]:
    def unavailable() -> None:
        refuse(
            f"gardu {name} needs {missing}, which is not installed: pip install 'gardu[{name}]'",
            code=1,
        )

    unavailable.__doc__ = _not_installed(name)
    return unavailable


def _not_installed(name: str) -> str:
    return f"Not installed: pip install 'gardu[{name}]'."


def _summary(extra: EntryPoint) -> str:
    """Return the first line of the docstring of the function, read from the source of its module.

    For a group of commands it is the docstring of the module.
    """
    spec = find_spec(extra.module)
    if spec is None or spec.origin is None:
        return _not_installed(extra.name)
    module = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    functions = (node for node in module.body if isinstance(node, ast.FunctionDef))
    found = next((node for node in functions if node.name == extra.attr), None)
    return (ast.get_docstring(found or module) or "").partition("\n")[0]
