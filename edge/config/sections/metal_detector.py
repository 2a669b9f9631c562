"""The walk-through metal detectors."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from edge.config.sections.pins import AlarmContact, Contact, Loop, Signal
from edge.config.sections.values import Name, Section, fragment

_NO_ROOM = "stands beside passage; allowed: one beam (passage), or two (outer and inner)"


class MetalDetector(Section, frozen=True, kw_only=True):
    """The walk-through detector's relay contacts.

    No maker publishes how long the alarm relay stays on, how fast is too fast or when a beam
    counts as blocked ("more than a few seconds", Fisher M-Scope), so all of these are settings.

    :ivar alarm: the alarm relay; wire it normally-closed: a cut wire is then an alarm
    :ivar tamper: the second relay, where it is set to tamper
    :ivar passage: the infrared beam across the passage, active while it is interrupted
    :ivar direction: what a walk through that beam is: ``in``, ``out`` of the building, or ``both``:
        people pass in both directions, so that a walk is no evidence and an officer's button counts
    :ivar outer: in place of ``passage`` the outer one of two beams, which show the direction
    :ivar inner: the inner one of two beams, 0.1 to 0.5 m behind the outer one
    :ivar minimum_pulse_s: a shorter alarm is noise, which is only counted
    :ivar hold_s: an alarm lasts at least this long after its last edge, so that a relay that
        warbles gives one alarm
    :ivar stuck_s: a contact that is active for longer is stuck, or its wire is cut. A guest who
        stands in the frame is sent back sooner than this
    :ivar too_fast_s: a shorter interruption of the beam is faster than people walk (0.2 m of body
        at 1.5 m/s is 0.13 s)
    :ivar blocked_s: a beam that is interrupted for longer is blocked; its end is not a passage
    :ivar apart_s: an interruption that begins sooner after a walk belongs to it: an arm, a bag
    """

    alarm: AlarmContact
    tamper: Loop | None = None
    passage: Signal | None = None
    direction: Literal["in", "out", "both"] = "in"
    outer: Signal | None = None
    inner: Signal | None = None
    minimum_pulse_s: Annotated[float, Meta(ge=0, le=1, description="seconds from 0 to 1")] = 0.1
    hold_s: Annotated[float, Meta(ge=0, le=10, description="seconds from 0 to 10")] = 1.0
    stuck_s: Annotated[float, Meta(ge=5, le=3600, description="seconds from 5 to 3600")] = 60.0
    too_fast_s: Annotated[float, Meta(ge=0, le=0.5, description="seconds from 0 to 0.5")] = 0.1
    blocked_s: Annotated[float, Meta(ge=1, le=60, description="seconds from 1 to 60")] = 5.0
    apart_s: Annotated[float, Meta(ge=0, le=2, description="seconds from 0 to 2")] = 0.3

    @property
    def beams(self) -> dict[str, Contact]:
        """The beams that are fitted, by their keys."""
        fitted = {"passage": self.passage, "outer": self.outer, "inner": self.inner}
        return {key: beam for key, beam in fitted.items() if beam is not None}

    @property
    def walks(self) -> frozenset[Literal["in", "out"]]:
        """The directions of the walks that its beams show; none if they cannot tell."""
        if self.outer is not None:
            return frozenset({"in", "out"})
        if self.passage is None or self.direction == "both":
            return frozenset()
        return frozenset({self.direction})

    @classmethod
    def contradictions(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield beams that do not go together, and a direction that two beams show themselves."""
        for one, other in (("outer", "inner"), ("inner", "outer")):
            if one in raw and "passage" in raw:
                yield one, _NO_ROOM
            elif one in raw and other not in raw:
                yield other, f"is missing beside {one}; allowed: both beams, or passage alone"
        if "direction" in raw and "passage" not in raw:
            yield "direction", "is of no use without passage: two beams show it; allowed: no key"

    @classmethod
    def schema_rules(cls) -> dict[str, Any]:
        """Return: one beam with its direction, two beams, or none."""
        one = fragment(properties={"outer": False, "inner": False})
        two = fragment("outer", "inner", properties={"passage": False, "direction": False})
        return {
            "anyOf": [one, two],
            "dependentRequired": {"direction": ["passage"]},
        }


class NamedMetalDetector(MetalDetector, frozen=True, kw_only=True):
    """One of several walk-through detectors.

    :ivar stations: the stations whose guests are screened there
    """

    stations: Annotated[
        list[Name], Meta(min_length=1, description="a list of stations, at least one")
    ]
