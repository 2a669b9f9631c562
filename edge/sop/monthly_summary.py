"""The published summary of a month: counts and times, without persons' data or visit ids.

Every list is in a fixed order, so that the same facts make the same bytes.
"""

import msgspec


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the summary. Fields named ``…_s`` are seconds; None: not known."""


class Totals(Figures, frozen=True, kw_only=True):
    """The month in a few figures.

    :ivar visits: visits that were opened; *persons*: their persons (a group is one visit)
    :ivar closed: visits that ended, whenever they began
    :ivar open_at_end: visits opened in the month that had not ended by its end
    :ivar cards_out: cards of visits that ended in the month: not returned by its end, not settled,
        not declared lost; *lockers_out*: lockers likewise
    :ivar cards_lost: cards that were declared lost; *cards_found*: of these, those found again
    :ivar returned: owed cards and lockers that came back, as a device has shown; *settled*: those
        that an officer confirmed without a device
    :ivar lockers_opened: by a supervisor's card
    :ivar unseen: the number of times that a panel asked whether a guest is still here
    :ivar duration_median_s: of completed visits with a certain duration, from the guest's arrival
        on; *duration_p95_s*: 95 of 100 lasted no longer (nearest rank)
    :ivar steps_timed: completed steps with a standard time and a certain duration;
        *steps_within*: of these, those within the standard time
    :ivar overdue: steps that were recorded as overdue
    :ivar crashes: of the daemon; *power_losses*: of the machine
    :ivar untrusted: records dated by a clock that was not trusted
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
    """A day of the office, ``2026-11-21``; *visits* were opened and *closed* ended in it."""

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
    """The visits of one procedure; the durations are of its completed visits."""

    procedure: str
    visits: int
    persons: int
    closed: int
    completed: int
    duration_median_s: float | None
    duration_p95_s: float | None


class HostCount(Figures, frozen=True, kw_only=True):
    """The visits to one host: the host in the visit's record, else the procedure."""

    host: str
    visits: int
    persons: int


class OutcomeCount(Figures, frozen=True, kw_only=True):
    """The visits of one procedure that ended with this outcome and reason (None: no reason)."""

    procedure: str
    outcome: str
    reason: str | None
    visits: int


class StepTimes(Figures, frozen=True, kw_only=True):
    """One step of a procedure.

    :ivar ended: the number of its ends, with any outcome; *completed*, *skipped*: of these
    :ivar uncertain: completed, but the duration is not certain: not counted in the fields below,
        except *waited_median_s* and *overdue*
    :ivar median_s: of the completed ones; *p95_s*: 95 of 100 lasted no longer (nearest rank)
    :ivar waited_median_s: the time for which guests waited for the step
    :ivar standard_s: the latest standard time; *timed*: those that had one; *within*: of these,
        those that lasted no longer
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
    """One kind of alarm; durations of the alarms cleared in the month, from when they were raised.

    :ivar standing: 1 if it was raised in the month and not cleared by its end, else 0
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
    """One device that failed or was restored.

    :ivar downtime_s: within the month, by the wall clock
    :ivar down_at_end: True if it had not been restored when the month ended
    """

    device: str
    faults: int
    downtime_s: float
    down_at_end: bool


class OfficeDay(Figures, frozen=True, kw_only=True):
    """A day of the office that was opened or closed in the month, from its two records.

    :ivar opened: local time, ``07:31``; *by*: ``button`` or ``arrival``, None if it was opened in
        an earlier month
    :ivar closed: local time; None if no officer closed it; *how*: None while it is open
    :ivar carried: visits that were open from before; *visits* and *persons*: those that came in it
    :ivar reconciled: items that an officer settled by button
    :ivar visits_open: at its end, as are *cards_out*, *cards_lost* and *lockers_out*: all that were
        out then, including those given out on earlier days
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
    """The lockers opened by supervisors of the duty *who* (no name) for the reason *why*."""

    who: str
    why: str
    openings: int


class CorrectionCount(Figures, frozen=True, kw_only=True):
    """The number of corrections of one kind (``back``, ``card`` or ``next``) at one station."""

    correction: str
    station: str
    corrections: int


class Summary(Figures, frozen=True, kw_only=True):
    """A month.

    :ivar month: ``2026-11``; *timezone*: the zone of its days, for example ``Asia/Jakarta``
    :ivar hours: visits opened in each hour of the day, 24 figures
    :ivar week: the same for each day of the week, Monday first: 7 rows of 24
    :ivar left_out: by name of the list, the number of rows that were too many to be published
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


# Lists that grow with the size of the office, not with the calendar.
_GROWING = (
    "outcomes", "steps", "alarms", "equipment", "hosts", "procedures", "office_days", "openings",
    "corrected",
)  # fmt: skip
# The most bytes of a published summary as JSON: its record stays below 64 KiB.
LIMIT = 60_000


def bounded(summary: Summary, limit: int = LIMIT) -> Summary:
    """Return *summary* with its longest lists cut until it has at most *limit* bytes as JSON.

    ``left_out`` counts the rows that were cut; the totals do not change.
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
