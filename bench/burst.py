"""Measures bursts: many edges in a moment, until the last message has come, also on a slow card."""

import asyncio
import time
from contextlib import nullcontext
from itertools import pairwise

import msgspec

from bench.bed import Bed, daemon_of, lobby_of, pins, say
from bench.card import MISSING, SlowCard, slow_card
from bench.contact import Contact
from bench.publishers import PUBLISHERS
from bench.subscriber import Message, Subscriber, subscriber
from bench.table import Row, median
from edge.errors import GarduError

_ROUNDS = 3
_PATIENCE_S = 120.0
# Time for a message that should not come: a repeated one.
_AFTER_S = 0.3


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """One burst.

    :ivar gap_s: between two edges, real seconds
    :ivar delay_ms: of each sync, beside the disk's own time
    :ivar target_s: greatest time until the last message; None: this one only informs
    """

    edges: int
    gap_s: float
    delay_ms: float
    target_s: float | None = None


BURSTS = (
    Burst(edges=50, gap_s=0.005, delay_ms=0),
    Burst(edges=50, gap_s=0.005, delay_ms=20, target_s=0.35),
    Burst(edges=50, gap_s=0.005, delay_ms=200, target_s=1.2),
    Burst(edges=500, gap_s=0.001, delay_ms=0),
    Burst(edges=500, gap_s=0.001, delay_ms=5),
    Burst(edges=500, gap_s=0.001, delay_ms=20),
)


class Edge(msgspec.Struct, frozen=True):
    """The part of a record that shows its place among the others."""

    type: str
    sequence: str


class Outcome(msgspec.Struct, frozen=True):
    """One burst's figures: seconds until the last edge and the last message, and the syncs."""

    edges_s: float
    seconds: float
    syncs: int


async def measure(bed: Bed) -> list[Row]:
    """Return a row for each burst; all go to one daemon."""
    card = slow_card(bed)
    run = bed.run_dir("burst")
    environment = {**pins(run), **(card.environment if card else {})}
    gardu = PUBLISHERS["gardu"]
    async with (
        lobby_of(run) as lobby,
        subscriber(bed.url, gardu.topic, gardu.part) as received,
        daemon_of(run, environment, moved=True),
    ):
        contact = Contact(lobby, received)
        await contact.until_answered()
        rows = [
            await _rounds(burst, contact, received, card, 1 if bed.quick else _ROUNDS)
            for burst in BURSTS
            if card is not None or not burst.delay_ms
        ]
    note = "" if card else f"; {MISSING}"
    return [msgspec.structs.replace(rows[0], note=rows[0].note + note), *rows[1:]]


async def _rounds(
    burst: Burst, contact: Contact, received: Subscriber, card: SlowCard | None, rounds: int
) -> Row:
    found = []
    async with card.slowed(burst.delay_ms) if card else nullcontext():
        for number in range(rounds):
            say(f"burst of {burst.edges}, + {burst.delay_ms:g} ms: {number + 1} of {rounds}")
            found.append(await burst_of(burst, contact, received, card))
    seconds = median([outcome.seconds for outcome in found])
    syncs = median([outcome.syncs for outcome in found])
    edges_s = median([outcome.edges_s for outcome in found])
    return Row(
        measure=f"burst of {burst.edges}, + {burst.delay_ms:g} ms a sync",
        gardu=f"{seconds:.2f} s",
        against=f"{edges_s:.2f} s until the last edge",
        ratio=seconds / edges_s,
        target="" if burst.target_s is None else f"<= {burst.target_s:g} s",
        reached=None if burst.target_s is None else seconds <= burst.target_s,
        note=f"{syncs:.0f} syncs" if card else "",
    )


async def burst_of(
    burst: Burst, contact: Contact, received: Subscriber, card: SlowCard | None
) -> Outcome:
    """Make one burst; return its figures once all its messages have come.

    :raises GarduError: if messages are missing, come twice or out of order
    """
    received.forget()
    before = card.syncs if card else 0
    began = time.perf_counter_ns()
    for number in range(burst.edges):
        await asyncio.sleep(burst.gap_s if number else 0)
        contact.toggle()
    last_edge = time.perf_counter_ns()
    messages = await _messages(received, burst.edges)
    _check([message for _, message in messages])
    syncs = (card.syncs if card else 0) - before
    if card and not syncs:
        raise GarduError("the daemon did not sync: the library of the slow card has no effect")
    last, _ = messages[-1]
    return Outcome((last_edge - began) / 1e9, (last - began) / 1e9, syncs)


async def _messages(received: Subscriber, count: int) -> list[tuple[int, Message]]:
    found: list[tuple[int, Message]] = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while len(found) < count:
                found.append(await received.heard.get())
    except TimeoutError:
        raise GarduError(f"{len(found)} of {count} messages came in {_PATIENCE_S:g} s") from None
    await asyncio.sleep(_AFTER_S)
    if not received.heard.empty():
        raise GarduError(f"more than {count} messages came for {count} edges")
    return found


def _check(messages: list[Message]) -> None:
    """Check that an alarm was raised and cleared in turns, in the order of the records."""
    edges = [msgspec.json.decode(message.payload, type=Edge) for message in messages]
    problem = disorder(edges)
    if problem:
        raise GarduError(f"the messages of a burst are wrong: {problem}")


def disorder(edges: list[Edge]) -> str:
    """Return the first fault in the order of *edges*, in words; empty if there is none."""
    for before, after in pairwise(edges):
        if after.sequence <= before.sequence:
            return f"{after.sequence} came after {before.sequence}"
        if after.type == before.type:
            return f"{after.sequence} is {after.type}, as the one before it"
    return ""
