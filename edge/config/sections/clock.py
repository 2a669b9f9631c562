"""Config section of the wall clock: how far it is trusted."""

from typing import Annotated

from msgspec import Meta

from edge.clock import TRUSTED_ERROR_S
from edge.clock_trust import DRIFT_PPM
from edge.config.sections.values import Section

Drift = Annotated[
    int, Meta(ge=1, le=500, description="parts per million, a whole number from 1 to 500")
]


class ClockSection(Section, frozen=True, kw_only=True):
    """The wall clock.

    :ivar trusted_error_s: the largest error of a clock that is trusted
    :ivar drift_ppm: drift of the machine's clock without a time server, at most
    :ivar rtc_drift_ppm: drift of a battery-backed clock, at most
    """

    trusted_error_s: Annotated[float, Meta(ge=1, le=3600, description="seconds from 1 to 3600")] = (
        TRUSTED_ERROR_S
    )
    drift_ppm: Drift = DRIFT_PPM
    rtc_drift_ppm: Drift = DRIFT_PPM
