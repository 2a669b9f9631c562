"""Counts a month's office days, cards and lockers, and the officers' corrections. Pure.

A card is out from the end of the visit that has it until it is back, settled by an officer's word,
or declared lost; a lost card is lost until it is back. A locker is out in the same way.
"""

from collections import Counter
from datetime import datetime

from edge.config.zone import Month
from edge.report.figures import FactCounters
from edge.sop.monthly_summary import CorrectionCount, OfficeDay, OpeningCount
from edge.store.register import Fact


class Lobby:
    """Counts the office days, cards, lockers and corrections of *month*."""

    def __init__(self, month: Month) -> None:
        self._zone = month.zone
        self.totals: Counter[str] = Counter()
        self._owed: Counter[tuple[str, str]] = Counter()  # by visit, and "card" or "locker"
        self._lost: set[str] = set()  # visits with a card that was declared lost
        self._days: dict[int, OfficeDay] = {}
        self._openings: Counter[tuple[str, str]] = Counter()
        self._corrected: Counter[tuple[str, str]] = Counter()
        self.counters: FactCounters = {
            "gardu.visit.reconciled.v1": self._reconciled,
            "gardu.visit.corrected.v1": self._correct,
            "gardu.card.lost.v1": self._card_lost,
            "gardu.locker.opened.v1": self._locker_opened,
            "gardu.day.opened.v1": self._day_opened,
            "gardu.day.closed.v1": self._day_closed,
        }

    def visit_closed(self, fact: Fact) -> None:
        """Record the cards and the lockers that a visit which has ended still owes.

        Records of a version without groups have no counts: one card and one locker at most.
        """
        data = fact.data
        cards, lockers = int(data["card_out"]), int(data["locker_out"] is not None)
        self._owed[data["visit"], "card"] += max(cards, data.get("cards_out", 0))
        self._owed[data["visit"], "locker"] += max(lockers, len(data.get("lockers_out", ())))

    def out(self, what: str) -> int:
        """Return the number of cards or lockers that are out.

        :param what: ``card`` or ``locker``
        """
        return sum(count for (_, owed), count in self._owed.items() if owed == what)

    def days(self) -> tuple[OfficeDay, ...]:
        """Return a row for each day of the office, in order."""
        return tuple(day for _, day in sorted(self._days.items()))

    def openings(self) -> tuple[OpeningCount, ...]:
        """Return the number of lockers opened by supervisors, a row for each duty and reason."""
        return tuple(
            OpeningCount(who=who, why=why, openings=openings)
            for (who, why), openings in sorted(self._openings.items())
        )

    def corrected(self) -> tuple[CorrectionCount, ...]:
        """Return the number of corrections, a row for each kind and station."""
        return tuple(
            CorrectionCount(correction=correction, station=station, corrections=corrections)
            for (correction, station), corrections in sorted(self._corrected.items())
        )

    def _reconciled(self, fact: Fact) -> None:
        visit, what = fact.data["visit"], fact.data["returned"].partition("/")[0]
        self.totals["settled" if fact.data.get("by") == "officer" else "returned"] += 1
        # Records of a version without groups do not have it: its visit had one card.
        if fact.data.get("found", what == "card" and visit in self._lost):
            self.totals["cards_found"] += 1
        else:
            self._settle(visit, what)

    def _card_lost(self, fact: Fact) -> None:
        self.totals["cards_lost"] += 1
        self._lost.add(fact.data["visit"])
        self._settle(fact.data["visit"], "card")

    def _settle(self, visit: str, what: str) -> None:
        """Count one item of *visit* less; a visit that has not ended owes none yet."""
        self._owed[visit, what] = max(0, self._owed[visit, what] - 1)

    def _correct(self, fact: Fact) -> None:
        self.totals["corrections"] += 1
        self._corrected[fact.data["correction"], fact.data["station"]] += 1

    def _locker_opened(self, fact: Fact) -> None:
        self.totals["lockers_opened"] += 1
        self._openings[fact.data["who"], fact.data["why"]] += 1

    def _day_opened(self, fact: Fact) -> None:
        data = fact.data
        self._days[data["number"]] = OfficeDay(
            number=data["number"],
            day=data["date"],
            opened=self._hour(fact.time),
            by=data["by"],
            carried=data["visits_carried"],
        )

    def _day_closed(self, fact: Fact) -> None:
        data, before = fact.data, self._days.get(fact.data["number"])
        nobody = data["how"] == "not-closed"  # its time is that of the next opening
        self._days[data["number"]] = OfficeDay(
            number=data["number"],
            day=data["date"],
            opened=self._hour(data["opened"]),
            by=None if before is None else before.by,
            closed=None if nobody else self._hour(fact.time),
            how=data["how"],
            carried=data["visits_carried"],
            visits=data["visits_opened"],
            persons=data["persons"],
            reconciled=data["reconciled"],
            visits_open=data["visits_open"],
            cards_out=data["cards_out"],
            cards_lost=data["cards_lost"],
            lockers_out=data["lockers_out"],
        )

    def _hour(self, time: str) -> str:
        return f"{datetime.fromisoformat(time).astimezone(self._zone):%H:%M}"
