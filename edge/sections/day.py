"""The office day: whether days are kept, and when the first guest can open one."""

from edge.sections.panels import TimeOfDay
from edge.sections.words import Section


class Day(Section, frozen=True, kw_only=True):
    """Days are kept where this section is.

    :ivar opens: the earliest local time at which an arrival opens a day by itself
    """

    opens: TimeOfDay = "07:30"
