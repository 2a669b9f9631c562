"""The cameras."""

from typing import Annotated, Literal

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


Auth = Annotated[
    Literal["any", "digest", "basic"],
    Meta(description='"any" (the safest that the camera offers), "digest" or "basic"'),
]

MemoryMb = Annotated[int, Meta(ge=64, le=4096, description="MiB from 64 to 4096")]


class NetworkCamera(Section, frozen=True, kw_only=True):
    """A camera in the network, and its user.

    :ivar url: its address, without user and password
    :ivar purposes: the stills that it takes, such as ``desk`` and ``alarm``
    :ivar username: name of its account
    :ivar password_file: file whose first line is the password
    :ivar auth: which HTTP or RTSP authentication may be answered with the password
    :ivar oldest_s: greatest age of a picture; identical bytes after that mean a frozen camera
    """

    url: str
    purposes: list[Name]
    username: Line = ""
    password_file: FileName = ""
    auth: Auth = "any"
    oldest_s: Annotated[float, Meta(ge=0.5, le=3600, description="seconds, 0.5 to 3600")] = 5.0


class WebCamera(NetworkCamera, frozen=True, kw_only=True):
    """A camera that is asked over HTTP.

    :ivar tls: "old": also TLS 1.0 and 1.1, old ciphers and short keys are accepted (https)
    :ivar ca_file: the authority of the camera's certificate (https); default: the system's list
    :ivar fingerprint: SHA-256 of the camera's own certificate, which alone is then checked
    :ivar dated: the age of a picture is computed from its Last-Modified and Age headers
    """

    tls: Literal["modern", "old"] = "modern"
    ca_file: FileName = ""
    fingerprint: Fingerprint = ""
    dated: bool = True


class HttpCamera(WebCamera, frozen=True, kw_only=True, tag_field="driver", tag="http"):
    """An IP camera's HTTP snapshot, with Basic or Digest authentication.

    ``{username}`` and ``{password}`` in the url are replaced, for cameras that want them there.

    :ivar timeout_s: a still that has not come after this time is recorded as missed
    """

    timeout_s: TimeOut = 5.0


class RtspCamera(NetworkCamera, frozen=True, kw_only=True, tag_field="driver", tag="rtsp"):
    """An IP camera's video stream: one key frame of it is the still.

    :ivar timeout_s: a still that has not come after this time is recorded as missed
    :ivar transport: "tcp": the video comes over the connection itself; "udp": in datagrams
    :ivar memory_mb: resident memory of the decoding process above which it is ended, MiB
    """

    timeout_s: TimeOut = 10.0
    transport: Literal["tcp", "udp"] = "tcp"
    memory_mb: MemoryMb = 256


class OnvifCamera(WebCamera, frozen=True, kw_only=True, tag_field="driver", tag="onvif"):
    """A camera that names the addresses of its pictures by ONVIF.

    :ivar profile: name or token of the media profile; empty: the camera's first
    :ivar still: "snapshot": by HTTP; "stream": by RTSP; "any": by HTTP if the camera has it
    :ivar timeout_s: a still that has not come after this time is recorded as missed
    :ivar transport: "tcp": the video comes over the connection itself; "udp": in datagrams
    :ivar memory_mb: resident memory of the decoding process above which it is ended, MiB
    """

    profile: Line = ""
    still: Literal["any", "snapshot", "stream"] = "any"
    timeout_s: TimeOut = 10.0
    transport: Literal["tcp", "udp"] = "tcp"
    memory_mb: MemoryMb = 256


class PiCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="picamera2"):
    """A camera on the Pi's own connector, driven in a child process that can be killed.

    :ivar purposes: the stills that it takes, such as ``desk`` and ``alarm``
    :ivar width: width of the picture
    :ivar height: height of the picture
    :ivar timeout_s: a still that has not come after this time is recorded as missed
    :ivar memory_mb: resident memory of that process above which it is restarted, MiB
    """

    purposes: list[Name]
    width: Annotated[int, Meta(ge=160, le=4608, description="pixels, 160 to 4608")] = 1280
    height: Annotated[int, Meta(ge=120, le=2592, description="pixels, 120 to 2592")] = 720
    timeout_s: TimeOut = 5.0
    memory_mb: MemoryMb = 300


Camera = HttpCamera | RtspCamera | OnvifCamera | PiCamera

# The words for the procedures' purposes in the strip, for people in the office.
WORDS = {"desk": "Meja penerima tamu", "alarm": "Alarm detektor logam"}


class Stills(Section, frozen=True, kw_only=True):
    """The strip with time and place, and the largest size.

    :ivar stamp: the strip is drawn (needs Pillow: ``pip install 'gardu[stills]'``)
    :ivar limit_kib: a larger still is made smaller, KiB; the central office accepts up to 256
    :ivar words: the word for each purpose in the strip; a purpose that is not here is named as in
        :data:`WORDS`, or else by itself
    """

    stamp: bool = True
    limit_kib: Annotated[int, Meta(ge=16, le=256, description="KiB from 16 to 256")] = 256
    words: dict[Name, str] = msgspec.field(default_factory=dict)
