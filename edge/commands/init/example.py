"""The file of answers in which every answer is described (`gardu init --print-answers`). Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.commands.init.question import Asked, Group, Item, Office
from edge.config.toml_writing import comment, pair

_REQUIRED = ("checkpoint.procedures", "checkpoint.site")
# Answers on which defaults of the others depend.
_CHOSEN = {"lockers.count": 12, "scanner.driver": "none"}
# Examples of answers that have no default, or one that depends on many others.
_EXAMPLES = {
    "procedures": ["pimpinan"],
    "site": "setda-example",
    "key": "(44 characters)",
    "protocol": "tcp",
    "amount": "usual",
}


def described(groups: Sequence[Group], office: Office) -> str:
    """Return a file in which every answer is described, with its default or an example."""
    lines = comment(
        "All answers of `gardu init --answers FILE`. A key that is commented out shows its "
        "default; remove the # to change it. NAME stands for a name that you choose in "
        "[equipment], or for a station of the procedures. Answers that follow from others (a "
        "board of lockers, a camera's user) may be given only where the question applies."
    )
    chosen = {"checkpoint.procedures": list(office.procedures)} | _CHOSEN
    for group in groups:
        head = group.key.replace("*", "NAME")
        lines += ["", *comment(f"{'-' * 40} {group.title.replace('*', 'NAME')}")]
        lines += [f"# [{head}]" if "*" in group.key else f"[{head}]"]
        for item in _all_items(group, chosen, office):
            lines += _described(item)
    return "\n".join(lines) + "\n"


def _all_items(group: Group, answers: Mapping[str, Any], office: Office) -> Iterator[Item]:
    for question in group.questions:
        asked = Asked(answers, office, group.key, "NAME" if "*" in group.key else "")
        yield Item(f"{group.key}.{question.key}", question, group, asked)


def _described(item: Item) -> list[str]:
    question = item.question
    lines = comment(f"{question.text} {question.why}")
    choices = _quietly(question.choices, item) or {}
    if choices:
        lines += comment(
            "Allowed: "
            + "; ".join(f"{name} ({why})" if why else name for name, why in choices.items())
        )
    default = _quietly(question.default, item)
    shown = default if default is not None else _EXAMPLES.get(question.key, "...")
    mark = "" if item.key in _REQUIRED else "# "
    return [*lines, *(f"{mark}{line}" for line in pair(question.key, shown))]


def _quietly(function: Any, item: Item) -> Any:
    """Return what *function* returns; None if it needs answers that are not there."""
    if function is None:
        return None
    try:
        return function(item.asked)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
