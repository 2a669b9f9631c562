"""The types of questions and groups, and what a question can see of the answers so far.

A key is the place of an answer in a file of answers: ``lockers.count``. In a group with names,
``*`` stands for each of them: ``panels.*.at``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge.commands.init.needs import Needs, needs_of
from edge.sop.procedures.model import Procedure

LATER = "later"
"""The answer for what is not known yet; `gardu init` lists what remains to be filled in."""


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before the first answer.

    :ivar folder: the config's folder, from which names of files are relative
    :ivar procedures: the procedures that can be chosen, by id
    :ivar serial: names of the serial ports that are plugged in
    :ivar keyboards: names of the input devices that type, likewise
    :ivar zone: the machine's time zone
    """

    folder: Path
    procedures: Mapping[str, Procedure]
    serial: Sequence[str] = ()
    keyboards: Sequence[str] = ()
    zone: str = ""
    _needs: dict[tuple[str, ...], Needs] = msgspec.field(default_factory=dict)

    def needs(self, chosen: Sequence[str]) -> Needs:
        """Return the needs of the *chosen* procedures; they are computed once."""
        key = tuple(chosen)
        if key not in self._needs:
            self._needs[key] = needs_of(self.procedures[one] for one in key)
        return self._needs[key]


class Asked:
    """The answers so far, as one question sees them.

    :ivar name: the name that stands for ``*`` in the question's key; empty without
    """

    def __init__(self, answers: Mapping[str, Any], office: Office, group: str, name: str) -> None:
        self.answers = answers
        self.office = office
        self.name = name
        self._prefix = group.replace("*", name)

    def __getitem__(self, key: str) -> Any:
        """Return the answer *key*; None if it was not asked."""
        return self.answers.get(key)

    def own(self, key: str) -> Any:
        """Return the answer *key* of the same group and name."""
        return self.answers.get(f"{self._prefix}.{key}")

    def others(self, pattern: str) -> dict[str, Any]:
        """Return name → answer of *pattern* (with ``*``) for all other names."""
        before, after = pattern.split("*")
        return {
            name: value
            for key, value in self.answers.items()
            if key.startswith(before)
            and key.endswith(after)
            and (name := key[len(before) : len(key) - len(after)]) != self.name
        }

    @property
    def needs(self) -> Needs:
        """The needs of the chosen procedures."""
        return self.office.needs(self["checkpoint.procedures"] or ())


def always(_asked: Asked) -> bool:
    """Return True: the question applies to every office."""
    return True


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    :ivar key: its key within the group
    :ivar text: the question at the terminal
    :ivar why: the explanation
    :ivar kind: the type of the answer, with its range
    :ivar default: returns the answer by Enter; None: an answer is required
    :ivar choices: returns the allowed answers, each with its explanation; for a list they are those
        of its items
    :ivar proposals: returns answers to choose from, where others are allowed too
    :ivar applies: True: it is asked
    :ivar unless: the reason if it is not asked though its group is, in words
    :ivar wrong: returns why an answer of the right type is wrong, with what is allowed; empty if
        it is not
    """

    key: str
    text: str
    why: str
    kind: Any
    default: Callable[[Asked], Any] | None = None
    choices: Callable[[Asked], Mapping[str, str]] | None = None
    proposals: Callable[[Asked], Sequence[str]] | None = None
    applies: Callable[[Asked], bool] = always
    unless: str = "another answer leaves nothing to ask here"
    wrong: Callable[[Asked, Any], str] = lambda _asked, _value: ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Questions about one subject.

    :ivar key: the beginning of their keys; with ``*`` they are asked for each of *names*
    :ivar title: the heading at the terminal; ``*`` is replaced
    :ivar applies: True: they are asked
    :ivar unless: the reason if they are not asked, in words
    """

    key: str
    title: str
    questions: tuple[Question, ...]
    names: Callable[[Asked], Sequence[str]] = lambda _asked: ("",)
    applies: Callable[[Asked], bool] = always
    unless: str = "the other answers leave nothing to ask here"


class Item(msgspec.Struct, frozen=True):
    """A question as it is asked: its whole key, and what it sees."""

    key: str
    question: Question
    group: Group
    asked: Asked

    @property
    def title(self) -> str:
        """The heading of its group."""
        return self.group.title.replace("*", self.asked.name)


def items(groups: Sequence[Group], answers: Mapping[str, Any], office: Office) -> Iterator[Item]:
    """Yield the questions that apply, in order.

    *answers* is read while this generator runs: put each answer in before the next question.
    """
    for group in groups:
        if not group.applies(Asked(answers, office, group.key, "")):
            continue
        for name in group.names(Asked(answers, office, group.key, "")):
            asked = Asked(answers, office, group.key, name)
            for question in group.questions:
                if question.applies(asked):
                    key = f"{group.key.replace('*', name)}.{question.key}"
                    yield Item(key, question, group, asked)
