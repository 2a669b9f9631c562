"""What is done to a still before it is kept."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.sections.words import Name, Section

# What the purposes of the procedures are called in the strip, for people in the office.
WORDS = {"desk": "Meja penerima tamu", "alarm": "Alarm detektor logam"}


class Stills(Section, frozen=True, kw_only=True):
    """The strip with time and place, and the largest size.

    :ivar stamp: whether the strip is drawn (needs Pillow: ``pip install 'gardu[stills]'``)
    :ivar limit_kib: a larger still is made smaller, KiB; 256 is what the central office takes
    :ivar words: what a purpose is called in the strip; by default, and where one is missing here,
        :data:`WORDS`, and else the purpose itself
    """

    stamp: bool = True
    limit_kib: Annotated[int, Meta(ge=16, le=256, description="KiB from 16 to 256")] = 256
    words: dict[Name, str] = msgspec.field(default_factory=dict)
