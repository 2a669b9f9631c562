"""All threads and the consumer: post never raises, order is the same, floods are bounded."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from edge.clock import Clock, Stamp
from edge.daemon.bridge import Bridge
from edge.sop.events import (
    ButtonPressed,
    Event,
    InputAlarmed,
    LockerClosed,
    LockerOpened,
    PressRepeated,
)
from edge.worker import Worker


class Consumer:
    """A consumer on a worker's thread: notes the events, at most *most* at a time."""

    def __init__(self, most: int = 50) -> None:
        self.worker = Worker("consumer")
        self.batches: list[list[Event]] = []
        self.bridge = Bridge(asyncio.get_running_loop(), Clock(), self.worker)
        self._most = most

    def begin(self) -> None:
        """Consume from now on."""
        self.worker.put_first(self._consume)

    def _consume(self) -> None:
        while events := self.bridge.first(self._most):
            self.batches.append(events)
            self.bridge.done(len(events))

    @property
    def handled(self) -> list[Event]:
        """All events handled, in order."""
        return [event for batch in self.batches for event in batch]


def play(scene: Callable[[Consumer], object], most: int = 50) -> Consumer:
    """Run *scene* before the consumer begins; return the consumer when all is handled."""

    async def run() -> Consumer:
        consumer = Consumer(most)
        scene(consumer)
        consumer.begin()
        await consumer.bridge.settled()
        consumer.worker.stop()
        return consumer

    return asyncio.run(run())


def lockers(consumer: Consumer) -> list[int]:
    """Return the numbers of the lockers that were opened, in order."""
    return [event.locker for event in consumer.handled if isinstance(event, LockerOpened)]


def test_events_of_a_thread_arrive_in_order_with_their_moments() -> None:
    """Events of a driver's thread arrive in the same order, with growing moments."""

    def scene(consumer: Consumer) -> None:
        def driver() -> None:
            for number in range(100):
                consumer.bridge.post(partial(LockerOpened, locker=number))

        thread = threading.Thread(target=driver)
        thread.start()
        thread.join()

    consumer = play(scene)
    assert lockers(consumer) == list(range(100))
    moments = [event.at.boot_ns for event in consumer.handled]
    assert moments == sorted(moments)


@pytest.mark.parametrize("most", [1, 3, 100])
def test_events_that_wait_are_consumed_together(most: int) -> None:
    """A batch holds all events that wait, in order, up to the limit."""

    def scene(consumer: Consumer) -> None:
        for number in range(7):
            consumer.bridge.post(partial(LockerOpened, locker=number))

    consumer = play(scene, most)
    sizes = [len(batch) for batch in consumer.batches]
    assert sizes == [min(most, 7 - begin) for begin in range(0, 7, most)]
    assert lockers(consumer) == list(range(7))


def test_an_error_while_making_an_event_never_reaches_the_callback() -> None:
    """An exception in lgpio's dispatch thread would silence every pin: post must not raise."""

    def broken(_at: Stamp) -> Event:
        raise RuntimeError("a driver's bug")

    def scene(consumer: Consumer) -> None:
        consumer.bridge.post(broken)
        consumer.bridge.post(partial(LockerClosed, locker=1))

    assert [type(event) for event in play(scene).handled] == [LockerClosed]


def test_post_after_the_end_is_harmless() -> None:
    """A late callback during shutdown, after worker and loop have ended, must not raise either."""
    loop, worker = asyncio.new_event_loop(), Worker("ended")
    bridge = Bridge(loop, Clock(), worker)
    bridge.watch((LockerClosed,), lambda _event: None)
    worker.stop()
    loop.close()
    bridge.post(partial(LockerClosed, locker=1))


def test_a_flood_is_bounded_and_counted() -> None:
    """More events than the bridge holds are dropped and counted, so that memory is bounded."""
    loop, worker = asyncio.new_event_loop(), Worker("idle")
    bridge = Bridge(loop, Clock(), worker, limit=10)
    for number in range(25):
        bridge.post(partial(LockerOpened, locker=number))
    assert (bridge.waiting, bridge.dropped) == (10, 15)
    worker.stop()
    loop.close()


