"""An SOP as text (*bentuk tulisan*): numbered sentences. Pure."""

from typing import NamedTuple

from edge.paper.words import Language, wording
from edge.sop.procedure import Procedure, Step


class Prose(NamedTuple):
    """Numbered sentences, and what is worth saying about them."""

    sentences: list[str]
    remark: str = ""


def prose(procedure: Procedure, lang: Language) -> Prose:
    """Return the law's own prose, or the activities in order where there is none to be had."""
    if lang is Language.ID and procedure.prose:
        return Prose(list(procedure.prose))
    steps = [
        f"{step.role if isinstance(step, Step) else '/ '.join(step.roles)}: {wording(step, lang)}"
        for step in procedure.rows
    ]
    if lang is Language.ID:
        return Prose(steps, "Sumber tidak memuat bentuk tulisan: disusun dari tabelnya.")
    return Prose(steps, "The legal text is Indonesian: these are the English titles of its rows.")
