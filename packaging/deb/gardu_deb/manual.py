"""Manual pages in roff: one for `gardu`, one for each command, the daemon's in section 8."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from gardu_deb.command_tree import Command, Parameter

_FILES = """\
.SH FILES
.TP
.I /etc/gardu/gardu.toml
The config. Examples that name every key: /usr/share/doc/gardu/examples.
.TP
.I /var/lib/gardu
The data: records, guest book, stills.
.TP
.I /usr/share/doc/gardu/docs
A page for each subject; technician.md is the installation step by step.
"""


def pages(gardu: Command, version: str, time: int) -> Iterator[tuple[str, str]]:
    """Yield file name and text of each manual page.

    :param time: seconds since 1970, the date of the pages
    """
    date = datetime.fromtimestamp(time, UTC).date().isoformat()
    for command in (gardu, *gardu.commands):
        name = "-".join(command.words)
        section = _section(command)
        head = f'.TH {name.upper()} {section} {date} "Gardu {version}" "Gardu"\n'
        yield f"{name}.{section}", head + _page(command, gardu)


def _section(command: Command) -> int:
    return 8 if command.words == ("gardu", "run") else 1


def _page(command: Command, gardu: Command) -> str:
    name = "-".join(command.words)
    parts = [f".SH NAME\n{_text(name)} \\- {_text(command.summary)}\n.SH SYNOPSIS\n"]
    parts += [_synopsis(one) for one in command.commands or (command,)]
    if command is gardu:
        parts.append(f".SH DESCRIPTION\n{_paragraphs(command.help)}.SH COMMANDS\n")
        parts += [
            f".TP\n.BR {_text('-'.join(one.words))} ({_section(one)})\n{_text(one.summary)}.\n"
            for one in gardu.commands
        ]
        parts.append(_parameters(command))
    else:
        parts.append(_body(command, ".SH DESCRIPTION\n"))
        parts += [_body(one, f".SH {_text(one.title)}\n") for one in command.commands]
    parts.append(_FILES)
    also = [f".BR {_text('-'.join(one.words))} ({_section(one)})" for one in
            ((gardu,) if command is not gardu else gardu.commands)]  # fmt: skip
    return "".join(parts) + ".SH SEE ALSO\n" + ",\n".join(also) + "\n"


def _synopsis(command: Command) -> str:
    arguments = " ".join(one.spelling for one in command.parameters if one.is_argument)
    options = "COMMAND" if command.words == ("gardu",) else "[OPTIONS]"
    return f".B {_text(command.title)}\n{_text(f'{options} {arguments}'.rstrip())}\n.br\n"


def _body(command: Command, head: str) -> str:
    return head + _paragraphs(command.help) + _parameters(command)


def _parameters(command: Command) -> str:
    return "".join(map(_parameter, command.parameters))


def _parameter(parameter: Parameter) -> str:
    return f".TP\n.B {_text(parameter.spelling)}\n{_text(' '.join(parameter.help.split()))}\n"


def _paragraphs(text: str) -> str:
    """Return the paragraphs of a help text; its indented lines stay as they are (tables)."""
    shown = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.replace("\b\n", "").splitlines()
        if any(line.startswith("  ") for line in lines):
            shown.append(".PP\n.nf\n" + "\n".join(map(_text, lines)) + "\n.fi\n")
        else:
            shown.append(".PP\n" + _text(" ".join(line.strip() for line in lines)) + "\n")
    return "".join(shown)


def _text(text: str) -> str:
    """Return *text* for roff: no letter of it is a command."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
