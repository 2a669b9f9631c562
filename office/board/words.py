"""The words of the page in one language, and of the records' codes."""

from datetime import datetime

from markupsafe import Markup

from edge.report.codes import called
from office.board.known import Meta
from office.board.language import Language
from office.board.texts import ENTRIES, EVIDENCE, MONTHS, STATIONS

DASH = "\N{EN DASH}"
"""Stands for what is not known."""

_DAY_H = 48


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._english = language is Language.EN

    def __call__(self, key: str) -> str:
        """Return the word for *key*."""
        return ENTRIES[key][self._english]

    def many(self, number: int, key: str) -> Markup:
        """Return *number* and its noun, such as ``1 person``."""
        noun = self(f"{key}-one" if number == 1 else f"{key}-many")
        return Markup("<b>{}</b> {}").format(number, noun)

    def alarm(self, kind: str) -> str:
        """Return the label of an alarm."""
        return called("alarm", kind, english=self._english, told={})

    def outcome(self, word: str | None) -> str:
        """Return the label of a visit's or step's outcome."""
        own = f"outcome-{word}"
        if own in ENTRIES:
            return self(own)
        return called("outcome", word or "", english=self._english, told={})

    def reason(self, word: str | None, meta: Meta) -> str:
        """Return the label of a reason; the checkpoint's own words for one of its own."""
        return called("reason", word or "", english=self._english, told=meta.reasons)

    def code(self, kind: str, word: str) -> str:
        """Return the label ``KIND-WORD``; *word* itself if there is none."""
        pair = ENTRIES.get(f"{kind}-{word}")
        return word if pair is None else pair[self._english]

    def station(self, name: str) -> str:
        """Return the label of a station, as on its panel."""
        pair = STATIONS.get(name)
        return self.step(name) if pair is None else pair[self._english]

    def step(self, name: str | None) -> str:
        """Return the name of a step as it is read: its id without dashes."""
        return (name or "").replace("-", " ").capitalize()

    def evidence(self, word: str) -> str:
        """Return the label of a word of evidence."""
        pair = EVIDENCE.get(word)
        return word.replace("-", " ") if pair is None else pair[self._english]

    def month(self, name: str) -> str:
        """Return ``November 2026`` for ``2026-11``."""
        year, _, month = name.partition("-")
        return f"{MONTHS[self._english][int(month) - 1]} {year}"

    def duration(self, seconds: float | None) -> str:
        """Return *seconds* in words, such as ``12 min 05 s``; a dash for None."""
        if seconds is None:
            return DASH
        minutes, rest = divmod(max(0, round(seconds)), 60)
        hours, minutes = divmod(minutes, 60)
        if hours >= _DAY_H:
            return f"{hours // 24} {self('days')}"
        if hours:
            return f"{hours} {self('hours')} {minutes:02d} {self('minutes')}"
        if minutes:
            return f"{minutes} {self('minutes')}" + (f" {rest:02d} {self('seconds')}" * bool(rest))
        return f"{rest} {self('seconds')}"

    def clock(self, at: datetime, now: datetime) -> str:
        """Return *at* as it is read: without its day if that is today."""
        time = f"{at:%H:%M}" if self._english else f"{at:%H.%M}"
        if at.date() == now.date():
            return time
        day = f"{at:%d} {MONTHS[self._english][at.month - 1][:3]}"
        return f"{day} {time}" if at.year == now.year else f"{day} {at.year} {time}"
