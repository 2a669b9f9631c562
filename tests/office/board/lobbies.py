"""What checkpoints have published, in the database: two of them, with visits of each kind."""

from sqlalchemy import Engine

from edge.clock import Clock, Stamp
from edge.sop.records import Record, StepOverdue, VisitJoined
from edge.sop.visit_records import StillReference, VisitClosed, VisitOpened
from office.ingest.follower import Follower
from office.ingest.writer import Writer
from tests.office.records import AT_MS, Stream, at, made
from tests.office.test_writer import messages

LOBBY, ANNEX = "setda/lobi", "setda/annex"
PLACE, HOST = "Lobi utama", "Bupati"
STILL = "01938f7e-1c3a-7c44-8000-0123456789ab"
JPEG = b"\xff\xd8\xff\xe0 an image"
# The office's clock in these tests: two minutes after the newest record.
NOW_MS = AT_MS + 600_000

WAITS, LATE, DONE, AWAY = "visit-waits", "visit-late", "visit-done", "visit-away"


class HandClock(Clock):
    """A clock at a moment that a test chooses."""

    def __init__(self, at_ms: int = NOW_MS) -> None:
        super().__init__()
        self.at_ms = at_ms

    def now(self) -> Stamp:
        """Return that moment; durations go on as those of the machine."""
        ahead_ns = (self.at_ms - NOW_MS) * 1_000_000
        return Stamp(super().now().boot_ns + ahead_ns, self.at_ms, synced=True)


def fill(engine: Engine) -> tuple[Stream, Stream]:
    """Fill the database; return the streams of lobby and annex.

    The lobby has a visit that waits, one that is late, and one that has ended; the annex is
    offline, has a visit, a record that is missing, and a duress alarm.
    """
    lobby, annex = Stream(), Stream("annex", "another")
    sent = [
        *lobby_records(lobby),
        lobby.status("online", 1),
        lobby.live("meta", META),
        lobby.live("health", HEALTH),
        lobby.live("state/occupancy", OCCUPANCY),
        lobby.still(STILL, JPEG, correlationid=DONE),
        lobby.ledger(),
    ]
    first, _missing, last = annex.next(), annex.next(), annex.next(_opened(AWAY))
    duress = {"since": "2026-11-21T03:50:00.000Z", "detail": "<b>panel 2</b>"}
    sent += [first, last, annex.ledger(), annex.status("offline", 3)]
    sent.append(annex.live("state/alarm/duress", duress))
    store(engine, *sent)
    return lobby, annex


def store(engine: Engine, *sent: object) -> None:
    """Store what was published as the ingest does."""
    clock = HandClock()
    writer, follower = Writer(engine, clock, 10), Follower(engine, clock, 0.0)
    writer.write(messages(*sent))  # type: ignore[arg-type]
    for _ in range(2):
        follower.follow(writer.touched, stills=True)


def lobby_records(stream: Stream) -> list[object]:
    """Return the records of the lobby's three visits."""
    step = {"visit": LATE, "procedure": "pimpinan", "step": "penitipan", "station": "officer-2"}
    late = made(StepOverdue, **step, number=3, started="2026-11-21T03:50:00.000Z", standard_s=180.0)
    grown = made(VisitJoined, visit=WAITS, procedure="pimpinan", persons=3, station="reception")
    ended = made(VisitClosed, visit=DONE, procedure="pimpinan", outcome="declined", persons=2)
    return [
        stream.next(_opened(WAITS)),
        stream.next(Record("gardu.visit.joined.v1", f"visit/{WAITS}", at(AT_MS), WAITS, grown)),
        stream.next(_stepped(WAITS, "penerimaan", "reception", persons=3)),
        stream.next(_opened(LATE)),
        stream.next(Record("gardu.step.overdue.v1", f"visit/{LATE}", at(AT_MS), LATE, late)),
        stream.next(_opened(DONE)),
        stream.next(_stepped(DONE, "penerimaan", "reception", over_s=60.0, stills=(NAMED,))),
        stream.next(Record("gardu.visit.closed.v1", f"visit/{DONE}", at(AT_MS), DONE, ended)),
    ]


def _opened(visit: str) -> Record:
    data = made(VisitOpened, visit=visit, procedure="pimpinan", host="bupati")
    return Record("gardu.visit.opened.v1", f"visit/{visit}", at(AT_MS), visit, data)


def _stepped(visit: str, step: str, station: str, **changed: object) -> Record:
    from edge.sop.records import StepCompleted

    facts: dict[str, object] = {
        "outcome": "completed", "standard_s": 180.0, "duration_s": 120.0, "over_s": 0.0,
        "started": "2026-11-21T03:49:00.000Z", "evidence": ("aiphone", "card", "card"),
        "host": "bupati", **changed,
    }  # fmt: skip
    data = made(
        StepCompleted, visit=visit, procedure="pimpinan", step=step, station=station, **facts
    )
    return Record("gardu.step.completed.v1", f"visit/{visit}/step/{step}", at(AT_MS), visit, data)


NAMED = StillReference(id=STILL, purpose="desk", sha256="0" * 64)
META = {
    "version": "1.2.3", "place": PLACE,
    "procedures": [{"id": "pimpinan", "title": "Tamu Pimpinan", "version": "1", "steps": 6}],
    "hosts": [{"id": "bupati", "title": HOST, "procedures": ["pimpinan"]}],
    "reasons": {"own-word": {"id": "kata sendiri", "en": "own word"}},
}  # fmt: skip
HEALTH = {
    "time": "2026-11-21T03:51:00.000Z", "clock_synced": False,
    "devices": {"lockers": "ok", "aiphone/adc": "no answer"}, "uplink": {"parked": 2},
    "disk_free_bytes": 5_000_000_000, "certificate_ends": "2026-12-01T00:00:00.000Z",
}  # fmt: skip
OCCUPANCY = {
    "visits": 2, "persons": 4, "lockers_in_use": 1, "cards_out": 2,
    "steps": [{"procedure": "pimpinan", "step": "menunggu", "visits": 1}],
    "hosts_away": [{"host": "bupati", "until": None, "reason": "host-in-meeting"}],
}  # fmt: skip
