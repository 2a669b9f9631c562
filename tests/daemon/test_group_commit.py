"""Group commit: events that wait are decided in order and committed together, then act."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge.clock import Stamp
from edge.daemon.checkpoint import MOST_TOGETHER
from edge.errors import StoreError, StoreFull
from edge.sop import events
from edge.sop.effects import (
    Beep,
    CancelTimer,
    Effect,
    HoldDoor,
    ReleaseDoor,
    StartTimer,
    UnlockLocker,
)
from edge.sop.engine import initial_state, step
from edge.sop.events import Event
from edge.sop.state import State
from soak.guests import happen
from tests.checkpoint_bench import Bench
from tests.sop.stand import rules

Play = Callable[[Callable[[Bench], Any]], Bench]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """Yield a function that runs a scene (a coroutine) at a new checkpoint."""
    benches: list[Bench] = []

    def run(scene: Callable[[Bench], Any]) -> Bench:
        async def whole() -> Bench:
            bench = Bench(tmp_path / str(len(benches)), asyncio.get_running_loop())
            benches.append(bench)
            await scene(bench)
            return bench

        return asyncio.run(whole())

    yield run
    for bench in benches:
        bench.close()


def day(seed: int, count: int) -> tuple[list[Event], State, list[Effect], list[str]]:
    """Return *count* events by dice, and their result one by one: state, effects, records."""
    dice, state, known = Random(seed), initial_state(rules()), rules()
    happened, effects, kinds = list[Event](), list[Effect](), list[str]()
    for number in range(count):
        at = Stamp(number * 10**9, 1_764_000_000_000 + number * 1000, True, "boot")
        happened.append(happen(known, state, at, dice))
        result = step(known, state, happened[-1])
        state = result.state
        effects += result.effects
        kinds += [record.type for record in result.records]
    return happened, state, effects, kinds


def after_commit(effects: Sequence[Any]) -> list[Any]:
    """Return the effects that outputs get after the commit, in order."""
    return [
        effect for effect in effects
        if isinstance(effect, Effect)
        and not isinstance(effect, StartTimer | CancelTimer)
        and effect != Beep("alarm")
        and not (isinstance(effect, HoldDoor) and effect.released)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_batches_lead_where_single_events_lead(play: Play, seed: int) -> None:
    """With any batches: the same state, the same records, the same effects in their order."""
    happened, state, effects, kinds = day(seed, 250)
    dice = Random(seed)

    async def scene(bench: Bench) -> None:
        left = list(happened)
        while left:
            batch = left[: dice.choice([1, 2, 5, 20, 50])]
            del left[: await bench.worker.do(bench.checkpoint.handle, batch)]

    bench = play(scene)
    assert bench.checkpoint.state == state
    assert after_commit(bench.outputs.lines) == after_commit(effects)
    assert bench.outputs.lines.count(Beep("alarm")) == effects.count(Beep("alarm"))
    documents = bench.store.documents
    assert [row["event"]["type"] for row in documents.table("outbox")] == kinds
    assert bench.checkpoint.handled == len(happened)


@pytest.mark.parametrize("seed", range(4))
def test_the_disk_shows_every_unlock_when_it_is_pulsed(play: Play, seed: int) -> None:
    """What unlocks ends its batch: no later decision hides the unlock from the next start."""
    happened, *_ = day(seed, 400)
    seen: list[bool] = []

    async def scene(bench: Bench) -> None:
        def stored_unlock(effect: Effect) -> None:
            if isinstance(effect, UnlockLocker):
                known, _ = bench.store.load()
                locker = (known or {})["lockers"][str(effect.locker)]
                seen.append(locker.get("unlocking", False))

        bench.outputs.carry_out = stored_unlock  # type: ignore[method-assign]
        left = list(happened)
        while left:
            before = bench.checkpoint.state
            count = await bench.worker.do(bench.checkpoint.handle, left[:50])
            result = before
            for event in left[: count - 1]:
                stepped = step(bench.checkpoint.rules, result, event)
                result = stepped.state
                assert not [e for e in stepped.effects if isinstance(e, UnlockLocker | ReleaseDoor)]
            del left[:count]

    play(scene)
    assert seen
    assert all(seen)


def open_and_close(number: int) -> Callable[[Stamp], Event]:
    """Return the function that makes an edge of locker 1's door."""
    kind = events.LockerClosed if number % 2 else events.LockerOpened
    return lambda at: kind(at, 1)