def test_settled_means_that_all_before_it_was_handled() -> None:
    """A clean stop waits for the events that came before the signal, not for later ones."""

    async def run() -> tuple[list[int], int]:
        consumer = Consumer(most=1)
        for number in range(5):
            consumer.bridge.post(partial(LockerOpened, locker=number))
        waiting = asyncio.create_task(consumer.bridge.settled())
        await asyncio.sleep(0)
        begun = consumer.bridge.waiting
        consumer.begin()
        await waiting
        consumer.worker.stop()
        return [
            event.locker for event in consumer.handled if isinstance(event, LockerOpened)
        ], begun

    assert asyncio.run(run()) == ([0, 1, 2, 3, 4], 5)


def test_an_event_waits_until_it_is_handled() -> None:
    """An event in the consumer's hands still counts as waiting: the watchdog sees a hung disk."""

    def scene(consumer: Consumer) -> None:
        consumer.bridge.post(partial(LockerOpened, locker=1))
        (event,) = consumer.bridge.first(50)
        assert consumer.bridge.waiting == 1
        assert consumer.bridge.first(50) == [event]

    assert play(scene).bridge.waiting == 0


def test_a_watched_event_reaches_the_loop_before_its_turn() -> None:
    """A fire waits neither for the consumer nor for the events before it."""

    async def run() -> list[Event]:
        consumer = Consumer()
        seen: list[Event] = []
        consumer.bridge.watch((InputAlarmed,), seen.append)
        consumer.bridge.post(partial(LockerOpened, locker=1))
        consumer.bridge.post(partial(InputAlarmed, kind="fire"))
        while not seen:
            await asyncio.sleep(0)
        assert consumer.bridge.waiting == 2
        consumer.worker.stop()
        return seen

    assert [type(event) for event in asyncio.run(run())] == [InputAlarmed]


def press(panel: str, action: str, procedure: str | None = None) -> Callable[[Stamp], Event]:
    """Return the function that makes a press."""
    return lambda at: ButtonPressed(at, panel, action, procedure)


def test_an_equal_press_before_the_answer_is_a_repeat() -> None:
    """While a press is not answered, the same press again counts once; another button counts."""

    def scene(consumer: Consumer) -> None:
        for make in (
            press("reception", "arrive", "pimpinan"),
            press("reception", "arrive", "pimpinan"),
            press("reception", "arrive", "eselon-4-asn"),
            press("reception", "done"),
            press("officer-1", "done"),
            press("reception", "arrive", "pimpinan"),
        ):
            consumer.bridge.post(make)

    assert [type(event) for event in play(scene).handled] == [
        ButtonPressed, PressRepeated, ButtonPressed, ButtonPressed, ButtonPressed, PressRepeated,
    ]  # fmt: skip


def test_presses_for_two_kinds_of_guests_are_two_presses() -> None:
    """Two buttons of one procedure open two visits; the repeat of one has its kind too."""

    def arrives(guest_kind: str) -> Callable[[Stamp], Event]:
        return lambda at: ButtonPressed(at, "reception", "arrive", "pimpinan", None, guest_kind)

    def scene(consumer: Consumer) -> None:
        for kind in ("vip", "lansia", "vip"):
            consumer.bridge.post(arrives(kind))

    handled = play(scene).handled
    presses = [event for event in handled if isinstance(event, ButtonPressed | PressRepeated)]
    assert [(type(event), event.guest_kind) for event in presses] == [
        (ButtonPressed, "vip"), (ButtonPressed, "lansia"), (PressRepeated, "vip"),
    ]  # fmt: skip


def test_a_press_after_the_answer_counts_again() -> None:
    """Once a press is answered, the same press is a new one."""

    async def run() -> list[Event]:
        consumer = Consumer()
        consumer.begin()
        for _ in range(2):
            consumer.bridge.post(press("reception", "more"))
            await consumer.bridge.settled()
        consumer.worker.stop()
        return consumer.handled

    assert [type(event) for event in asyncio.run(run())] == [ButtonPressed, ButtonPressed]
