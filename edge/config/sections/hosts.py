"""The hosts: the officials whom guests visit."""

from typing import Annotated

from msgspec import Meta

from edge.config.sections.pins import Output
from edge.config.sections.values import Name, Section

Title = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*\Z",
        max_length=60,
        description="a title such as Bupati, in one line of at most 60 characters",
    ),
]


class Host(Section, frozen=True, kw_only=True):
    """A host: an official who receives guests, named by a title, never by a person's name.

    :ivar id: the name of the host in records, requests and buttons
    :ivar title: the official's title, such as ``Wakil Bupati``; never a person's name
    :ivar procedures: the procedures of this host's guests
    :ivar aiphone: the called station of this host's aide: NAME of an [aiphone.NAME]; without it the
        one that serves the procedures
    :ivar station: a station that is the aide's (``aide``) for this host's guests only, so that each
        of several aides with a panel has a line of guests
    :ivar lamp: lit while the guest who is being received is for this host
    """

    id: Name
    title: Title
    procedures: Annotated[list[Name], Meta(min_length=1, description="a list of procedure ids")]
    aiphone: Name | None = None
    station: Name | None = None
    lamp: Output | None = None
