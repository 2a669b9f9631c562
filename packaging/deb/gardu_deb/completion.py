"""Completion of commands and options in bash, zsh and fish.

The scripts contain all words: to ask the program for them at each press of Tab takes a second or
two on a small Pi. File names are completed where an option or an argument has a value.
"""

from collections.abc import Iterator

from gardu_deb.command_tree import Command, Parameter

_BASH = """\
# Completion of gardu for bash.
_gardu() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
    local path=gardu word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path $word" in
{paths}) path="$path $word" ;;
        esac
    done
    local words=
    case "$path $previous" in
{values}    *)
        case "$path" in
{words}        esac
        ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _gardu gardu
"""


def bash(gardu: Command) -> str:
    """Return the script for bash."""
    paths = " | \\\n".join(f'        "{one.title}"' for one in _all(gardu) if one is not gardu)
    values = "".join(
        f'    "{one.title} {flag}") words="{" ".join(parameter.choices)}" ;;\n'
        for one in _all(gardu)
        for parameter in one.parameters
        if parameter.has_value
        for flag in parameter.flags
    )
    words = "".join(f'        "{one.title}") words="{_words(one)}" ;;\n' for one in _all(gardu))
    return _BASH.format(paths=paths, values=values, words=words)


def zsh(gardu: Command) -> str:
    """Return the script for zsh, which runs the one of bash."""
    return (
        "#compdef gardu\n# Completion of gardu for zsh.\n"
        "autoload -U +X bashcompinit && bashcompinit\n"
        + bash(gardu).replace("# Completion of gardu for bash.\n", "")
    )


def fish(gardu: Command) -> str:
    """Return the script for fish."""
    lines = ["# Completion of gardu for fish."]
    for one in _all(gardu):
        under = _fish_condition(one)
        lines += [
            f"complete -c gardu -n {under} -f -a {below.words[-1]} -d {_quoted(below.summary)}"
            for below in one.commands
        ]
        lines += [_fish_option(under, parameter) for parameter in one.parameters if parameter.flags]
    return "\n".join(lines) + "\n"


def _fish_condition(command: Command) -> str:
    """Return the test that the words typed so far are those of *command*."""
    if len(command.words) == 1:
        return "__fish_use_subcommand"
    tests = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in command.words[1:])
    if command.commands:
        below = " ".join(one.words[-1] for one in command.commands)
        tests += f"; and not __fish_seen_subcommand_from {below}"
    return f'"{tests}"'


def _fish_option(under: str, parameter: Parameter) -> str:
    names = " ".join(
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in parameter.flags
    )
    value = ""
    if parameter.choices:
        value = f" -x -a {_quoted(' '.join(parameter.choices))}"
    elif parameter.has_value:
        value = " -r -F"
    summary = " ".join(parameter.help.split()).partition(". ")[0]
    return f"complete -c gardu -n {under} {names}{value} -d {_quoted(summary)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _words(command: Command) -> str:
    flags = [flag for parameter in command.parameters for flag in parameter.flags]
    choices = [word for one in command.parameters if one.is_argument for word in one.choices]
    return " ".join([*(one.words[-1] for one in command.commands), *choices, *flags])


def _all(command: Command) -> Iterator[Command]:
    yield command
    for below in command.commands:
        yield from _all(below)
