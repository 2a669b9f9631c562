"""The roles of the page's users, and the pages that each may open."""

from enum import StrEnum
from typing import Literal, get_args

Right = Literal[
    "board",
    "visits",
    "stills",
    "evacuation",
    "hosts",
    "set-hosts",
    "months",
    "fleet",
    "silent-alarms",
]


class Role(StrEnum):
    """A role of a user."""

    DUTY_OFFICER = "duty-officer"
    DESK = "desk"
    SECTION_HEAD = "section-head"
    ADMINISTRATOR = "administrator"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.DUTY_OFFICER: frozenset(
        {"board", "visits", "stills", "evacuation", "hosts", "fleet", "silent-alarms"}
    ),
    Role.DESK: frozenset({"board", "visits", "evacuation", "hosts", "set-hosts"}),
    Role.SECTION_HEAD: frozenset(
        {"board", "visits", "stills", "evacuation", "hosts", "set-hosts", "months"}
    ),
    Role.ADMINISTRATOR: frozenset(get_args(Right)),
}

TABS: dict[Right, str] = {
    "board": "/",
    "visits": "/visits",
    "evacuation": "/evacuation",
    "hosts": "/hosts",
    "months": "/months",
    "fleet": "/fleet",
}
"""The pages in the order of their tabs, each with its path."""
