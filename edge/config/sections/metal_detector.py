"""The walk-through metal detector."""

from typing import Annotated

from msgspec import Meta

from edge.config.sections.pins import AlarmContact, Loop, Signal
from edge.config.sections.values import Section


class MetalDetector(Section, frozen=True, kw_only=True):
    """The walk-through detector's relay contacts.

    No maker publishes how long the alarm relay stays on, how fast is too fast or when a beam
    counts as blocked ("more than a few seconds", Fisher M-Scope), so all of these are settings.

    :ivar alarm: the alarm relay; wire it normally-closed: a cut wire is then an alarm
    :ivar tamper: the second relay, where it is set to tamper
    :ivar passage: the infrared beam across the passage, active while it is interrupted
    :ivar minimum_pulse_s: a shorter alarm is noise, which is only counted
    :ivar hold_s: an alarm lasts at least this long after its last edge, so that a relay that
        warbles gives one alarm
    :ivar stuck_s: a contact that is active for longer is stuck, or its wire is cut. A guest who
        stands in the frame is sent back sooner than this
    :ivar too_fast_s: a shorter interruption of the beam is faster than people walk (0.2 m of body
        at 1.5 m/s is 0.13 s)
    :ivar blocked_s: a beam that is interrupted for longer is blocked; its end is not a passage
    """

    alarm: AlarmContact
    tamper: Loop | None = None
    passage: Signal | None = None
    minimum_pulse_s: Annotated[float, Meta(ge=0, le=1, description="seconds from 0 to 1")] = 0.1
    hold_s: Annotated[float, Meta(ge=0, le=10, description="seconds from 0 to 10")] = 1.0
    stuck_s: Annotated[float, Meta(ge=5, le=3600, description="seconds from 5 to 3600")] = 60.0
    too_fast_s: Annotated[float, Meta(ge=0, le=0.5, description="seconds from 0 to 0.5")] = 0.1
    blocked_s: Annotated[float, Meta(ge=1, le=60, description="seconds from 1 to 60")] = 5.0
