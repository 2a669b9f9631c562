"""Places with limited room within a procedure: one broken example per rule, and its message."""

import pytest

from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.model import Transition
from edge.sop.procedures.verify import verify
from tests.sop.archive import ARCHIVE, archive
from tests.sop.procedures.test_verify import a_procedure, a_step, phase

REFUSE = '    { event = "button.refuse", to = "@rescheduled", reason = "schedule-full" },\n'
ANYWHERE = 'anywhere = [{ event = "button.leave", to = "@abandoned", reason = "guest-left" }]\n'
WAITING = "step membaca, phase menunggu"


def problems(*changes: tuple[str, str]) -> list[str]:
    """Return the problems of the archive's procedure with *changes* of its text."""
    text = ARCHIVE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return verify(parse_procedure(text, "arsip.toml"))


def test_the_archive_is_right() -> None:
    """The example that the broken ones are made from has no problem, and knows its places."""
    step = archive().step("membaca")
    assert step.phase("di-dalam").room == "ruang-baca"
    assert step.awaited_place(step.phase("menunggu")) == "ruang-baca"
    assert step.awaited_place(step.phase("di-dalam")) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'do = ["leave-place"]\n',
            "",
            (
                "step membaca, phase di-dalam: enters a place that no phase leaves, so that guests "
                'who are gone are counted there; allowed: with do = ["leave-place"] in the phase '
                "where they have left"
            ),
        ),
        (
            "room:ruang-baca",
            "locker",
            (
                'step keluar, phase pamit: do "leave-place", and no phase enters a place; allowed: '
                'with needs = "room:..." in a phase before'
            ),
        ),
        (
            "room:ruang-baca",
            "room",
            (
                "step membaca, phase di-dalam: needs is 'room', which is incomplete or too much; "
                "allowed: room:..."
            ),
        ),
        (
            "room:ruang-baca",
            "locker:ruang-baca",
            (
                "step membaca, phase di-dalam: needs is 'locker:ruang-baca', which is incomplete "
                "or too much; allowed: locker"
            ),
        ),
        (
            "room:ruang-baca",
            "room:Ruang Baca",
            (
                "step membaca, phase di-dalam: needs is 'room:Ruang Baca', which has a wrong name; "
                "allowed: lower-case letters, digits and single dashes"
            ),
        ),
        (
            'event = "room.free", to = "di-dalam"',
            'event = "room.free", to = "@next"',
            (
                f"{WAITING}, on \"room.free\": leads to '@next', which does not need room; "
                "allowed: di-dalam"
            ),
        ),
        (
            ANYWHERE,
            'anywhere = [{ event = "room.free", to = "@abandoned", reason = "guest-left" }]\n',
            (
                'anywhere, on "room.free": the wait for room belongs to one phase; allowed: every '
                "other event"
            ),
        ),
    ],
)
def test_each_rule_has_its_message(old: str, new: str, problem: str) -> None:
    """Each problem names step, phase and what is allowed."""
    assert problem in problems((old, new))


def test_a_wait_that_only_room_can_end_is_a_problem() -> None:
    """A group may be too large for the place: an officer must have a way out for it."""
    expected = (
        f"{WAITING}: waits for room only, and a group may be too large for the place; allowed: "
        "with a transition on an officer's button"
    )
    assert problems((REFUSE, ""), (ANYWHERE, "")) == [expected]
    assert problems((REFUSE, "")) == []  # the guest may leave anywhere


def test_a_wait_for_room_without_any_phase_that_needs_it() -> None:
    """The message says that there is none, where a list would be empty."""
    wait = phase("wait", Transition(event="room.free", to="@next"), Transition(
        event="button.done", to="@next"))  # fmt: skip
    assert verify(a_procedure(a_step("one", wait))) == [
        (
            "step one, phase wait, on \"room.free\": leads to '@next', which does not need room; "
            "allowed: a phase of this step with that need, as there is none"
        )
    ]
