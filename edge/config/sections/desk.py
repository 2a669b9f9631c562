"""The desk: the pages for the screens of reception and aide (`gardu desk`)."""

from ipaddress import ip_address
from typing import Annotated

import msgspec
from msgspec import Meta

from edge.config.sections.values import FileName, Folder, Section

Address = Annotated[
    str, Meta(pattern=r"^[0-9A-Fa-f.:]{2,45}\Z", description="an IP address such as 127.0.0.1")
]
HostName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z",
        description="a host name such as meja.example.go.id, or an IP address",
    ),
]


class Desk(Section, frozen=True, kw_only=True):
    """The desk's pages (docs/desk.md); without this section the daemon serves no desk.

    :ivar address: the IP address at which the pages are served; one that other machines reach
        needs ``cert_file`` and ``key_file``
    :ivar port: the TCP port of the pages
    :ivar names: further names under which browsers ask for the pages, as in the certificate
    :ivar cert_file: certificate of the pages (TLS), with those of its authorities, together with
        ``key_file``
    :ivar key_file: key of that certificate
    :ivar pin_file: the hashes of the PINs, written by ``gardu desk pin``; only the desk may read it
    :ivar socket_folder: folder of the socket between daemon and desk
    :ivar session_hours: how long a screen stays logged in, hours
    """

    address: Address = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="a TCP port from 1 to 65535")] = 8443
    names: list[HostName] = msgspec.field(default_factory=list)
    cert_file: FileName = ""
    key_file: FileName = ""
    pin_file: Annotated[
        str, Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z", description="the name of a file")
    ] = "desk/pins.json"
    socket_folder: Folder = "/run/gardu-desk"
    session_hours: Annotated[float, Meta(ge=0.1, le=24, description="hours from 0.1 to 24")] = 10.0

    @property
    def tls(self) -> bool:
        """True if the pages are encrypted."""
        return bool(self.cert_file)

    @property
    def on_loopback(self) -> bool:
        """True if only this machine reaches the pages. ``address`` must be an address."""
        return ip_address(self.address).is_loopback
