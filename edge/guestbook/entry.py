"""A guest's details, and the entry of the guest book that has them: personal data."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.clock import Stamp
from edge.guestbook.plain_text import PlainText
from edge.sop.entered import Entered
from edge.sop.events import IdentityKind

Phone = Annotated[str, Meta(max_length=24, pattern=r"^(\+?[0-9][0-9 ()-]*)?\Z")]

Source = Literal["register", "invitation"]


class Details(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest's details: personal data. The ``repr`` hides them from logs.

    :ivar persons: number of persons who came together, 1 to 99
    """

    name: PlainText
    organisation: PlainText = ""
    purpose: PlainText = ""
    id_kind: IdentityKind | None = None
    persons: Annotated[int, Meta(ge=1, le=99)] = 1
    phone: Phone = ""

    def __repr__(self) -> str:
        return "Details(…)"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The details of one visit; *at* is when they were entered. The ``repr`` hides them from logs.

    :ivar values: the personal values of the visit, by their ids. If they came before the details,
        the name in these is empty
    """

    visit: str
    procedure: str
    at: Stamp
    source: Source
    details: Details
    values: dict[str, Entered] = {}

    def __repr__(self) -> str:
        return f"Entry({self.visit}, …)"
