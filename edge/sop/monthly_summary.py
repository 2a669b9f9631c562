"""The summary of a month: counts and times, no person, no visit. What is published is this.

Every list is in a fixed order, so that the same facts make the same bytes.
"""

import msgspec


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the summary; seconds where a name ends in ``_s``; None where nobody can say."""


class Totals(Figures, frozen=True, kw_only=True):
    """The month in a few figures.

    :ivar visits: that were opened; *persons*: in them (a group is one visit)
    :ivar closed: visits that ended, whenever they began
    :ivar open_at_end: visits of the month that had not ended when it did
    :ivar cards_out: cards that visits which ended in the month had not given back by its end, less
        those declared lost; *lockers_out*: their lockers
    :ivar cards_lost: cards that were declared lost; *cards_found*: of these, those that came back
    :ivar returned: what visits that had ended still owed, and brought back; *settled*: what an
        officer vouched for instead
    :ivar lockers_opened: by a supervisor's card
    :ivar unseen: how often the panel asked whether a guest is still here
    :ivar duration_median_s: of the visits that ended completed, from the guest's arrival on
    :ivar steps_timed: completed steps that have a standard time and were surely measured;
        *steps_within*: of them, those within it
    :ivar overdue: steps that were said to be overdue
    :ivar crashes: of the daemon; *power_losses*: of the machine
    :ivar untrusted: records that a clock dated which nobody vouched for
    """

    visits: int = 0
    persons: int = 0
    closed: int = 0
    open_at_end: int = 0
    cards_out: int = 0
    lockers_out: int = 0
    cards_lost: int = 0
    cards_found: int = 0
    returned: int = 0
    settled: int = 0
    lockers_opened: int = 0
    unseen: int = 0
    duration_median_s: float | None = None
    duration_p95_s: float | None = None
    steps_timed: int = 0
    steps_within: int = 0
    overdue: int = 0
    alarms: int = 0
    equipment_faults: int = 0
    stills_missed: int = 0
    corrections: int = 0
    extensions: int = 0
    crashes: int = 0
    power_losses: int = 0
    records: int = 0
    untrusted: int = 0


class DayCount(Figures, frozen=True, kw_only=True):
    """A day of the office, ``2026-11-21``; *visits* are those that were opened."""

    day: str
    visits: int
    persons: int
    closed: int


class HourCount(Figures, frozen=True, kw_only=True):
    """One of the busiest hours: *hour* 8 is from 8:00 to 8:59."""

    day: str
    hour: int
    visits: int


class ProcedureCount(Figures, frozen=True, kw_only=True):
    """The visits of one procedure; durations of those that ended completed."""

    procedure: str
    visits: int
    persons: int
    closed: int
    completed: int
    duration_median_s: float | None
    duration_p95_s: float | None


class HostCount(Figures, frozen=True, kw_only=True):
    """Whom the guests came to see: the host that the record names, else the procedure's."""

    host: str
    visits: int
    persons: int


class OutcomeCount(Figures, frozen=True, kw_only=True):
    """How visits of one procedure ended, and why, if a reason was given."""

    procedure: str
    outcome: str
    reason: str | None
    visits: int


class StepTimes(Figures, frozen=True, kw_only=True):
    """One step of a procedure.

    :ivar ended: how often it ended, however; *completed*, *skipped*: of these
    :ivar uncertain: completed, but nobody can say how long it took: in none of the times below
    :ivar median_s: of the completed ones; *p95_s*: which 95 of 100 did not exceed (nearest rank)
    :ivar waited_median_s: how long guests waited for the step
    :ivar standard_s: the newest standard time; *timed*: those that had one; *within*: of these,
        those that kept it
    """

    procedure: str
    step: str
    number: int
    ended: int
    completed: int
    skipped: int
    uncertain: int
    median_s: float | None
    p95_s: float | None
    longest_s: float | None
    waited_median_s: float | None
    standard_s: float | None
    timed: int
    within: int
    overdue: int


