"""The notes and the parts list of the wiring picture. Pure."""

from collections.abc import Sequence

from edge.config.inventory import fitted
from edge.config.model import Config
from edge.config.wiring import boot_notes, boot_pull, bus_notes
from edge.paper.lettering import wrap
from edge.paper.wiring.parts_list import RESISTOR, parts, pull_resistor
from edge.paper.wiring.shapes import LINE, MARGIN, WIDTH, TextLine
from edge.paper.wiring.words import function_words, said
from edge.paper.words import Language

COLUMN = (WIDTH - 2 * MARGIN - 6) / 2
NOTE_SIZE = 2.4
_BULLET = "• "
_INDENT = 2.0


class Column:
    """A column of lines below a heading, of which as many are taken as a sheet has room for."""

    def __init__(self, heading: str, rows: Sequence[str], x: float) -> None:
        self._heading, self._x = heading, x
        room = COLUMN - _INDENT
        self._lines = [
            (0.0 if place == 0 else _INDENT, line)
            for row in rows
            for place, line in enumerate(wrap(_BULLET + row, NOTE_SIZE, room))
        ]

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, count: int, top: float) -> list[TextLine]:
        """Remove the first *count* lines, and return them below the heading at *top*."""
        taken, self._lines = self._lines[:count], self._lines[count:]
        if not taken:
            return []
        return [
            TextLine(self._x, top, self._heading, heading=True),
            *(
                TextLine(self._x + indent, top + 4.5 + number * LINE, line)
                for number, (indent, line) in enumerate(taken)
            ),
        ]


def columns(config: Config, lang: Language) -> tuple[Column, Column]:
    """Return the notes, for the left, and the parts list, for the right."""
    rows = [f"{part.count} x {said(part.what, lang)}" for part in parts(config)]
    right = MARGIN + COLUMN + 6
    return (
        Column(said("To mind", lang), [said(note, lang) for note in _notes(config, lang)], MARGIN),
        Column(said("Parts", lang), rows, right),
    )


def _notes(config: Config, lang: Language) -> list[str]:
    warned = boot_notes(config)
    if lang is not Language.EN:
        for part in fitted(config):
            own = function_words(part, lang)
            warned = [note.replace(f" ({part.function}) ", f" ({own}) ") for note in warned]
    pulled = any(pull_resistor(part) for part in fitted(config))
    notes = [
        "Pin 1 has the square pad; on a Pi 3 to 5 it is at the end away from the USB sockets.",
        "3.3 V only: 5 V on a GPIO destroys the Pi. Switch everything off before wiring.",
    ]
    if pulled:
        notes.append(
            f"White boxes: fit a resistor of {RESISTOR} from the pin to what is named. While the "
            "Pi boots, and when the daemon is stopped, only this keeps an output off."
        )
    if any(
        part.is_output and part.part.pin is not None and boot_pull(part.part.pin) == "up"
        for part in fitted(config)
    ):
        notes.append("GPIO 2 to 8 are pulled up while the Pi boots, 9 to 27 down.")
    return [*warned, *notes, *bus_notes(config)]
