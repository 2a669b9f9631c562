"""Config section for sealing: the office's key, to which personal data is encrypted."""

from typing import Annotated

from msgspec import Meta

from edge.config.office_key import PATTERN
from edge.config.sections.values import Section

OfficeKeyText = Annotated[
    str,
    Meta(
        pattern=PATTERN,
        description="the text of a public key, as `gardu guestbook key new` prints it",
    ),
]


class Sealing(Section, frozen=True, kw_only=True):
    """The key to which guests' details and stills are sealed (docs/guestbook.md).

    :ivar office_key: the office's public key. To change it, write the new one here and keep the old
        private key: what was sealed before is opened with that
    """

    office_key: OfficeKeyText
