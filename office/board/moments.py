"""Moments: of records, as times that a person reads."""

from datetime import UTC, datetime, tzinfo

from markupsafe import Markup, escape

from edge.config.office_time import office_time
from office.board.words import DASH, Words


def moment_of(text: str | None) -> int | None:
    """Return the moment of an RFC 3339 *text*, milliseconds since 1970 UTC; None if it is none."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return None if at.tzinfo is None else round(at.timestamp() * 1000)


class Moments:
    """Writes moments for one page.

    :param now_ms: the moment at which the page is made
    """

    def __init__(self, words: Words, zone: tzinfo, now_ms: int) -> None:
        self._words = words
        self._zone = zone
        self._now = office_time(now_ms, zone)

    def __call__(self, at_ms: int | None) -> Markup:
        """Return *at_ms* as an element ``time``; a dash for None."""
        if at_ms is None:
            return escape(DASH)
        at = office_time(at_ms, self._zone)
        iso = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return Markup('<time datetime="{}">{}</time>').format(iso, self._words.clock(at, self._now))

    @property
    def now(self) -> str:
        """The present moment in full, with its zone."""
        day = f"{self._now:%d-%m-%Y}" if self._words.language == "id" else f"{self._now:%Y-%m-%d}"
        return f"{day} {self.minute} ({self._now.tzname()})"

    @property
    def minute(self) -> str:
        """The present hour and minute."""
        return self._words.clock(self._now, self._now)
