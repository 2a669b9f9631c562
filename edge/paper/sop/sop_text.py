"""An SOP as text (*bentuk tulisan*): numbered sentences. Pure."""

from typing import NamedTuple

from edge.paper.words import Language, acting, row_number, wording
from edge.sop.procedures.model import Duty, Procedure, Step


class Sentence(NamedTuple):
    """A sentence under its number, which may have a letter: ``5a``."""

    number: str
    words: str


class Prose(NamedTuple):
    """Numbered sentences, and a remark on their source."""

    sentences: list[Sentence]
    remark: str = ""


def prose(procedure: Procedure, lang: Language) -> Prose:
    """Return the law's own prose; if it has none in *lang*, the activities in order."""
    if lang is Language.ID and procedure.prose:
        return Prose([Sentence(str(n), words) for n, words in enumerate(procedure.prose, 1)])
    steps = [_sentence(procedure, row, lang) for row in procedure.rows]
    if lang is Language.ID:
        return Prose(steps, "Sumber tidak memuat bentuk tulisan: disusun dari tabelnya.")
    return Prose(steps, "The legal text is Indonesian: these are the English titles of its rows.")


def _sentence(procedure: Procedure, row: Step | Duty, lang: Language) -> Sentence:
    """Return the row as a sentence: its roles, its activity, and the law's remark on it."""
    number = row_number(procedure, row)
    remark = f" ({' '.join(row.note.split())})" if row.note and lang is Language.ID else ""
    roles = "/ ".join(acting(procedure, row, lang))
    return Sentence(number, f"{roles}: {wording(procedure, row, lang)}{remark}")
