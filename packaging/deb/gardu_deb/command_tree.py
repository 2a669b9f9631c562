"""The commands of `gardu` with their options, read from the command line itself.

Manual pages and shell completions are made from it, so that they cannot differ from `--help`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from edge.commands.app import COMMANDS, app_for

# `gardu run` is the daemon: it stands beside the commands whose modules are loaded when they run.
# `gardu desk` and `gardu watch` are of other packages, which the Debian package contains.
NAMES = ("run", "desk", "watch", *COMMANDS)


@dataclass(frozen=True)
class Parameter:
    """An option or an argument."""

    spelling: str
    """As `--help` prints it, as in "-o, --out <path>"."""
    help: str
    is_argument: bool

    @property
    def flags(self) -> tuple[str, ...]:
        """The names that begin with a hyphen."""
        return () if self.is_argument else tuple(re.findall(r"--?[A-Za-z][\w-]*", self._names))

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values, if they are few words."""
        found = re.search(r"<([^<>]*\|[^<>]*)>", self.spelling)
        return tuple(found[1].split("|")) if found else ()

    @property
    def has_value(self) -> bool:
        """True if a value follows the option."""
        return "<" in self.spelling

    @property
    def _names(self) -> str:
        return self.spelling.partition("<")[0]


@dataclass(frozen=True)
class Command:
    """A command, with the commands of its group."""

    words: tuple[str, ...]
    """As in ("gardu", "sop", "show")."""
    help: str
    parameters: Sequence[Parameter]
    commands: Sequence["Command"] = ()

    @property
    def summary(self) -> str:
        """The first line of the help text."""
        return self.help.strip().partition("\n")[0].rstrip(".")

    @property
    def title(self) -> str:
        """The name as it is typed."""
        return " ".join(self.words)


def read_commands() -> Command:
    """Return `gardu` with all its commands."""
    whole = _read(typer.main.get_command(app_for(["--help"])), ("gardu",))
    commands = tuple(_top(name) for name in sorted(NAMES))
    return Command(whole.words, whole.help, whole.parameters, commands)


def _top(name: str) -> Command:
    group: Any = typer.main.get_command(app_for([name]))
    read = _read(group.commands[name], ("gardu", name))
    if read.help or name not in COMMANDS:
        return read
    return Command(read.words, COMMANDS[name].summary, read.parameters, read.commands)


def _read(command: Any, words: tuple[str, ...]) -> Command:
    context = command.make_context(" ".join(words), [], resilient_parsing=True)
    parameters = [
        Parameter(record[0], record[1], parameter.param_type_name == "argument")
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None
    ]
    under = getattr(command, "commands", {})
    commands = tuple(_read(one, (*words, name)) for name, one in sorted(under.items()))
    return Command(words, command.help or "", parameters, commands)
