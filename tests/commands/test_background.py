"""Work in the background: at the lowest priority, and stopped by Ctrl-C."""

import os
import threading

import pytest

from edge.commands.background import run_in_background


def test_only_the_work_has_the_lowest_priority() -> None:
    """The thread of the work yields to the daemon; the thread that waits is as before."""
    before = os.sched_getscheduler(0), os.nice(0)
    policy, niceness = run_in_background(
        lambda: (os.sched_getscheduler(0), os.nice(0)), stop=lambda: None, on_wait=lambda: None
    )
    assert policy == os.SCHED_IDLE or niceness == 19
    assert (os.sched_getscheduler(0), os.nice(0)) == before


def test_ctrl_c_stops_the_work_and_is_raised() -> None:
    """The work is asked to stop, its end is awaited, and the interrupt goes on to the command."""
    stopped, ended = threading.Event(), threading.Event()

    def work() -> None:
        stopped.wait()
        ended.set()

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_background(work, stop=stopped.set, on_wait=interrupt)
    assert ended.is_set()


def test_errors_of_the_work_are_raised() -> None:
    """An error in the work ends the command as it would without a thread."""

    def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        run_in_background(work, stop=lambda: None, on_wait=lambda: None)
