"""Library threads and the loop: post never raises, order is the same, floods are bounded."""

import asyncio
import threading
from functools import partial

from edge.clock import Clock, Stamp
from edge.daemon.bridge import Bridge
from edge.sop.events import Event, LockerClosed, LockerOpened


def test_events_of_a_thread_arrive_in_order_with_their_moments() -> None:
    """Events of a driver's thread arrive in the same order, with growing moments."""

    async def play() -> list[Event]:
        bridge = Bridge(asyncio.get_running_loop(), Clock())

        def driver() -> None:
            for number in range(100):
                bridge.post(partial(LockerOpened, locker=number))

        thread = threading.Thread(target=driver)
        thread.start()
        got = [await bridge.next() for _ in range(100)]
        thread.join()
        return got

    got = asyncio.run(play())
    assert [event.locker for event in got if isinstance(event, LockerOpened)] == list(range(100))
    moments = [event.at.boot_ns for event in got]
    assert moments == sorted(moments)


def test_an_error_while_making_an_event_never_reaches_the_callback() -> None:
    """An exception in lgpio's dispatch thread would silence every pin: post must not raise."""

    def broken(_at: Stamp) -> Event:
        raise RuntimeError("a driver's bug")

    async def play() -> Event:
        bridge = Bridge(asyncio.get_running_loop(), Clock())
        bridge.post(broken)
        bridge.post(partial(LockerClosed, locker=1))
        return await bridge.next()

    assert isinstance(asyncio.run(play()), LockerClosed)


def test_post_after_the_loop_has_ended_is_harmless() -> None:
    """A late callback during shutdown must not raise in its thread either."""
    loop = asyncio.new_event_loop()
    bridge = Bridge(loop, Clock())
    loop.close()
    bridge.post(partial(LockerClosed, locker=1))
    assert bridge.waiting == 0


def test_a_flood_is_bounded_and_counted() -> None:
    """More events than the bridge holds are dropped and counted, so that memory is bounded."""

    async def play() -> Bridge:
        bridge = Bridge(asyncio.get_running_loop(), Clock(), limit=10)
        for number in range(25):
            bridge.post(partial(LockerOpened, locker=number))
        await asyncio.sleep(0)
        return bridge

    bridge = asyncio.run(play())
    assert (bridge.waiting, bridge.dropped) == (10, 15)


def test_settled_means_that_all_before_it_was_handled() -> None:
    """A clean stop waits for the events that came before the signal, not for later ones."""

    async def play() -> list[int]:
        bridge = Bridge(asyncio.get_running_loop(), Clock())
        handled: list[int] = []

        async def consume() -> None:
            while True:
                event = await bridge.next()
                await asyncio.sleep(0)
                assert isinstance(event, LockerOpened)
                handled.append(event.locker)

        for number in range(5):
            bridge.post(partial(LockerOpened, locker=number))
        await asyncio.sleep(0)
        consuming = asyncio.create_task(consume())
        await bridge.settled()
        seen = list(handled)
        consuming.cancel()
        return seen

    assert asyncio.run(play()) == [0, 1, 2, 3, 4]
