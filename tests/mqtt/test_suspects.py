"""Suspects: a packet is put off only if losses with it alone in flight prove that it is one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from edge import waits
from edge.mqtt.backoff import Backoff
from edge.mqtt.suspects import MOST, Key, Suspects
from tests.own_time import in_own_time

META, HEALTH, RECORD = Key("live", "meta"), Key("live", "health"), Key("record", 7)


def run(act: Callable[[Suspects, list[Any]], Awaitable[None]]) -> None:
    """Run *act*, in its own time, with suspects and the list of the reports that they make."""

    async def scenario() -> None:
        reports: list[Any] = []
        suspects = Suspects(
            Backoff(0.02, 100.0), lambda *put_off: reports.append(put_off[:2]), reports.append
        )
        await act(suspects, reports)

    with in_own_time():
        waits.run(scenario())


def test_packets_lost_together_are_sent_alone_and_none_is_blamed() -> None:
    """A cable that is pulled with many packets in flight puts none of them off."""

    async def act(suspects: Suspects, reports: list[Any]) -> None:
        assert not suspects.lost([META, HEALTH, RECORD])
        assert all(suspects.alone(key) for key in (META, HEALTH, RECORD))
        assert [suspects.wait_s(key) for key in (META, HEALTH, RECORD)] == [0, 0, 0]
        assert reports == []

    run(act)


@pytest.mark.parametrize(
    ("losses", "put_off"),
    [
        ([[META]], False),  # one loss may have any cause
        ([[META], [META]], False),  # two may be chance
        ([[META], [META], [META]], True),
        ([[META, HEALTH], [META], [META]], True),
        ([[META, HEALTH], [META], [HEALTH], [META]], True),
        ([[META, HEALTH]] * 4, False),  # never alone
        ([[META], [HEALTH], [RECORD]], False),
    ],
)
def test_a_packet_is_put_off_when_it_was_alone_again(
    losses: list[list[Key]], put_off: bool
) -> None:
    """Suspicion first, then twice alone."""

    async def act(suspects: Suspects, reports: list[Any]) -> None:
        for keys in losses:
            suspects.lost(keys)
        assert (suspects.wait_s(META) > 0) == put_off
        assert reports == ([(META, 1)] if put_off else [])

    run(act)


def test_an_end_with_another_cause_puts_no_packet_off() -> None:
    """A broker that is shut down says so; the packet in flight is not blamed."""

    async def act(suspects: Suspects, _reports: list[Any]) -> None:
        suspects.lost([META])
        suspects.lost([META])
        assert not suspects.lost([META], blame=False)
        assert suspects.wait_s(META) == 0
        assert suspects.alone(META)

    run(act)


def test_waits_grow_until_the_packet_is_accepted() -> None:
    """Each further loss makes the wait longer; an answer that accepts it forgets all."""

    async def act(suspects: Suspects, reports: list[Any]) -> None:
        seconds = []
        for _ in range(7):
            suspects.lost([META])
            seconds.append(suspects.wait_s(META))
        assert seconds[:2] == [0, 0]
        assert seconds[-1] > 8 * seconds[2] / 2
        suspects.answered(META, refused=True)
        assert suspects.known(META)
        suspects.answered(META, refused=False)
        assert not suspects.known(META)
        assert suspects.wait_s(META) == 0
        assert reports == [*((META, times) for times in range(1, 6)), META]

    run(act)


def test_the_time_of_a_packet_comes() -> None:
    """The end of the shortest wait is awaited; the packet may then be sent."""

    async def act(suspects: Suspects, _reports: list[Any]) -> None:
        for _ in range(3):
            suspects.lost([META])
        async with asyncio.timeout(10):
            while suspects.wait_s(META):
                await suspects.next_due()
        assert list(suspects.waiting("live")) == []

    run(act)


def test_memory_is_bounded() -> None:
    """Response topics are chosen by requesters: the oldest suspects are forgotten."""

    async def act(suspects: Suspects, _reports: list[Any]) -> None:
        keys = [Key("answer", f"reply/{number}") for number in range(3 * MOST)]
        for key in keys:
            for _ in range(3):
                suspects.lost([key])
        assert sum(suspects.alone(key) for key in keys) == MOST
        assert sum(suspects.known(key) for key in keys) == MOST
        assert suspects.known(keys[-1])

    run(act)
