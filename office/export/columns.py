"""The columns of each kind of export: those of the views (docs/office-neighbours.md), in order."""

from typing import Literal, NamedTuple

Kind = Literal["text", "number", "whole", "truth", "time"]
What = Literal["visits", "steps", "alarms", "records"]


class Table(NamedTuple):
    """What is exported.

    :ivar view: the view of the database
    :ivar period: the column that must be in the period
    """

    view: str
    period: str
    columns: dict[str, Kind]


_PLACE: dict[str, Kind] = {"site": "text", "checkpoint": "text"}

TABLES: dict[What, Table] = {
    "visits": Table("report_visits", "opened", {
        **_PLACE, "visit": "text", "procedure": "text", "host": "text", "persons": "whole",
        "opened": "time", "closed": "time", "outcome": "text", "duration_s": "number",
        "last_step": "text", "overdue_step": "text", "newest_record": "time",
    }),
    "steps": Table("report_steps", "ended", {
        **_PLACE, "visit": "text", "procedure": "text", "host": "text", "step": "text",
        "number": "whole", "station": "text", "role": "text", "outcome": "text", "reason": "text",
        "persons": "whole", "started": "time", "ended": "time", "duration_s": "number",
        "standard_s": "number", "over_s": "number", "waited_s": "number",
        "within_standard": "truth", "attempts": "whole", "clock_trusted": "truth", "id": "text",
    }),
    "alarms": Table("report_alarms", "happened", {
        **_PLACE, "change": "text", "alarm": "text", "happened": "time", "visit": "text",
        "detail": "text", "panel": "text", "clock_trusted": "truth", "id": "text",
    }),
    "records": Table("report_records", "happened", {
        **_PLACE, "id": "text", "stream": "text", "sequence": "whole", "type": "text",
        "visit": "text", "happened": "time", "recorded": "time", "arrived": "time", "data": "text",
    }),
}  # fmt: skip
