"""The scanners that read guests' invitations."""

from typing import Annotated, Literal

from msgspec import Meta

from edge.sections.words import Name, Seconds, Section


class Gm65(Section, frozen=True, kw_only=True, tag_field="driver", tag="gm65"):
    """A GM65 or GM8xx module on a serial port (9600 8N1) that ends a code with CR or CR LF.

    :ivar mode: who starts a reading. ``presence``: the module itself, set so with the codes of
        its manual; ``host``: Gardu, with the trigger command, again and again
    :ivar reading_s: ``host`` only: how long the module reads after a trigger; set in the module
    :ivar repeat_s: the same code counts once as long as it is not away for this long
    """

    port: str
    stations: list[Name]
    mode: Literal["presence", "host"] = "presence"
    reading_s: Annotated[float, Meta(ge=1, le=25.5, description="seconds from 1 to 25.5")] = 5.0
    repeat_s: Seconds = 5.0
