"""The office's time zone, and its months.

Records are dated in UTC; days, hours and months that people read or type are the office's own.
"""

import contextlib
import io
import os
import re
import struct
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edge.errors import GarduError

_LOCALTIME = Path("/etc/localtime")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class BadMonth(GarduError, ValueError):
    """The text is not a month between 1970-01 and 9998-12."""


def zone_of(name: str) -> tzinfo:
    """Return the time zone *name*, for example ``Asia/Jakarta``; the machine's own if empty.

    :raises ZoneInfoNotFoundError: if this machine has no such zone
    """
    if name:
        return _named(name)
    own = os.environ.get("TZ")
    return _of_file(_LOCALTIME) if own is None else _of_variable(own.lstrip(":"))


def _of_variable(value: str) -> tzinfo:
    """Return the zone that the variable ``TZ`` names, as libc reads it (tzset(3))."""
    if value.startswith("/"):
        return _of_file(Path(value))
    with contextlib.suppress(ZoneInfoNotFoundError):
        return _named(value)
    with contextlib.suppress(ValueError):
        return _of_rule(value)
    return UTC


def _of_file(file: Path) -> tzinfo:
    try:
        with file.open("rb") as content:
            return ZoneInfo.from_file(content, key=_key(file))
    except (OSError, ValueError):
        return UTC


def _of_rule(rule: str) -> tzinfo:
    """Return the zone of a POSIX rule, for example ``WIB-7``.

    A zone file (RFC 9636) ends with such a rule, which is valid after its last transition: this is
    one without transitions.

    :raises ValueError: if it is no rule
    """
    block = struct.pack(">5s15x6l", b"TZif2", 0, 0, 0, 0, 1, 4) + struct.pack(
        ">lbB4s", 0, 0, 0, b"UTC"
    )
    return ZoneInfo.from_file(io.BytesIO(block * 2 + f"\n{rule}\n".encode()), key=rule)


def _named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:  # a path, a folder
        raise ZoneInfoNotFoundError(str(error)) from error


def _key(file: Path) -> str:
    """Return the name of the zone that *file* is a link to, for example ``Asia/Jakarta``."""
    return str(file.resolve()).partition("/zoneinfo/")[2] or "localtime"


class Month(msgspec.Struct, frozen=True):
    """A month of the office: from its first midnight to that of the next month.

    :ivar year: 1970 to 9998; *month*: 1 to 12
    """

    year: int
    month: int
    zone: tzinfo

    @property
    def name(self) -> str:
        """For example ``2026-11``."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def number(self) -> int:
        """For example 202611; grows with time."""
        return self.year * 100 + self.month

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.month, 1, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.next.start

    @property
    def next(self) -> "Month":
        """The month after it."""
        years, month = divmod(self.month, 12)
        return Month(self.year + years, month + 1, self.zone)

    @property
    def days(self) -> list[str]:
        """Its days, for example ``2026-11-01``."""
        first, after = self.start.replace(tzinfo=None), self.end.replace(tzinfo=None)
        return [f"{first + timedelta(day):%Y-%m-%d}" for day in range((after - first).days)]


def month_named(name: str, zone: tzinfo) -> Month:
    """Return the month *name*, for example ``2026-11``.

    :raises BadMonth: if it is not a month
    """
    match = _MONTH.fullmatch(name)
    if match is None or not 1970 <= int(match[1]) <= 9998:
        raise BadMonth(f"{name}: must be a month like 2026-11")
    return Month(int(match[1]), int(match[2]), zone)


def month_at(wall_ms: int, zone: tzinfo) -> Month:
    """Return the month that contains *wall_ms* (milliseconds since 1970 UTC)."""
    local = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
    return Month(local.year, local.month, zone)
