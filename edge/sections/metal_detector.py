"""The walk-through metal detector."""

from typing import Annotated

from msgspec import Meta

from edge.sections.pins import Contact
from edge.sections.words import Section


class MetalDetector(Section, frozen=True, kw_only=True):
    """The walk-through detector's relay contacts; ``passage`` is the optional beam.

    :ivar stuck_s: a contact that is active for longer is stuck, or its wire is cut. No maker
        publishes the longest alarm; a guest who stands in the frame is sent back sooner than this
    """

    alarm: Contact
    passage: Contact | None = None
    stuck_s: Annotated[float, Meta(ge=5, le=3600, description="seconds from 5 to 3600")] = 60.0
