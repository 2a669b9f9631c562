"""The desk's view of the lobby: what its screens may show."""

from edge.daemon.desk_view import visible
from edge.sop.alarms import SILENT


def test_a_silent_alarm_is_on_no_screen() -> None:
    """Who threatens the reception must not read there that the duress button was pressed."""
    assert "duress" in SILENT
    assert visible(["fire", *SILENT, "locker-forced-3"]) == ["fire", "locker-forced-3"]
