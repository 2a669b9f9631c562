"""The one consumer: decides, commits, acts, in that order; and resumes after a restart."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Stamp
from edge.errors import StoreError
from edge.sop import events
from edge.sop.effects import Beep, Effect, HoldDoor, RingAide, TakeStill
from edge.store.register import facts
from tests.checkpoint_bench import Bench
from tests.sop.stand import CARDS


def arrive(at: Stamp) -> events.ButtonPressed:
    """A guest for the Pimpinan arrives."""
    return events.ButtonPressed(at, "reception", "arrive", "pimpinan")


def decline(at: Stamp) -> events.ButtonPressed:
    """The reception turns the guest away, who stores nothing yet."""
    return events.ButtonPressed(at, "reception", "decline")


def accept(at: Stamp) -> events.HostAnswered:
    """The aide accepts."""
    return events.HostAnswered(at, "adc", "accept")


def card(at: Stamp) -> events.CardPresented:
    """A visitor card is given out."""
    return events.CardPresented(at, "desk", CARDS[0])


def alarm(at: Stamp) -> events.DetectorAlarmed:
    """The metal detector sounds."""
    return events.DetectorAlarmed(at)


def fire(at: Stamp) -> events.InputAlarmed:
    """The fire loop opens."""
    return events.InputAlarmed(at, "fire")


def fire_is_out(at: Stamp) -> events.InputRestored:
    """The fire loop is closed again."""
    return events.InputRestored(at, "fire")


HOLD, LET_GO = HoldDoor("office", released=True), HoldDoor("office", released=False)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Yield an event loop that is not running yet."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def bench(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Bench]:
    """Yield a checkpoint that has just been installed."""
    bench = Bench(tmp_path, loop)
    yield bench
    bench.close()


def test_effects_run_only_after_their_decision_is_stored(
    bench: Bench, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed commit no effect runs: record, then act."""

    def no_disk(**_what: Any) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(bench.store, "commit", no_disk)
    with pytest.raises(StoreError):
        loop.run_until_complete(bench.send(arrive))
    assert bench.outputs.lines == []
    assert bench.live.lines == [("cancel",), ("committed", 0, False)]
    assert bench.checkpoint.state.visits == {}


