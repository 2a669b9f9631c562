"""Compares the deeds of an SOP with those that the words of the law demand. Pure."""

from collections.abc import Iterator

from edge.sop.procedures.deed_evidence import NO_WAY, Evidence, deeds_of
from edge.sop.procedures.deeds import DEEDS
from edge.sop.procedures.legal_text import LegalRow
from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.remarks import Remark, note, problem
from edge.sop.procedures.step_paths import AtHand

_MOST = 3
"""The most places that a remark lists."""


def review_deeds(procedure: Procedure, rows: dict[str, LegalRow]) -> Iterator[Remark]:
    """Yield a remark for each deed that is missing, or weaker than the law has it.

    A deed that a person vouches for in place of equipment is a note, unless the law names the
    equipment.

    :param rows: the legal row of each step
    """
    for step, row in _demanding(procedure, rows):
        for one in deeds_of(procedure, step, deeds=row.demands):
            if one.gap:
                words = f"{demanded(one.deed)}; the step can be completed without it: {one.gap}"
                yield problem(step, "deed", words, law=row.name)
            elif not one.shown:
                yield _only_word(step, row, one)
            elif one.word:
                words = f"{named(one.deed)}: an officer's word can stand for what equipment shows"
                yield note(step, "deed", f"{words}: {_places(one)}", law=row.name)


def review_deeds_here(
    procedure: Procedure, rows: dict[str, LegalRow], at_hand: AtHand
) -> Iterator[Remark]:
    """Yield a remark for each deed that the equipment *at_hand* does not show, or makes impossible.

    Deeds that the procedure lacks or vouches for with any equipment are left to
    :func:`review_deeds`, steps that nothing can complete here to ``equipment.py``.
    """
    for step, row in _demanding(procedure, rows):
        everywhere = {one.deed: one for one in deeds_of(procedure, step, deeds=row.demands)}
        for one in deeds_of(procedure, step, at_hand, row.demands):
            before = everywhere[one.deed]
            if before.gap or one.gap == NO_WAY:
                continue
            if one.gap:
                words = f"{demanded(one.deed)}; with the equipment here it is missing: {one.gap}"
                yield problem(step, "deed", words, law=row.name)
            elif before.shown and not one.shown:
                words = f"{named(one.deed)}: with the equipment here nothing but an officer's word"
                yield note(step, "deed", f"{words} shows it", law=row.name)


def demanded(deed: str) -> str:
    """Return the words for a *deed* that the law demands."""
    text = DEEDS[deed].text
    return f'the law demands "{text.id}" ({deed}: {text.en})'


def named(deed: str) -> str:
    """Return the words for a *deed*."""
    return f'"{DEEDS[deed].text.id}" ({deed})'


def _demanding(procedure: Procedure, rows: dict[str, LegalRow]) -> Iterator[tuple[Step, LegalRow]]:
    for step in procedure.steps:
        if step.id in rows:
            yield step, rows[step.id]


def _only_word(step: Step, row: LegalRow, one: Evidence) -> Remark:
    where = f": {_places(one)}" if one.word else ""
    if DEEDS[one.deed].word_suffices:
        words = f"{named(one.deed)}: nothing but an officer's word shows it{where}"
        return note(step, "deed", words, law=row.name)
    words = f"{demanded(one.deed)}; nothing but an officer's word shows it{where}"
    return problem(step, "deed", words, law=row.name)


def _places(one: Evidence) -> str:
    more = f" and {len(one.word) - _MOST} more" if len(one.word) > _MOST else ""
    return "; ".join(one.word[:_MOST]) + more
