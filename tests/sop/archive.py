"""A procedure without cards for tests: the reading room of an archive, with limited room."""

from typing import Any

from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import verify
from edge.sop.state import Host, Rules, Visit
from tests.sop.stand import Stand, rules

ARCHIVE = """
id = "arsip"
version = "1.0"
title = { id = "Ruang baca", en = "Reading room" }
source = "none"
office = "Arsip"
anywhere = [{ event = "button.leave", to = "@abandoned", reason = "guest-left" }]

[[steps]]
number = 1
id = "penerimaan"
role = "Penerima tamu"
station = "reception"
activity = "Tamu mendaftar"
title = "Register"
source = "none"

[[steps.phases]]
id = "buku"
on = [{ event = "button.done", to = "@next" }]

[[steps]]
number = 2
id = "membaca"
role = "Petugas"
station = "officer-1"
activity = "Tamu membaca di ruang baca"
title = "Read"
source = "none"
timed_from = "di-dalam"
standard_s = 600

[[steps.phases]]
id = "di-dalam"
needs = "room:ruang-baca"
otherwise = "menunggu"
on = [{ event = "button.done", to = "@next" }]

[[steps.phases]]
id = "menunggu"
lamp = "off"
on = [
    { event = "room.free", to = "di-dalam" },
    { event = "button.refuse", to = "@rescheduled", reason = "schedule-full" },
]

[[steps]]
number = 3
id = "keluar"
role = "Penerima tamu"
station = "reception"
activity = "Tamu keluar"
title = "Leave"
source = "none"

[[steps.phases]]
id = "pamit"
do = ["leave-place"]
on = [{ event = "button.done", to = "@next" }]
"""


def archive(text: str = ARCHIVE) -> Procedure:
    """Return the procedure of *text*, which is verified."""
    procedure = parse_procedure(text, "arsip.toml")
    assert verify(procedure) == []
    return procedure


def archive_rules(text: str = ARCHIVE, at_most: int = 2, **changes: Any) -> Rules:
    """Return the rules of a checkpoint with the archive only, and no cards."""
    procedures = {"arsip": archive(text)}
    values = {
        "hosts": {"arsip": Host(procedures=("arsip",))}, "limits": {"ruang-baca": at_most},
        "cards": frozenset(), "card_readers": frozenset(), "readers": {}, **changes,
    }  # fmt: skip
    return rules(procedures, **values)


def registered(stand: Stand, persons: int = 1) -> str:
    """Have a guest, or a group, arrive and register; return the visit's id."""
    stand.press("reception", "arrive", "arsip")
    visit = max(stand.state.visits.values(), key=lambda visit: visit.number)
    for _ in range(persons - 1):
        stand.press("reception", "more")
    stand.press("reception", "done")
    return visit.id


def visit(stand: Stand, visit_id: str) -> Visit:
    """Return the open visit *visit_id*."""
    return stand.state.visits[visit_id]
