"""The polite words for each reason that a guest may be given, in Indonesian and English.

The regulation asks for "alasan yang tepat dan sopan". A record contains only the reason's word. The
text that reception speaks and a desk application shows is data: ``config/wording.toml``. Beside the
general words a reason may have words with ``{host}``, in place of which the host's title is put.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from edge.config.sections.values import Name
from edge.config.validation import Problems, convert, read_file
from edge.sop.procedures.model import FileTable, Procedure, Text
from edge.sop.procedures.turning_away import ENDS, REFUSED

PLACEHOLDER = "{host}"
"""Where the title of the host is put."""

_LANGUAGES = ("id", "en")


class ReasonText(Text, frozen=True, kw_only=True):
    """The words for one reason.

    :ivar host: words with :data:`PLACEHOLDER`, for guests whose host has a title; None: the general
        words are for all guests
    """

    host: Text | None = None


class Wording(FileTable, frozen=True, kw_only=True):
    """The polite words for every reason, by reason."""

    reasons: dict[Name, ReasonText]


def load_wording(path: Path) -> Wording:
    """Read the wording file *path*.

    :raises ConfigError: with every problem found: a reason without one of the languages, with empty
        words, or with ``{host}`` at the wrong place
    """
    raw, problems = read_file(path)
    wording = convert(Wording, raw, "", problems)
    if wording is not None:
        for reason, text in wording.reasons.items():
            _check(text, f"reasons.{reason}", problems)
    problems.raise_any()
    assert isinstance(wording, Wording)
    return wording


def _check(text: ReasonText, where: str, problems: Problems) -> None:
    for language in _LANGUAGES:
        words = getattr(text, language)
        if not words.strip():
            problems.add(f"{where}.{language}", "is empty; allowed: polite words")
        elif PLACEHOLDER in words:
            problems.add(
                f"{where}.{language}", f"contains {PLACEHOLDER}; allowed only in [{where}.host]"
            )
        if text.host is not None:
            _check_host(getattr(text.host, language), f"{where}.host.{language}", problems)


def _check_host(words: str, where: str, problems: Problems) -> None:
    rest = words.replace(PLACEHOLDER, "")
    if rest == words:
        problems.add(where, f"does not contain {PLACEHOLDER}; allowed: polite words with it")
    elif not rest.strip():
        problems.add(where, f"is only {PLACEHOLDER}; allowed: polite words with it")
    if "{" in rest or "}" in rest:
        problems.add(where, f"contains a brace that is not of {PLACEHOLDER}; allowed: no other one")


def reasons_of(procedure: Procedure) -> Iterator[str]:
    """Yield every reason that a guest of *procedure* may be given, refused or not, each once."""
    ways = [way for step in procedure.steps for phase in step.phases for way in phase.on]
    ways += procedure.anywhere
    given = [
        way.reason
        for way in ways
        if way.reason is not None and (way.to in (*ENDS, REFUSED) or way.to.startswith("#"))
    ]
    yield from dict.fromkeys([*procedure.reasons, *procedure.refusals, *given])


def without_words(procedures: Iterable[Procedure], wording: Wording) -> list[str]:
    """Return a line for each reason without words: procedure, reason, the table to add."""
    return [
        f'procedure {procedure.id}: no words for the reason "{reason}"; '
        f"add [reasons.{reason}] to the wording file"
        for procedure in procedures
        for reason in reasons_of(procedure)
        if reason not in wording.reasons
    ]


def naming(text: Text, title: str) -> Text:
    """Return *text* with *title* in place of ``{host}``."""
    return Text(
        id=text.id.replace(PLACEHOLDER, title),
        en=text.en.replace(PLACEHOLDER, title),
    )


def published(wording: Wording, titles: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the words in the form published in ``meta``.

    A reason whose words can name the host has ``hosts``: the finished words, by the host's id.

    :param titles: the hosts' titles, by id
    """
    return {reason: _published(text, titles) for reason, text in wording.reasons.items()}


def _published(text: ReasonText, titles: Mapping[str, str]) -> dict[str, Any]:
    words: dict[str, Any] = {"id": text.id, "en": text.en}
    if text.host is not None and titles:
        words["hosts"] = {
            host: msgspec.to_builtins(naming(text.host, title)) for host, title in titles.items()
        }
    return words