def test_a_burst_during_a_commit_is_committed_in_few(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one commit lasts, 110 events come: they need three more, of at most 50 events each."""
    sizes: list[int] = []

    async def scene(bench: Bench) -> None:
        begun, go, commit = threading.Event(), threading.Event(), bench.store.commit

        def held(**what: Any) -> Any:
            begun.set()
            go.wait(10)
            sizes.append(len(what["records"]))
            return commit(**what)

        monkeypatch.setattr(bench.store, "commit", held)
        consumer = asyncio.create_task(bench.checkpoint.run())
        for number in range(2):  # the first edges raise no alarm
            bench.bridge.post(open_and_close(number))
        await asyncio.to_thread(begun.wait, 10)
        before = bench.checkpoint.handled
        for number in range(110):
            bench.bridge.post(open_and_close(number))
        go.set()
        await bench.bridge.settled()
        consumer.cancel()
        assert before == 0
        assert bench.checkpoint.handled == 112

    play(scene)
    assert MOST_TOGETHER == 50
    assert len(sizes) <= 5


def test_a_flood_leaves_room_for_the_other_calls_of_the_store(play: Play) -> None:
    """Between two batches the worker makes another call: the uplink reads on during a flood."""

    async def scene(bench: Bench) -> None:
        for number in range(500):
            bench.bridge.post(open_and_close(number))
        consumer = asyncio.create_task(bench.checkpoint.run())
        await asyncio.sleep(0)
        handled = await bench.worker.do(lambda: bench.checkpoint.handled)
        assert handled <= 2 * MOST_TOGETHER
        await bench.bridge.settled()
        consumer.cancel()
        assert bench.checkpoint.handled == 500

    play(scene)


def test_a_failed_commit_acts_for_no_event_of_the_batch(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a batch cannot be stored, none of its effects runs but the doors' release in a fire."""

    def no_disk(**_what: Any) -> None:
        raise StoreError("the disk is gone")

    async def scene(bench: Bench) -> None:
        monkeypatch.setattr(bench.store, "commit", no_disk)
        bench.bridge.post(lambda at: events.ButtonPressed(at, "reception", "arrive", "pimpinan"))
        bench.bridge.post(lambda at: events.InputAlarmed(at, "fire"))
        with pytest.raises(StoreError):
            await bench.checkpoint.run()
        assert bench.checkpoint.state.visits == {}
        assert bench.bridge.waiting == 2

    bench = play(scene)
    assert set(bench.outputs.lines) <= {HoldDoor("office", released=True), Beep("alarm")}
    assert HoldDoor("office", released=True) in bench.outputs.lines


def test_a_batch_waits_for_room_and_then_acts_once(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the batch is tried again, whole; its effects run once, when it is stored."""
    tries: list[int] = []

    async def scene(bench: Bench) -> None:
        commit, roomy = bench.store.commit, asyncio.Event()

        def attempt(call: Callable[[], object]) -> bool:
            try:
                call()
            except StoreFull:
                asyncio_loop.call_soon_threadsafe(roomy.set)
                return False
            return True

        def full_twice(**what: Any) -> Any:
            tries.append(len(what["records"]))
            if len(tries) < 3:
                raise StoreFull("the disk is full")
            return commit(**what)

        asyncio_loop = asyncio.get_running_loop()
        monkeypatch.setattr("edge.daemon.checkpoint.WAIT_S", 0.001)
        monkeypatch.setattr(bench.worker, "attempt", attempt)
        monkeypatch.setattr(bench.store, "commit", full_twice)
        for procedure in ("pimpinan", "eselon-2-3"):
            bench.bridge.post(
                lambda at, procedure=procedure: events.ButtonPressed(  # type: ignore[misc]
                    at, "reception", "arrive", procedure
                )
            )
        consumer = asyncio.create_task(bench.checkpoint.run())
        await bench.bridge.settled()
        consumer.cancel()
        assert roomy.is_set()

    bench = play(scene)
    assert tries == [2, 2, 2]
    assert len(bench.checkpoint.state.visits) == 2
    assert bench.outputs.lines.count(Beep("accepted")) == 2


def test_a_bug_in_what_the_loop_does_ends_the_consumer(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in a live topic, on the loop, ends the daemon like one of the consumer's own."""

    async def scene(bench: Bench) -> None:
        def broken(*_topic: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(bench.live, "show", broken)
        bench.bridge.post(lambda at: events.ButtonPressed(at, "reception", "arrive", "pimpinan"))
        with pytest.raises(RuntimeError, match="a bug"):
            await bench.checkpoint.run()

    play(scene)
