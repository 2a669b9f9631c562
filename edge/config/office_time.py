"""Times as people at the office read and type them, in the office's zone."""

from datetime import UTC, datetime, tzinfo

from edge.errors import GarduError

# From 1970, as Gardu's clock; to a year from which every zone still reaches the calendar's end.
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class BadTime(GarduError, ValueError):
    """The text is not a day or a time."""


def office_time(wall_ms: int, zone: tzinfo) -> datetime:
    """Return *wall_ms* (milliseconds since 1970 UTC) as a time of *zone*."""
    return datetime.fromtimestamp(wall_ms // 1000, UTC).astimezone(zone)


def in_words(wall_ms: int, zone: tzinfo) -> str:
    """Return *wall_ms* with its zone: ``2026-11-21 10:51 Asia/Jakarta``."""
    return f"{office_time(wall_ms, zone):%Y-%m-%d %H:%M} {zone}"


def moment_ms(text: str, zone: tzinfo) -> int:
    """Return the moment that *text* means, milliseconds since 1970 UTC.

    A day (``2026-11-21``) begins at its midnight; times are those of *zone* unless *text* has an
    offset (``2026-11-21T08:00+07:00``).

    :raises BadTime: if it is neither, or not in 1970 to 9998
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime(f"{text!r} is no time; allowed: as in 2026-11-21") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadTime(f"{text!r} is no time; allowed: years from {_FIRST_YEAR} to {_LAST_YEAR}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return max(0, round(moment.timestamp() * 1000))
