"""The called stations of the intercom."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.config.sections.hosts import Title
from edge.config.sections.pins import Output, Signal
from edge.config.sections.values import Name, Section

# Aiphone GT detects a closing of its dry inputs only after 0.1 s; for LE/LEF no time is published.
_Pulse = Annotated[float, Meta(ge=0.1, le=10, description="seconds from 0.1 to 10")]
Pattern = Annotated[
    tuple[_Pulse, ...], Meta(min_length=1, max_length=15, description="1 to 15 numbers of seconds")
]
"""Seconds on, off, on … of the ring relay."""


class Rings(Section, frozen=True, kw_only=True):
    """Ring patterns that differ by ear: two long; two short; two short and one long.

    Seconds on, off, on and so on, each from 0.1 to 10, at most 15 of them.

    :ivar call: a guest is at reception: seconds on, off, on ...
    :ivar reminder: the meeting's time is nearly over: seconds on, off, on ...
    :ivar limit: the meeting's time is over: seconds on, off, on ...
    """

    call: Pattern = (1.0, 0.5, 1.0)
    reminder: Pattern = (0.3, 0.3, 0.3)
    limit: Pattern = (0.3, 0.3, 0.3, 0.3, 1.0)


class Aiphone(Section, frozen=True, kw_only=True):
    """One called station of the intercom: the relay that rings it and its answer contacts.

    :ivar procedures: the procedures that this station's aide serves; a host of [[hosts]] can name
        this station instead
    :ivar title: the title of a person who is no host's aide and approves guests in a step of a
        procedure that names this station (``aiphone``); never a person's name
    :ivar ring: the relay that closes the call circuit
    :ivar accept: the aide accepts the guest
    :ivar decline: the aide declines; while a guest is inside, it ends the meeting
    :ivar release: the host's door release, read through a relay
    :ivar extend: the aide extends a meeting
    :ivar rings: ring patterns of this station
    :ivar busy: active while the station is in use by another call: it is not rung then
    :ivar minimum_s: an answer contact closed for less is ignored (crosstalk or bounce), seconds
    """

    procedures: list[Name] = msgspec.field(default_factory=list)
    title: Title | None = None
    ring: Output
    accept: Signal | None = None
    decline: Signal | None = None
    release: Signal | None = None
    extend: Signal | None = None
    busy: Signal | None = None
    rings: Rings = Rings()
    minimum_s: Annotated[float, Meta(ge=0, le=1, description="seconds from 0 to 1")] = 0.1
