"""The time zone of a simulated office, and the day that a simulation plays."""

from datetime import tzinfo

from edge.clock import Clock
from edge.config.model import Config
from edge.config.zone import zone_of

DEFAULT_ZONE = "Asia/Jakarta"
"""The zone of an office whose config names none: both of Gardu's examples are in it."""


# Western Indonesian Time, seconds ahead of UTC.
_WIB_S = 7 * 3600
_DAY_S = 86400


def today_ms(seconds: float) -> int:
    """Return today's time *seconds* after midnight WIB, milliseconds since 1970 UTC."""
    today = (Clock().wall_ms() // 1000 + _WIB_S) // _DAY_S
    return round((today * _DAY_S - _WIB_S + seconds) * 1000)


def office_zone(config: Config) -> tzinfo:
    """Return the zone of the office of *config*, not of this machine."""
    return zone_of(config.checkpoint.timezone or DEFAULT_ZONE)
