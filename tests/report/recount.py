"""A recount of a month that shares no code with the report.

It reads the SQLite file itself, as plain JSON, and counts each figure on its own, in the simplest
way. It has every figure of a summary, so a new figure without a recount shows as a difference.
"""

import json
import sqlite3
import statistics
from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.config.zone import Month
from edge.store.store import FILE

Event = dict[str, Any]


def raw_events(folder: Path, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return every fact of the span from the file itself, in order of sequence."""
    found: dict[int, dict[str, Any]] = {}
    with closing(sqlite3.connect(folder / FILE)) as file:
        names = [
            name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        ]
        for name in names:
            if name == "outbox":
                for number, body in file.execute("SELECT id, body FROM outbox"):
                    found[number] = json.loads(body)["event"]
            elif name.startswith("register-"):
                for number, body in file.execute(f'SELECT id, body FROM "{name}"'):
                    assert number not in found
                    found[number] = json.loads(body)
    events = [found[number] for number in sorted(found)]
    return [e for e in events if start <= datetime.fromisoformat(e["time"]) < end]


class Recount:
    """The figures of *month*, from its *events*; *now*: of a report before its end."""

    def __init__(self, events: list[Event], month: Month, now: datetime | None = None) -> None:
        self._events, self._month, self._now = events, month, now
        self._opened, self._closed = self._of("visit.opened"), self._of("visit.closed")
        self._steps, self._overdue = self._of("step.completed"), self._of("step.overdue")

    def everything(self) -> dict[str, Any]:
        """Return all figures in the form of ``msgspec.to_builtins(summary)``."""
        return {
            "month": f"{self._month.year}-{self._month.month:02d}",
            "timezone": str(self._month.zone),
            "totals": self._totals(),
            "days": self._days(),
            "hours": [sum(self._local(e).hour == h for e in self._opened) for h in range(24)],
            "week": [
                [sum(self._slot(e) == (day, hour) for e in self._opened) for hour in range(24)]
                for day in range(7)
            ],
            "busiest": self._busiest(),
            "procedures": self._procedures(),
            "hosts": self._hosts(),
            "outcomes": self._outcomes(),
            "steps": self._step_rows(),
            "alarms": self._alarms(),
            "equipment": self._devices(),
            "office_days": self._office_days(),
            "openings": self._pairs("locker.opened", "who", "why", "openings"),
            "corrected": self._pairs("visit.corrected", "correction", "station", "corrections"),
            "left_out": {},
        }

    def _of(self, *kinds: str) -> list[Event]:
        wanted = {f"gardu.{kind}.v1" for kind in kinds}
        return [e for e in self._events if e["type"] in wanted]

    def _local(self, event: Event) -> datetime:
        return datetime.fromisoformat(event["time"]).astimezone(self._month.zone)

    def _slot(self, event: Event) -> tuple[int, int]:
        return self._local(event).weekday(), self._local(event).hour

    def _heads(self, opened: list[Event]) -> int:
        """Return the number of persons in the visits: the last number recorded for each visit."""
        total = 0
        for one in opened:
            said = [
                e["data"]["persons"]
                for e in self._of("visit.opened", "visit.joined", "visit.closed")
                if e["data"]["visit"] == one["data"]["visit"]
            ]
            total += said[-1]
        return total

    def _owed(self, what: str) -> int:
        """Return how many cards (lockers) of ended visits are still out."""
        return sum(self._followed(visit, what)[0] for visit in self._ended())

    def _found(self) -> int:
        """Return how many cards came back after they were declared lost."""
        told = {e["data"]["visit"] for e in self._of("card.lost", "visit.reconciled")}
        return sum(self._followed(visit, "card")[1] for visit in told)

    def _ended(self) -> set[str]:
        return {e["data"]["visit"] for e in self._closed}

    def _followed(self, visit: str, what: str) -> tuple[int, int]:
        """Return how many items of *visit* are out in the end, and how many were lost and found."""
        out = found = 0
        for e in self._of("visit.closed", "card.lost", "visit.reconciled"):
            data = e["data"]
            if data["visit"] != visit:
                continue
            if "outcome" in data and data[f"{what}_out"] not in (None, False):
                out = max(1, data["cards_out"] if what == "card" else 1)
            elif e["type"] == "gardu.card.lost.v1" and what == "card":
                out = max(0, out - 1)
            elif "returned" in data and data["returned"].split("/")[0] == what:
                found += data["found"]
                out = max(0, out - (not data["found"]))
        return out, found

    def _totals(self) -> dict[str, Any]:
        back = [e["data"]["by"] for e in self._of("visit.reconciled")]
        restarts = [e["data"]["ended"] for e in self._of("daemon.restarted")]
        ended = {e["data"]["visit"] for e in self._closed}
        lasted = self._durations(self._closed)
        timed = [d for d in self._sure(self._steps) if d["standard_s"] is not None]
        return {
            "visits": len(self._opened),
            "persons": self._heads(self._opened),
            "closed": len(self._closed),
            "open_at_end": sum(e["data"]["visit"] not in ended for e in self._opened),
            "cards_out": self._owed("card"),
            "lockers_out": self._owed("locker"),
            "cards_lost": len(self._of("card.lost")),
            "cards_found": self._found(),
            "returned": back.count("equipment"),
            "settled": back.count("officer"),
            "lockers_opened": len(self._of("locker.opened")),
            "unseen": len(self._of("visit.unseen")),
            "duration_median_s": _median(lasted),
            "duration_p95_s": _p95(lasted),
            "steps_timed": len(timed),
            "steps_within": sum(d["duration_s"] <= d["standard_s"] for d in timed),
            "overdue": len(self._overdue),
            "alarms": len(self._of("alarm.raised")),
            "equipment_faults": len(self._of("equipment.fault")),
            "stills_missed": len(self._of("still.missed")),
            "corrections": len(self._of("visit.corrected")),
            "extensions": len(self._of("visit.extended")),
            "crashes": restarts.count("crashed"),
            "power_losses": restarts.count("power-lost"),
            "records": len(self._events),
            "untrusted": sum(not e["data"]["clock_synced"] for e in self._events),
        }

    def _days(self) -> list[dict[str, Any]]:
        rows = []
        for day in self._month.days:
            opened = [e for e in self._opened if f"{self._local(e):%Y-%m-%d}" == day]
            closed = sum(f"{self._local(e):%Y-%m-%d}" == day for e in self._closed)
            row = {"day": day, "visits": len(opened), "persons": self._heads(opened)}
            rows.append({**row, "closed": closed})
        return rows

    def _busiest(self) -> list[dict[str, Any]]:
        counts = Counter((f"{self._local(e):%Y-%m-%d}", self._local(e).hour) for e in self._opened)
        ranked = sorted(counts, key=lambda slot: (-counts[slot], slot))
        return [{"day": d, "hour": h, "visits": counts[d, h]} for d, h in ranked[:5]]

    def _procedures(self) -> list[dict[str, Any]]:
        def mine(events: list[Event]) -> list[Event]:
            return [e for e in events if e["data"]["procedure"] == name]

        rows = []
        for name in sorted({e["data"]["procedure"] for e in [*self._opened, *self._closed]}):
            opened, closed = mine(self._opened), mine(self._closed)
            lasted = self._durations(closed)
            row = {
                "procedure": name, "visits": len(opened), "persons": self._heads(opened),
                "closed": len(closed),
                "completed": sum(e["data"]["outcome"] == "completed" for e in closed),
                "duration_median_s": _median(lasted), "duration_p95_s": _p95(lasted),
            }  # fmt: skip
            rows.append(row)
        return rows

    def _hosts(self) -> list[dict[str, Any]]:
        last = {e["data"]["visit"]: e["data"]["procedure"] for e in self._opened}
        for event in self._events:
            if event["type"] == "gardu.host.chosen.v1" and event["data"]["visit"] in last:
                last[event["data"]["visit"]] = event["data"]["host"]
        rows = []
        for name in sorted(set(last.values())):
            opened = [e for e in self._opened if last[e["data"]["visit"]] == name]
            rows.append({"host": name, "visits": len(opened), "persons": self._heads(opened)})
        return rows

    def _outcomes(self) -> list[dict[str, Any]]:
        keys = ("procedure", "outcome", "reason")
        endings = [tuple(e["data"][key] or "" for key in keys) for e in self._closed]
        return [
            {"procedure": p, "outcome": o, "reason": r or None, "visits": endings.count((p, o, r))}
            for p, o, r in sorted(set(endings))
        ]

    def _step_rows(self) -> list[dict[str, Any]]:
        every = [*self._steps, *self._overdue]
        keys = {(e["data"]["procedure"], e["data"]["number"], e["data"]["step"]) for e in every}
        return [self._step(*key) for key in sorted(keys)]

    def _step(self, procedure: str, number: int, step: str) -> dict[str, Any]:
        def mine(events: list[Event]) -> list[Event]:
            return [
                e for e in events
                if (e["data"]["procedure"], e["data"]["step"]) == (procedure, step)
            ]  # fmt: skip

        ended = mine(self._steps)
        done = [e["data"] for e in ended if e["data"]["outcome"] == "completed"]
        sure = self._sure(ended)
        times = [d["duration_s"] for d in sure]
        waits = [d["waited_s"] for d in done if d["waited_uncertainty_s"] is not None]
        timed = [d for d in sure if d["standard_s"] is not None]
        return {
            "procedure": procedure, "step": step, "number": number,
            "ended": len(ended), "completed": len(done),
            "skipped": sum(e["data"]["outcome"] == "skipped" for e in ended),
            "uncertain": len(done) - len(sure),
            "median_s": _median(times), "p95_s": _p95(times),
            "longest_s": max(times, default=None), "waited_median_s": _median(waits),
            "standard_s": timed[-1]["standard_s"] if timed else None,
            "timed": len(timed),
            "within": sum(d["duration_s"] <= d["standard_s"] for d in timed),
            "overdue": len(mine(self._overdue)),
        }  # fmt: skip

    def _sure(self, steps: list[Event]) -> list[dict[str, Any]]:
        return [
            e["data"]
            for e in steps
            if e["data"]["outcome"] == "completed" and e["data"]["uncertainty_s"] is not None
        ]

    def _durations(self, closed: list[Event]) -> list[float]:
        return [d["duration_s"] for d in self._sure(closed)]

    def _alarms(self) -> list[dict[str, Any]]:
        every = self._of("alarm.raised", "alarm.acknowledged", "alarm.cleared")
        rows = []
        for name in sorted({e["data"]["alarm"] for e in every}):
            mine = [e for e in every if e["data"]["alarm"] == name]
            kinds = [e["type"].split(".")[2] for e in mine]
            lasted = [
                (
                    datetime.fromisoformat(e["time"]) - datetime.fromisoformat(e["data"]["since"])
                ).total_seconds()
                for e in mine
                if e["type"] == "gardu.alarm.cleared.v1"
            ]
            turns = [kind for kind in kinds if kind != "acknowledged"]
            row = {
                "alarm": name, "raised": kinds.count("raised"),
                "acknowledged": len(
                    {e["data"]["since"] for e in mine if "acknowledged" in e["type"]}
                ),
                "cleared": kinds.count("cleared"),
                "standing": int(turns[-1:] == ["raised"]), "median_s": _median(lasted),
                "longest_s": max(lasted, default=None), "total_s": round(sum(lasted), 3),
            }  # fmt: skip
            rows.append(row)
        return rows

    def _devices(self) -> list[dict[str, Any]]:
        every = self._of("equipment.fault", "equipment.restored")
        rows = []
        for name in sorted({e["data"]["device"] for e in every}):
            mine = [e for e in every if e["data"]["device"] == name]
            faults = [e["type"] == "gardu.equipment.fault.v1" for e in mine]
            row = {
                "device": name, "faults": sum(faults), "downtime_s": self._downtime(mine),
                "down_at_end": faults[-1],
            }  # fmt: skip
            rows.append(row)
        return rows

    def _downtime(self, events: list[Event]) -> float:
        """Return the seconds that a device was down, summed over the times between events."""
        down = events[0]["type"] == "gardu.equipment.restored.v1"
        since, total = self._month.start, 0.0
        for event in events:
            at = datetime.fromisoformat(event["time"])
            total += max(0.0, (at - since).total_seconds()) if down else 0.0
            down, since = event["type"] == "gardu.equipment.fault.v1", at
        until = min(self._month.end, self._now or self._month.end)
        rest = max(0.0, (until - since).total_seconds()) if down else 0.0
        return round(total + rest, 3)

    def _office_days(self) -> list[dict[str, Any]]:
        begun = {e["data"]["number"]: e for e in self._of("day.opened")}
        ended = {e["data"]["number"]: e for e in self._of("day.closed")}
        return [self._office_day(n, begun.get(n), ended.get(n)) for n in sorted({*begun, *ended})]

    def _office_day(self, number: int, begun: Event | None, ended: Event | None) -> dict[str, Any]:
        said = (ended or begun or {})["data"]
        opened = datetime.fromisoformat(ended["data"]["opened"] if ended else (begun or {})["time"])
        closed = ended is not None and said["how"] != "not-closed"
        names = ("reconciled", "visits_open", "cards_out", "cards_lost", "lockers_out")
        return {
            "number": number,
            "day": said["date"],
            "opened": f"{opened.astimezone(self._month.zone):%H:%M}",
            "by": begun["data"]["by"] if begun else None,
            "closed": f"{self._local(ended):%H:%M}" if ended and closed else None,
            "how": said["how"] if ended else None,
            "carried": said["visits_carried"],
            "visits": said["visits_opened"] if ended else None,
            "persons": said["persons"] if ended else None,
            **{name: said[name] if ended else None for name in names},
        }

    def _pairs(self, kind: str, one: str, other: str, count: str) -> list[dict[str, Any]]:
        pairs = [(e["data"][one], e["data"][other]) for e in self._of(kind)]
        return [{one: a, other: b, count: pairs.count((a, b))} for a, b in sorted(set(pairs))]


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def _p95(values: list[float]) -> float | None:
    """Nearest rank by its definition: the least value with 95 of 100 at or below it."""
    return next(
        (t for t in sorted(values) if sum(o <= t for o in values) * 100 >= 95 * len(values)), None
    )
