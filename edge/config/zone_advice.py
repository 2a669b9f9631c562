"""Advice about time zones: a wrong name, and a machine in another zone than the office."""

import re
from zoneinfo import available_timezones

from edge.config.model import Config
from edge.config.office_time import office_time
from edge.config.spelling import closest
from edge.config.zone import zone_of

# Indonesia's zones: the offset from UTC in hours, what people call it, and its IANA name.
_INDONESIA = (
    (7, "WIB", "Asia/Jakarta"),
    (8, "WITA", "Asia/Makassar"),
    (9, "WIT", "Asia/Jayapura"),
)
_ALLOWED = ", ".join(f"{name} ({word})" for _, word, name in _INDONESIA)
# WIB, WIB-7, UTC+7, GMT+07:00, +7
_RULE = re.compile(r"([A-Z]*) ?(?:[+-]?0?([0-9]{1,2})(?::?00)?)?", re.IGNORECASE)


def zone_problem(name: str) -> str:
    """Return the problem of ``checkpoint.timezone``, *name* not being a zone of this machine."""
    if not available_timezones():
        return (
            f"is {name!r}, but no time zones are installed on this machine; install them: "
            "sudo apt install tzdata"
        )
    meant = _meant(name)
    proposed = f" (did you mean {meant}?)" if meant else ""
    return (
        f"is {name!r}, which is no time zone{proposed}; allowed: {_ALLOWED}, another IANA time "
        "zone, or empty for the machine's own"
    )


def zone_notes(config: Config, now_ms: int) -> list[str]:
    """Return a note if the machine's zone is not the office's, or no zone was chosen.

    :param now_ms: the present time, milliseconds since 1970 UTC
    """
    machine, office = zone_of(""), config.checkpoint.zone
    offset = office_time(now_ms, machine).utcoffset()
    if offset != office_time(now_ms, office).utcoffset():
        note = (
            f"this machine's time zone is {machine}, the office's is {office}: cron and the "
            f"journal use the machine's; for one zone: sudo timedatectl set-timezone {office}"
        )
        return [note]
    hours = offset.total_seconds() / 3600 if offset is not None else 0
    if not config.checkpoint.timezone and hours not in [hour for hour, _, _ in _INDONESIA]:
        note = (
            f"checkpoint.timezone is empty, so days and hours are those of {machine}, this "
            f"machine's time zone; for the office's own: {_ALLOWED}"
        )
        return [note]
    return []


def _meant(name: str) -> str:
    if rule := _RULE.fullmatch(name.strip()):
        for hours, word, zone in _INDONESIA:
            if rule[1].upper() == word or rule[2] == str(hours):
                return zone
        if rule[2]:
            return ""
    known = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones())}
    return known.get(closest(name.strip().rpartition("/")[2], known), "")
