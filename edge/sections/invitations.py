"""Who may invite guests."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.sections.words import Name, Section

PublicKey = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
        description="a public key as `gardu invitation key` prints it (44 characters)",
    ),
]


class Invitations(Section, frozen=True, kw_only=True):
    """Who may invite: public keys by name.

    :ivar need_synced_clock: False where the Pi has a battery-backed clock and no time server
    """

    keys: dict[Name, PublicKey] = msgspec.field(default_factory=dict)
    need_synced_clock: bool = True
