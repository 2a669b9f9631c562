"""Migration from format 4 to format 5: a visit may have several cards and lockers.

================= ================================= ===============================================
in a visit        format 4                          format 5
================= ================================= ===============================================
cards             ``card``: the card                ``cards``: a list of its cards
lockers           ``locker``: the locker            ``lockers``: a list of its lockers
carded            the phase in which the card was   a list: that phase for each card
                  bound to it
came              ``held``: ``card``, ``locker``    ``cards``, ``lockers``: how many it had
================= ================================= ===============================================
"""

from typing import Any

from edge.store.database import Body, Database
from edge.store.formats import Rows

_PAGE = 256
_FIRST = -(2**63)

# Format 4 → format 5, for an item that a visit has at most one of.
_LISTS = {"card": "cards", "locker": "lockers", "carded": "carded"}


def migrate(database: Database, on_rows: Rows) -> None:
    """Change the open visits of *database* from format 4 to format 5."""
    last = _FIRST
    while page := database.run("after", "visits", last, _PAGE):
        for row in page:
            database.put("visits", row[0], _visit(database.document("visits", *row)))
            on_rows(1)
        last = page[-1][0]


def _visit(visit: dict[str, Any]) -> Body:
    changed = {key: value for key, value in visit.items() if key not in _LISTS}
    for single, several in _LISTS.items():
        if visit.get(single) is not None:
            changed[several] = [visit[single]]
    if visit.get("came") is not None:
        changed["came"] = _came(visit["came"])
    return changed


def _came(came: dict[str, Any]) -> dict[str, Any]:
    held = came.get("held", ())
    counts = {_LISTS[item]: 1 for item in held}
    return {key: value for key, value in came.items() if key != "held"} | counts