class AlarmCount(Figures, frozen=True, kw_only=True):
    """One kind of alarm; durations of those that were cleared in the month, from their raising.

    :ivar standing: raised in the month and not cleared by its end
    """

    alarm: str
    raised: int
    acknowledged: int
    cleared: int
    standing: int
    median_s: float | None
    longest_s: float | None
    total_s: float


class DeviceTrouble(Figures, frozen=True, kw_only=True):
    """One device that failed.

    :ivar downtime_s: within the month, by the wall clock
    :ivar down_at_end: it had not been restored when the month ended
    """

    device: str
    faults: int
    downtime_s: float
    down_at_end: bool


class OfficeDay(Figures, frozen=True, kw_only=True):
    """A day of the office that was opened or closed in the month, as its two records have it.

    :ivar opened: when, at the office: ``07:31``; *by* a ``button`` or an ``arrival``, None if
        that was in an earlier month
    :ivar closed: when; None if nobody closed it; *how*: None while it is open
    :ivar carried: visits that were open from before; *visits* and *persons*: that came
    :ivar reconciled: what an officer settled by button
    :ivar visits_open: when it ended, and so *cards_out*, *cards_lost* and *lockers_out*: all that
        were out then, whenever they were given out
    """

    number: int
    day: str
    opened: str
    by: str | None
    closed: str | None = None
    how: str | None = None
    carried: int | None = None
    visits: int | None = None
    persons: int | None = None
    reconciled: int | None = None
    visits_open: int | None = None
    cards_out: int | None = None
    cards_lost: int | None = None
    lockers_out: int | None = None


class OpeningCount(Figures, frozen=True, kw_only=True):
    """How often a supervisor (*who*: a duty, no name) had a locker opened, by the reason given."""

    who: str
    why: str
    openings: int


class CorrectionCount(Figures, frozen=True, kw_only=True):
    """How often officers put a mistake right: ``back``, ``card`` or ``next``, and where."""

    correction: str
    station: str
    corrections: int


class Summary(Figures, frozen=True, kw_only=True):
    """A month.

    :ivar month: ``2026-11``; *timezone*: whose midnights count, for example ``Asia/Jakarta``
    :ivar hours: visits opened in each hour of the day, 24 figures
    :ivar week: the same for each day of the week, Monday first: 7 rows of 24
    :ivar left_out: how many rows of which list were too many to be published
    """

    month: str
    timezone: str
    totals: Totals
    days: tuple[DayCount, ...]
    hours: tuple[int, ...]
    week: tuple[tuple[int, ...], ...]
    busiest: tuple[HourCount, ...]
    procedures: tuple[ProcedureCount, ...]
    hosts: tuple[HostCount, ...]
    outcomes: tuple[OutcomeCount, ...]
    steps: tuple[StepTimes, ...]
    alarms: tuple[AlarmCount, ...]
    equipment: tuple[DeviceTrouble, ...]
    office_days: tuple[OfficeDay, ...] = ()
    openings: tuple[OpeningCount, ...] = ()
    corrected: tuple[CorrectionCount, ...] = ()
    left_out: dict[str, int] = {}


# Lists that grow with what an office has, not with the calendar.
_GROWING = (
    "outcomes", "steps", "alarms", "equipment", "hosts", "procedures", "office_days", "openings",
    "corrected",
)  # fmt: skip
# A published summary is at most so many bytes of JSON: its record stays below 64 KiB.
LIMIT = 60_000


def bounded(summary: Summary, limit: int = LIMIT) -> Summary:
    """Return *summary* with its longest lists cut until it has at most *limit* bytes as JSON.

    What is cut is counted in ``left_out``; totals are as they were.
    """
    while len(msgspec.json.encode(summary)) > limit:
        name = max(_GROWING, key=lambda name: len(getattr(summary, name)))
        rows = getattr(summary, name)
        if not rows:
            break
        cut = len(rows) - len(rows) // 2
        left_out = {**summary.left_out, name: summary.left_out.get(name, 0) + cut}
        kept = rows[: len(rows) // 2]
        summary = msgspec.structs.replace(summary, left_out=left_out, **{name: kept})
    return summary
