"""The time zone of a simulated office."""

from datetime import tzinfo

from edge.config.model import Config
from edge.config.zone import zone_of

DEFAULT_ZONE = "Asia/Jakarta"
"""The zone of an office whose config names none: both of Gardu's examples are in it."""


def office_zone(config: Config) -> tzinfo:
    """Return the zone of the office of *config*, not of this machine."""
    return zone_of(config.checkpoint.timezone or DEFAULT_ZONE)
