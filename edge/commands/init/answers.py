"""Answers: checked one by one, read from a file and written to one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.commands.init.kinds import to_text
from edge.commands.init.question import Group, Item, Office, Question, items
from edge.config.spelling import did_you_mean
from edge.config.toml_writing import comment, pair
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
    asked = set[str]()
    for item in items(groups, answers, office):
        asked.add(item.key.rpartition(".")[0])
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
    _unknown(groups, given, asked, problems)
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
    groups: Sequence[Group], given: Mapping[str, Any], asked: set[str], problems: Problems
) -> None:
    """Add the keys of *given* that no question has; after a wrong answer, only those of none.

    :param asked: the tables of the questions that were asked
    """
    wrong = problems.count > 0
    known = [f"{group.key}.{question.key}" for group in groups for question in group.questions]
    for key in given:
        found = next(_questions(key, groups), None)
        if found is None:
            meant = did_you_mean(key, known)
            problems.add(key, f"is no answer{meant}; `gardu init --print-answers` lists all")
        elif not wrong:
            group, question = found
            why = question.unless if key.rpartition(".")[0] in asked else group.unless
            problems.add(key, f"is of no use here: {why}; allowed: leave it out")


def _questions(key: str, groups: Sequence[Group]) -> Iterator[tuple[Group, Question]]:
    """Yield group and question of *key*, also if it was not asked."""
    table, _, last = key.rpartition(".")
    for group in groups:
        before, star, _ = group.key.partition("*")
        name = table[len(before) :]
        if table == group.key or (star and table.startswith(before) and name and "." not in name):
            yield from ((group, one) for one in group.questions if one.key == last)


def leaves(raw: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key, answer) of each answer in the tables of *raw*."""
    for name, item in raw.items():
        key = f"{where}.{name}" if where else str(name)
        if isinstance(item, Mapping):
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