def test_alarm_sounds_first_and_is_recorded_at_once_after(
    bench: Bench, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception by name: the alarm's sound does not wait for the disk."""
    order: list[str] = []
    commit = bench.store.commit

    def noting(**what: Any) -> Any:
        order.append(f"commit after {len(bench.outputs.lines)} effects")
        return commit(**what)

    monkeypatch.setattr(bench.store, "commit", noting)
    loop.run_until_complete(bench.send(alarm))
    assert order == ["commit after 1 effects"]
    assert bench.outputs.lines.count(Beep("alarm")) == 1


def test_the_end_of_a_visit_is_told_with_those_that_are_open(
    bench: Bench, loop: asyncio.AbstractEventLoop
) -> None:
    """Once for each end, after its commit: what is read back of the others stays readable."""
    loop.run_until_complete(bench.send(arrive, arrive))
    first, second = sorted(bench.checkpoint.state.visits)
    assert bench.open_visits == []
    loop.run_until_complete(bench.send(decline, decline))
    (left,) = bench.open_visits
    assert left < {first, second}
    assert len(left) == 1


def test_fire_releases_the_doors_though_nothing_can_be_recorded(
    bench: Bench, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other exception by name: doors are released in a fire although the disk has failed."""

    def no_disk(**_what: Any) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(bench.store, "commit", no_disk)
    with pytest.raises(StoreError):
        loop.run_until_complete(bench.send(fire))
    assert HOLD in bench.outputs.lines


def test_doors_lock_again_only_once_that_is_recorded(
    bench: Bench, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doors lock only after the commit: a daemon that crashes before holds them again."""
    order: list[list[Any]] = []
    commit = bench.store.commit

    def noting(**what: Any) -> Any:
        order.append([line for line in bench.outputs.lines if isinstance(line, HoldDoor)])
        return commit(**what)

    monkeypatch.setattr(bench.store, "commit", noting)
    loop.run_until_complete(bench.send(fire, fire_is_out))
    assert order == [[HOLD], [HOLD]]
    assert [line for line in bench.outputs.lines if isinstance(line, HoldDoor)] == [HOLD, LET_GO]


def behind_a_stuck_disk(
    bench: Bench, loop: asyncio.AbstractEventLoop, make: Any, wanted: Effect
) -> set[str]:
    """Post an arrival, and then *make* while the disk is stuck, until *wanted* is carried out.

    Return the alarms of the state at that moment; the disk then works again.
    """
    stuck, commit = threading.Event(), bench.store.commit

    def waiting(**what: Any) -> Any:
        stuck.wait()
        return commit(**what)

    async def play() -> set[str]:
        consumer = asyncio.create_task(bench.checkpoint.run())
        bench.bridge.post(arrive)
        bench.bridge.post(make)
        while wanted not in bench.outputs.lines:
            await asyncio.sleep(0)
        alarms = set(bench.checkpoint.state.alarms)
        stuck.set()
        await bench.bridge.settled()
        consumer.cancel()
        return alarms

    bench.store.commit = waiting  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(play())
    finally:
        stuck.set()


def test_fire_does_not_wait_behind_a_disk_that_is_stuck(
    bench: Bench, loop: asyncio.AbstractEventLoop
) -> None:
    """An earlier event waits for the disk, and so does the consumer; the doors do not."""
    assert behind_a_stuck_disk(bench, loop, fire, HOLD) == set()
    assert "fire" in bench.checkpoint.state.alarms


def test_an_alarm_sounds_once_though_the_disk_is_stuck(
    bench: Bench, loop: asyncio.AbstractEventLoop
) -> None:
    """The metal detector's alarm sounds while an earlier event waits for the disk; not again."""
    assert behind_a_stuck_disk(bench, loop, alarm, Beep("alarm")) == set()
    assert "metal-detector" in bench.checkpoint.state.alarms
    assert bench.outputs.lines.count(Beep("alarm")) == 1


def test_an_equal_press_while_the_disk_is_stuck_opens_no_second_visit(
    bench: Bench, loop: asyncio.AbstractEventLoop
) -> None:
    """An officer who presses again because no beep has come yet means one visit; it is counted."""

    def again(at: Stamp) -> events.Event:
        bench.bridge.post(arrive)
        return events.InputAlarmed(at, "fire")  # the sign that the disk is still stuck

    behind_a_stuck_disk(bench, loop, again, HOLD)
    assert len(bench.checkpoint.state.visits) == 1
    assert bench.outputs.lines.count(Beep("accepted")) == 1
    assert bench.checkpoint.state.refusals == {"button/reception/arrive/repeated": 1}
    loop.run_until_complete(bench.send(arrive))
    assert len(bench.checkpoint.state.visits) == 2


def test_a_fire_that_outlasts_the_daemon_holds_the_doors_from_its_first_moment(
    bench: Bench, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """A stored fire releases the doors before any loop is read, as the safer guess."""
    loop.run_until_complete(bench.send(fire))
    bench.close()
    again = Bench(tmp_path, loop)
    try:
        loop.run_until_complete(again.checkpoint.start(again.clock.now()))
        assert again.outputs.lines[0] == HOLD
    finally:
        again.close()


def test_what_equipment_says_is_remembered_over_a_restart(
    bench: Bench, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """Doors, unreachable lockers and used invitations are stored and restored like other state."""

    def unlocked(at: Stamp) -> events.LockerOpened:
        return events.LockerOpened(at, 1)

    def silent(at: Stamp) -> events.LockerFailed:
        return events.LockerFailed(at, 2, "silent")

    def door(at: Stamp) -> events.DoorOpened:
        return events.DoorOpened(at, "office")

    def invited(at: Stamp) -> events.InvitationPresented:
        return events.InvitationPresented(at, "gate", "one", "pimpinan", at.wall_ms + 60_000)

    loop.run_until_complete(bench.send(unlocked, silent, door, invited))
    before = bench.checkpoint.state
    bench.close()
    again = Bench(tmp_path, loop)
    try:
        loop.run_until_complete(again.checkpoint.start(again.clock.now()))
        state = again.checkpoint.state
        assert (state.lockers, state.doors, state.invitations, state.alarms) == (
            before.lockers, before.doors, before.invitations, before.alarms,
        )  # fmt: skip
    finally:
        again.close()


def test_a_restart_takes_up_the_state_where_it_stood(
    bench: Bench, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """The next daemon reads exactly the state that the last one stored."""
    loop.run_until_complete(bench.send(arrive, accept, card, arrive))
    before = bench.checkpoint.state
    bench.close()
    again = Bench(tmp_path, loop)
    try:
        loop.run_until_complete(again.checkpoint.start(again.clock.now()))
        state = again.checkpoint.state
        assert {**state.visits} == {**before.visits}
        assert (state.cards, state.lockers, state.opened) == (
            before.cards, before.lockers, before.opened,
        )  # fmt: skip
        assert not [
            line for line in again.outputs.lines if isinstance(line, RingAide | TakeStill | Beep)
        ]
        assert ("reception", "on") in again.outputs.lines
    finally:
        again.close()


def test_state_and_records_are_in_one_transaction(
    bench: Bench, loop: asyncio.AbstractEventLoop
) -> None:
    """Every record of a decision is in the outbox as soon as its state is stored."""
    loop.run_until_complete(bench.send(arrive, accept))
    kinds = [row.topic for row in bench.store.waiting(0, 100)]
    assert kinds == ["event/visit"]
    loop.run_until_complete(bench.send(card))
    assert len(bench.store.load()[1]) == 1


def test_only_what_changed_is_shown(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    """A lamp or live topic is set when it changes, not with every event."""
    loop.run_until_complete(bench.send(arrive))
    lamp_lines = [line for line in bench.outputs.lines if isinstance(line, tuple)]
    assert lamp_lines.count(("reception", "on")) == 1
    bench.outputs.lines.clear()
    loop.run_until_complete(bench.send(accept))
    assert ("reception", "on") not in bench.outputs.lines


def test_standing_alarm_is_a_live_topic_until_cleared(
    bench: Bench, loop: asyncio.AbstractEventLoop
) -> None:
    """state/alarm/{kind} is shown while the alarm stands, and deleted when it is cleared."""
    loop.run_until_complete(bench.send(alarm, events.DetectorCleared))
    topics = [line for line in bench.live.lines if "alarm" in str(line[0])]
    assert [(suffix, payload is None) for suffix, payload in topics] == [
        ("state/alarm/metal-detector", False),
        ("state/alarm/metal-detector", True),
    ]


def test_a_timer_comes_back_as_an_event(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    """A due timer is an event, also if it was due while the daemon was down."""

    async def due() -> events.Event:
        past = Stamp(0, 0, False, bench.clock.now().boot)
        bench.timers.start("some/key", past, 1.0)
        bench.timers.start("never", bench.clock.now(), 3600.0)
        while not (posted := bench.bridge.first(1)):
            await asyncio.sleep(0)
        return posted[0]

    event = loop.run_until_complete(due())
    assert isinstance(event, events.TimerFired)
    assert event.key == "some/key"


def test_acknowledgements_are_stored_with_the_next_decision(
    bench: Bench, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """Acknowledgements that were noted in memory are on the disk with the next decision."""
    loop.run_until_complete(bench.send(arrive))
    bench.store.note_acks([1])
    loop.run_until_complete(bench.send(arrive))
    bench.close()
    again = Bench(tmp_path, loop)
    assert [row.sequence for row in again.store.waiting(0, 9)] == [2]
    again.close()


def test_a_closed_visit_is_open_no_more(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    """A closed visit is no longer stored as open; its records hold its outcome and steps."""

    def leave(at: Stamp) -> events.ButtonPressed:
        return events.ButtonPressed(at, "reception", "leave")

    loop.run_until_complete(bench.send(arrive, leave))
    assert bench.store.load()[1] == []
    told = {
        fact.type: fact.data for fact in facts(bench.store.documents, bench.clock.now().iso()[:7])
    }
    assert told["gardu.visit.closed.v1"]["outcome"] == "abandoned"
    assert told["gardu.step.completed.v1"]["step"] == "penerimaan"


def test_refused_input_is_counted_without_wearing_out_the_disk(
    bench: Bench, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused input makes no commit of its own; its count is stored with the next decision."""
    commits: list[Any] = []
    commit = bench.store.commit

    def noting(**what: Any) -> Any:
        commits.append(what)
        return commit(**what)

    monkeypatch.setattr(bench.store, "commit", noting)

    def noise(at: Stamp) -> events.InputRefused:
        return events.InputRefused(at, "card-reader/desk", "checksum")

    loop.run_until_complete(bench.send(*[noise] * 50))
    assert commits == []
    loop.run_until_complete(bench.send(arrive))
    document, _ = bench.store.load()
    assert document is not None
    assert document["refusals"] == {"card-reader/desk/checksum": 50}
