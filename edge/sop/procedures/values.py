"""Defines values entered with a visit: a number plate, a temperature, a number of items.

A procedure declares them in ``[[values]]``; ``edge/sop/visit/values.py`` enters them.

1. A *personal* value is stored only in the guest book. The core compares it at the moment when it
   is entered, and from then on knows only the results of the comparisons.
2. Free text is always personal: no text that a person typed goes into a record.
"""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from edge.config.sections.values import Name
from edge.sop.entered import Entered
from edge.sop.procedures.tables import FileTable, Text

LONGEST_TEXT = 80
"""The longest text, characters."""

MOST_BUTTONS = 4
"""The first choices of a value that a panel can enter: by the buttons choice-1 to choice-4."""

EVENT = "value."
"""An event of a procedure is this and the id of the value that was entered."""


class Value(FileTable, frozen=True, kw_only=True):
    """A value that is entered with a visit.

    :ivar id: its name in events (``value.ID``), needs (``value:ID``) and requests
    :ivar title: its name for people
    :ivar kind: ``text`` (at most 80 characters), ``number``, or ``choice``: one of ``choices``
    :ivar unit: of a number, for people, such as kg
    :ivar least: the smallest number allowed
    :ivar most: the greatest number allowed
    :ivar choices: of a choice: the words allowed; of a number: those that buttons can enter; at
        most 12. The first four are entered by the buttons choice-1 to choice-4
    :ivar personal: it is stored in the guest book only; records have only the results of its
        comparisons. A text is always personal
    """

    id: Name
    title: Text
    kind: Literal["text", "number", "choice"]
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: Annotated[
        tuple[Entered, ...], Meta(max_length=12, description="at most 12 choices")
    ] = ()
    personal: bool = True


class Comparison(FileTable, frozen=True, kw_only=True):
    """A comparison of a value; it holds if all of its conditions hold.

    :ivar above: the value is greater
    :ivar below: the value is smaller
    :ivar equals: the value is this one
    """

    above: float | None = None
    below: float | None = None
    equals: Entered | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """A word for each of its conditions, such as ``above-37.5``."""
        found = [("above", self.above), ("below", self.below), ("equals", self.equals)]
        return tuple(f"{name}-{plain(limit)}" for name, limit in found if limit is not None)

    def holding(self, entered: Entered) -> tuple[str, ...]:
        """Return those of :attr:`words` that hold for *entered*."""
        number = entered if isinstance(entered, float | int) else None
        results = [
            number is not None and number > self.above if self.above is not None else None,
            number is not None and number < self.below if self.below is not None else None,
            entered == self.equals if self.equals is not None else None,
        ]
        asked = [result for result in results if result is not None]
        return tuple(word for word, holds in zip(self.words, asked, strict=True) if holds)


def plain(entered: Entered) -> str:
    """Return *entered* as one word: a number without needless digits."""
    return entered if isinstance(entered, str) else f"{entered:.10g}"


def compared(event: str, named: str | None) -> str | None:
    """Return the value that a transition compares: *named*, else that of its *event*, if any."""
    return named or (event.removeprefix(EVENT) if event.startswith(EVENT) else None)


def not_allowed(value: Value, entered: Entered) -> str | None:
    """Return why *entered* is not allowed for *value*, and the allowed values; None if it is."""
    if value.kind == "text":
        return _text(entered)
    if value.kind == "choice":
        allowed = ", ".join(map(plain, value.choices))
        return (
            None if entered in value.choices else f"is not one of its choices; allowed: {allowed}"
        )
    low = "" if value.least is None else f" from {plain(value.least)}"
    high = "" if value.most is None else f" up to {plain(value.most)}"
    unit = f" {value.unit}" if value.unit and (low or high) else ""
    allowed = f"allowed: a number{low}{high}{unit}"
    if isinstance(entered, str) or not math.isfinite(entered):
        return f"is no number; {allowed}"
    outside = (value.least is not None and entered < value.least) or (
        value.most is not None and entered > value.most
    )
    return f"is outside its range; {allowed}" if outside else None


def _text(entered: Entered) -> str | None:
    allowed = f"allowed: 1 to {LONGEST_TEXT} characters in one line"
    if not isinstance(entered, str):
        return f"is no text; {allowed}"
    sound = entered.strip() and len(entered) <= LONGEST_TEXT and entered.isprintable()
    return None if sound else f"is no such text; {allowed}"


def words_in_order(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    """Return the words of *comparisons*, each once."""
    return tuple(dict.fromkeys(word for one in comparisons for word in one.words))
