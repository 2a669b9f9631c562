"""The polite words for each reason that a guest may be given, in Indonesian and English.

The regulation asks for "alasan yang tepat dan sopan". A record contains only the reason's word. The
text that reception speaks and a desk application shows is data: ``config/wording.toml``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from edge.config.sections.values import Name
from edge.config.validation import convert, read_file
from edge.sop.procedures.model import FileTable, Procedure, Text
from edge.sop.reasons import ENDS


class Wording(FileTable, frozen=True, kw_only=True):
    """The polite words for every reason, by reason."""

    reasons: dict[Name, Text]


def load_wording(path: Path) -> Wording:
    """Read the wording file *path*.

    :raises ConfigError: with every problem found: a reason without one of the languages, or
        with empty words
    """
    raw, problems = read_file(path)
    wording = convert(Wording, raw, "", problems)
    if wording is not None:
        for reason, text in wording.reasons.items():
            for language in ("id", "en"):
                if not getattr(text, language).strip():
                    problems.add(f"reasons.{reason}.{language}", "is empty; allowed: polite words")
    problems.raise_any()
    assert isinstance(wording, Wording)
    return wording


def reasons_of(procedure: Procedure) -> Iterator[str]:
    """Yield every reason that a guest of *procedure* may be given, each once."""
    ways = [way for step in procedure.steps for phase in step.phases for way in phase.on]
    given = [
        way.reason
        for way in ways
        if way.reason is not None and (way.to in ENDS or way.to.startswith("#"))
    ]
    yield from dict.fromkeys([*procedure.reasons, *given])


def without_words(procedures: Iterable[Procedure], wording: Wording) -> list[str]:
    """Return a line for each reason without words: procedure, reason, the table to add."""
    return [
        f'procedure {procedure.id}: no words for the reason "{reason}"; '
        f"add [reasons.{reason}] to the wording file"
        for procedure in procedures
        for reason in reasons_of(procedure)
        if reason not in wording.reasons
    ]


def published(wording: Wording) -> dict[str, dict[str, str]]:
    """Return the words in the form published in ``meta``."""
    return {reason: msgspec.to_builtins(text) for reason, text in wording.reasons.items()}
