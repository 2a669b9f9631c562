"""The board of the desk: what it shows of the lobby."""

from desk.board import board
from edge.daemon.desk_messages import DeskNames, DeskNow


def test_alarms_are_shown_in_words() -> None:
    """A receptionist reads what has happened, not an id."""
    now = DeskNow(
        now_ms=0, synced=True, book="ok", visits=[], lockers=[], cards=0, cards_out=0,
        announcements=[], alarms=["fire", "locker-left-open-2"],
    )  # fmt: skip
    words = board(
        now, DeskNames(place="", procedures={}, hosts=[], guest_kinds={}, reasons={})
    ).alarms
    assert [one.id for one in words] == ["Kebakaran", "Loker 2 dibiarkan terbuka"]
