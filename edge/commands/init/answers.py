"""Answers: checked one by one, read from a file and written to one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.commands.init.kinds import to_text
from edge.commands.init.question import Group, Item, Office, Question, items
from edge.commands.init.toml_page import comment, pair
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, convert


def examine(item: Item, raw: Any) -> tuple[Any, str]:
    """Return the answer *raw* as a value and an empty text, or None and what is wrong with it."""
    question = item.question
    problems = Problems("")
    found = convert(question.kind, raw, "", problems)
    if problems.lines:
        return None, problems.lines[0]
    listed = found if isinstance(found, list) else [found]
    if question.choices is not None:
        allowed = question.choices(item.asked)
        for one in listed:
            if str(one) not in allowed:
                meant, words = did_you_mean(str(one), allowed), ", ".join(allowed) or "none here"
                return None, f"is {to_text(one)!r}{meant}; allowed: {words}"
    if isinstance(found, list):
        twice = next((one for one in found if found.count(one) > 1), None)
        if twice is not None:
            return None, f"has {to_text(twice)!r} twice; allowed: each once"
    wrong = question.wrong(item.asked, found)
    return (None, wrong) if wrong else (found, "")


def settle(
    groups: Sequence[Group], raw: Mapping[str, Any], office: Office, problems: Problems
) -> dict[str, Any]:
    """Return all answers of *raw*, with the defaults of those that it leaves out.

    Answers that are wrong, missing or of no question are added to *problems*.
    """
    given = dict(leaves(raw))
    answers: dict[str, Any] = {}
    for item in items(groups, answers, office):
        where, default = item.key, item.question.default
        if where in given:
            found, wrong = examine(item, given.pop(where))
            if wrong:
                problems.add(where, wrong)
        else:
            found = None if default is None else default(item.asked)
            if found is None:
                problems.add(where, f"is missing: {item.question.text}{_allowed(item)}")
            elif wrong := examine(item, found)[1]:
                problems.add(where, f"is missing, and its default {wrong}")
        if found is None:
            found = _stand_in(item)
        answers[where] = found
    _unknown(groups, given, office, problems)
    return answers


def _stand_in(item: Item) -> Any:
    """Return a value in place of a wrong answer, so that the others can be examined too."""
    question = item.question
    default = question.default(item.asked) if question.default is not None else None
    return default if default is not None else convert(question.kind, [], "", Problems("")) or ""


def _allowed(item: Item) -> str:
    if item.question.choices is None:
        return ""
    return f" (allowed: {', '.join(item.question.choices(item.asked))})"


def _unknown(
    groups: Sequence[Group], given: Mapping[str, Any], _office: Office, problems: Problems
) -> None:
    """Add the keys of *given* that no question has; after a wrong answer, only those of none."""
    wrong = problems.count > 0
    known = [f"{group.key}.{question.key}" for group in groups for question in group.questions]
    for key in given:
        group = next((one for one in groups if _belongs(key, one)), None)
        if group is None:
            meant = did_you_mean(key, known)
            problems.add(key, f"is no answer{meant}; `gardu init --print-answers` lists all")
        elif not wrong:
            problems.add(key, f"is of no use here: {_reason(key, group)}; allowed: leave it out")


def _belongs(key: str, group: Group) -> bool:
    before, star, _ = group.key.partition("*")
    own = {question.key for question in group.questions}
    head, _, last = key.rpartition(".")
    if last not in own:
        return False
    return (
        head == group.key
        if not star
        else head.startswith(before) and "." not in head[len(before) :]
    )


def _reason(key: str, group: Group) -> str:
    question = next(one for one in group.questions if one.key == key.rpartition(".")[2])
    if question.key in ("at", "doors"):
        return f"{group.unless}, or there are no modules (equipment.modules)"
    return group.unless


def leaves(raw: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key, answer) of each answer in the tables of *raw*."""
    for name, item in raw.items():
        key = f"{where}.{name}" if where else str(name)
        if isinstance(item, Mapping) and item:
            yield from leaves(item, key)
        else:
            yield key, item


def as_toml(groups: Sequence[Group], answers: Mapping[str, Any], office: Office) -> str:
    """Return the file of *answers*, which `gardu init --answers` reads."""
    lines = comment(
        "Answers for `gardu init --answers FILE`. `gardu init --print-answers` describes each."
    )
    table = ""
    for item in items(groups, answers, office):
        head, _, name = item.key.rpartition(".")
        if item.key not in answers:
            continue
        if head != table:
            lines += ["", f"[{head}]"]
            table = head
        lines += pair(name, answers[item.key])
    return "\n".join(lines) + "\n"


def described(groups: Sequence[Group], office: Office) -> str:
    """Return a file in which every answer is described, with its default or an example."""
    lines = comment(
        "All answers of `gardu init --answers FILE`. A key that is commented out shows its "
        "default; remove the # to change it. NAME stands for a name that you choose in "
        "[equipment], or for a station of the procedures. Answers that follow from others (a "
        "board of lockers, a camera's user) may be given only where the question applies."
    )
    chosen = {"checkpoint.procedures": list(office.procedures)}
    for group in groups:
        head = group.key.replace("*", "NAME")
        lines += ["", *comment(f"{'-' * 72} {group.title.replace('*', 'NAME')}")]
        lines += [f"# [{head}]" if "*" in group.key else f"[{head}]"]
        for item in _all_items(group, chosen, office):
            lines += _described(item)
    return "\n".join(lines) + "\n"


def _all_items(group: Group, answers: Mapping[str, Any], office: Office) -> Iterator[Item]:
    from edge.commands.init.question import Asked

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
    shown = default if default is not None else _example(question)
    required = question.default is None and "*" not in item.group.key and item.key != "scanner.key"
    mark = "" if required else "# "
    return [*lines, *(f"{mark}{line}" for line in pair(question.key, shown))]


def _quietly(function: Any, item: Item) -> Any:
    """Return what *function* returns; None if it needs answers that are not there."""
    if function is None:
        return None
    try:
        return function(item.asked)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _example(question: Question) -> Any:
    return {"key": "(44 characters)", "site": "setda-example"}.get(question.key, "...")
