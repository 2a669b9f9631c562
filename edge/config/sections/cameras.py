"""The cameras."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.config.sections.values import FileName, Line, Name, Section

Fingerprint = Annotated[
    str,
    Meta(
        pattern=r"^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}\Z|^\Z",
        description="64 hexadecimal digits, with colons or without",
    ),
]

TimeOut = Annotated[float, Meta(ge=0.1, le=60, description="seconds from 0.1 to 60")]


class HttpCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="http"):
    """An IP camera's HTTP snapshot, with Basic or Digest authentication.

    :ivar oldest_s: greatest age of a picture; identical bytes after that mean a frozen camera
    :ivar dated: True: the age of a picture is computed from its Last-Modified and Age headers
    :ivar ca_file: the authority of the camera's certificate (https); default: the system's list
    :ivar fingerprint: SHA-256 of the camera's own certificate, which alone is then checked
    """

    url: str
    purposes: list[Name]
    username: Line = ""
    password_file: FileName = ""
    timeout_s: TimeOut = 5.0
    oldest_s: Annotated[float, Meta(ge=0.5, le=3600, description="seconds, 0.5 to 3600")] = 5.0
    dated: bool = True
    ca_file: FileName = ""
    fingerprint: Fingerprint = ""


class PiCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="picamera2"):
    """A camera on the Pi's own connector, driven in a child process that can be killed.

    :ivar memory_mb: resident memory of that process above which it is restarted, MiB
    """

    purposes: list[Name]
    width: Annotated[int, Meta(ge=160, le=4608, description="pixels, 160 to 4608")] = 1280
    height: Annotated[int, Meta(ge=120, le=2592, description="pixels, 120 to 2592")] = 720
    timeout_s: TimeOut = 5.0
    memory_mb: Annotated[int, Meta(ge=64, le=4096, description="MiB from 64 to 4096")] = 300


# The words for the procedures' purposes in the strip, for people in the office.
WORDS = {"desk": "Meja penerima tamu", "alarm": "Alarm detektor logam"}


class Stills(Section, frozen=True, kw_only=True):
    """The strip with time and place, and the largest size.

    :ivar stamp: True: the strip is drawn (needs Pillow: ``pip install 'gardu[stills]'``)
    :ivar limit_kib: a larger still is made smaller, KiB; the central office accepts up to 256
    :ivar words: the word for each purpose in the strip; a purpose that is not here is named as in
        :data:`WORDS`, or else by itself
    """

    stamp: bool = True
    limit_kib: Annotated[int, Meta(ge=16, le=256, description="KiB from 16 to 256")] = 256
    words: dict[Name, str] = msgspec.field(default_factory=dict)
