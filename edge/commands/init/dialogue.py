"""The dialogue at the terminal: one question after the other, with a way back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edge.commands.init.answers import examine
from edge.commands.init.kinds import from_text, is_list, to_text
from edge.commands.init.question import Group, Item, Office, items
from edge.printable import printable
from edge.terminal import Terminal

BACK, EXPLAIN, NONE = "back", "?", "none"
_HELP = (
    "Enter takes the answer in [brackets]; none empties it; ? explains a question; back returns to "
    "the one before; Ctrl-C ends without a config. Nothing is written before you agree at the end."
)


class Dialogue:
    """Asks the questions of *groups* and collects the answers.

    :param earlier: answers of an earlier run, which are then the defaults
    :ivar answers: the answers so far
    """

    def __init__(
        self,
        groups: Sequence[Group],
        office: Office,
        console: Terminal,
        earlier: Mapping[str, Any] | None = None,
    ) -> None:
        self.answers: dict[str, Any] = {}
        self._groups = groups
        self._office = office
        self._console = console
        self._earlier = dict(earlier or {})
        self._title = ""

    def run(self, finish: Callable[[dict[str, Any]], Sequence[str]]) -> None:
        """Ask all questions, then have the answers reviewed until they can be used.

        :param finish: returns the problems of all answers together; none: they can be used
        """
        self._say(_HELP)
        while True:
            self._ask_all()
            problems = finish(self.answers)
            for problem in problems:
                self._say(problem, style="red")
            if not self._review(possible=not problems):
                return

    def _ask_all(self) -> None:
        """Ask each question that applies and has no answer yet; drop answers of others."""
        while (item := self._next()) is not None:
            answer = self._ask(item)
            if answer is BACK_UP:
                self._step_back()
            else:
                self.answers[item.key] = answer
                self._earlier[item.key] = answer
        applying = {item.key for item in self._items()}
        self.answers = {key: value for key, value in self.answers.items() if key in applying}

    def _items(self) -> list[Item]:
        return list(items(self._groups, self.answers, self._office))

    def _next(self) -> Item | None:
        for item in items(self._groups, self.answers, self._office):
            if item.key not in self.answers:
                return item
            if examine(item, self.answers[item.key])[1]:  # another answer was changed since
                del self.answers[item.key]
                return item
        return None

    def _step_back(self) -> None:
        asked = [item.key for item in self._items() if item.key in self.answers]
        if asked:
            del self.answers[asked[-1]]
        else:
            self._say("This is the first question.")

    def _ask(self, item: Item) -> Any:
        """Return the answer to *item*, or :data:`BACK_UP`."""
        if item.title != self._title:
            self._title = item.title
            self._console.print()
            self._console.rule(Text(item.title, style="bold"), align="left")
        offered = _offered(item)
        self._console.print()
        self._say(item.question.text, style="bold")
        self._show(item, offered)
        default = self._default(item)
        while True:
            typed = self._read(default)
            if typed == EXPLAIN:
                self._explain(item)
            elif typed == BACK:
                return BACK_UP
            else:
                raw = default if not typed and default is not None else _raw(item, typed, offered)
                found, wrong = examine(item, raw)
                if not wrong:
                    return found
                self._say(_in_words(item, wrong), style="red")

    def _default(self, item: Item) -> Any:
        """Return the answer by Enter: that of before if it is still right, else the usual one."""
        before = self._earlier.get(item.key)
        if before is not None and not examine(item, before)[1]:
            return before
        return None if item.question.default is None else item.question.default(item.asked)

    def _read(self, default: Any) -> str:
        shown = "" if default is None else f"[{printable(to_text(default) or NONE)}]"
        return self._console.input(Text(f"{shown}> ")).strip()

    def _show(self, item: Item, offered: Mapping[str, str]) -> None:
        if not offered:
            return
        table = Table.grid(padding=(0, 2))
        for number, (name, words) in enumerate(offered.items(), 1):
            table.add_row(Text(str(number)), Text(printable(name)), Text(printable(words)))
        self._console.print(Padding(table, (0, 0, 0, 2)))
        if is_list(item.question.kind):
            self._say("Several: numbers or names with commas between.", style="dim")

    def _explain(self, item: Item) -> None:
        self._say(item.question.why)
        self._say(f"Key in a file of answers: {item.key}", style="dim")

    def _review(self, *, possible: bool) -> bool:
        """Show all answers; return True if one is to be changed, False if they are to be used."""
        listed = self._items()
        self._console.print()
        self._console.rule(Text("Your answers", style="bold"), align="left")
        table = Table.grid(padding=(0, 2))
        for number, item in enumerate(listed, 1):
            answer = to_text(self.answers[item.key]) or NONE
            table.add_row(str(number), Text(item.key), Text(printable(answer)))
        self._console.print(table)
        ready = "Enter writes the files. " if possible else ""
        self._say(f"{ready}A number changes that answer.", style="bold")
        while True:
            typed = self._console.input("> ").strip()
            if not typed and possible:
                return False
            if typed.isdecimal() and 0 < int(typed) <= len(listed):
                del self.answers[listed[int(typed) - 1].key]
                self._title = ""
                return True
            self._say(f"Allowed: {ready or ''}a number from 1 to {len(listed)}.", style="red")

    def _say(self, words: str, style: str = "") -> None:
        self._console.print(Text(printable(words), style=style))


class _BackUp:
    """The answer that means: to the question before."""


BACK_UP = _BackUp()


def _offered(item: Item) -> Mapping[str, str]:
    """Return the answers that are listed, each with its explanation."""
    question = item.question
    if question.choices is not None:
        return question.choices(item.asked)
    if question.proposals is not None:
        return dict.fromkeys(question.proposals(item.asked), "")
    return {}


def _raw(item: Item, typed: str, offered: Mapping[str, str]) -> Any:
    """Return *typed* as TOML would have it; numbers and beginnings stand for what is listed."""
    if typed == NONE and NONE not in offered:
        return [] if is_list(item.question.kind) else ""
    raw = from_text(item.question.kind, typed)
    if not offered:
        return raw
    if isinstance(raw, list):
        return [_meant(one, offered) for one in raw]
    meant = _meant(typed, offered)
    return raw if meant == typed else from_text(item.question.kind, meant)


def _meant(word: str, offered: Mapping[str, str]) -> str:
    if word in offered:
        return word
    names = list(offered)
    if word.isdecimal() and 0 < int(word) <= len(names):
        return names[int(word) - 1]
    beginning = [name for name in names if name.startswith(word)]
    return beginning[0] if len(beginning) == 1 else word


def _in_words(item: Item, wrong: str) -> str:
    if item.question.kind is bool:
        return "Allowed: yes or no."
    return f"This answer {wrong}."
