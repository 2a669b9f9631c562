"""Desk socket: answers the requests of the desk's pages (`gardu desk`), and no others.

Rules
-----
1. The socket ``desk.sock`` lies in a folder of its own, mode 0660: who may enter that folder may
   ask. There is no way from it to the other requests of edge/daemon/control.py.
2. The daemon never depends on the desk: without the folder it goes on, and tries again.
3. At most :data:`RATE` requests a second are answered: the lobby comes before the desk.
4. No detail of a guest and no other content of a request is logged.
"""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from edge.clock import Clock
from edge.daemon.control import AskDay, ControlAnswers, answer_requests, listening
from edge.daemon.desk_messages import AskExpected, AskNames, AskNow, CarryOut, Expect
from edge.daemon.desk_view import Desk
from edge.mqtt.rate_limit import RateLimit

log = logging.getLogger(__name__)

NAME = "desk.sock"
MODE = 0o660
# Requests a second, and how many are answered at once after a pause.
RATE = 20.0
BURST = 40
# Wait before the socket is made again, real seconds.
AGAIN_S = 10.0

DeskRequest = AskNow | AskNames | AskDay | AskExpected | CarryOut | Expect

A = TypeVar("A")


async def serve_desk(folder: Path, desk: Desk, clock: Clock) -> None:
    """Answer the desk's requests until cancelled.

    :param folder: the folder of the socket
    """
    told = ""
    while True:
        try:
            with listening(folder, NAME, MODE) as listener:
                told = ""
                await answer_requests(listener, _bounded(_answers(desk), clock), DeskRequest)
        except OSError as error:
            if str(error) != told:
                log.warning("the desk's socket cannot be made, it is tried again: %s", error)
            told = str(error)
        await clock.pause(AGAIN_S)


def _answers(desk: Desk) -> ControlAnswers:
    return {
        AskNow: lambda _: desk.now(),
        AskNames: lambda _: desk.names(),
        AskDay: lambda _: desk.day(),
        AskExpected: lambda _: desk.expected(),
        CarryOut: desk.carry_out,
        Expect: desk.expect,
    }


def _bounded(answers: ControlAnswers, clock: Clock) -> ControlAnswers:
    """Return *answers* that refuse what is more than :data:`RATE`."""
    limit = RateLimit(BURST, 1 / RATE)

    def bounded(answer: Callable[[Any], A], request: msgspec.Struct) -> A:
        if not limit.allows(clock.now().boot_ns / 1e9):
            raise ValueError("too many requests")
        return answer(request)

    return {kind: partial(bounded, answer) for kind, answer in answers.items()}
