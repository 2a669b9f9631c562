"""Lists of checkpoints in pages, so that each of them can be reached, however many there are."""

from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from office.board.context import Asked
from office.database import board_queries

PAGE_ROWS = 100
"""Checkpoints of one page."""
_MOST_PAGES = 10_000


class Paging(NamedTuple):
    """One page of the checkpoints of a site (empty: of all).

    :ivar path: the address of the first page, without its query
    :ivar number: this page; the first one is 1
    :ivar checkpoints: the number of all checkpoints
    :ivar rows: those of a page, at most
    """

    path: str
    site: str
    sites: list[str]
    number: int
    checkpoints: int
    rows: int

    @property
    def skipped(self) -> int:
        """The number of checkpoints before this page."""
        return (self.number - 1) * self.rows

    @property
    def until(self) -> int:
        """The number of checkpoints up to the end of this page."""
        return min(self.checkpoints, self.skipped + self.rows)

    @property
    def previous(self) -> str:
        """The address of the page before; empty on the first one."""
        return self._address(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """The address of the page behind; empty on the last one."""
        return self._address(self.number + 1) if self.until < self.checkpoints else ""

    def _address(self, number: int) -> str:
        entered = {"site": self.site, "page": str(number)}
        return f"{self.path}?{urlencode({name: one for name, one in entered.items() if one})}"


def page_number(asked: Asked) -> int:
    """Return the page that *asked* names; 1 if it names none.

    :raises HTTPException: 422 if it is no number of a page
    """
    entered = asked.entered("page") or "1"
    number = int(entered) if entered.isascii() and entered.isdecimal() else 0
    if not 1 <= number <= _MOST_PAGES:
        raise HTTPException(422, "bad-entry")
    return number


def read_paging(connection: Connection, path: str, site: str, number: int) -> Paging:
    """Return page *number* of the checkpoints; the last one if there are fewer."""
    count = board_queries.checkpoint_count(connection, site)
    last = max(1, -(-count // PAGE_ROWS))
    return Paging(path, site, board_queries.sites(connection), min(number, last), count, PAGE_ROWS)
