"""The roles at the desk's screens, and the pages that each may use."""

from enum import StrEnum
from typing import Literal

Right = Literal["now", "guest-book", "expected", "invite", "availability", "closing"]


class Role(StrEnum):
    """A role with a PIN."""

    RECEPTION = "reception"
    AIDE = "aide"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.RECEPTION: frozenset(
        {"now", "guest-book", "expected", "invite", "availability", "closing"}
    ),
    Role.AIDE: frozenset({"now", "expected", "availability"}),
}
