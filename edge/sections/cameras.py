"""The cameras."""

from typing import Annotated

from msgspec import Meta

from edge.sections.words import Name, Seconds, Section


class HttpCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="http"):
    """An IP camera's HTTP snapshot, with Basic or Digest authentication."""

    url: str
    purposes: list[Name]
    username: str = ""
    password_file: str = ""
    timeout_s: Seconds = 5.0


class PiCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="picamera2"):
    """A camera on the Pi's own connector, kept in a child process that can be killed."""

    purposes: list[Name]
    width: Annotated[int, Meta(ge=160, le=4608, description="pixels, 160 to 4608")] = 1280
    height: Annotated[int, Meta(ge=120, le=2592, description="pixels, 120 to 2592")] = 720
    timeout_s: Seconds = 5.0
