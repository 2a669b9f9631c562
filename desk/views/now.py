"""The page *now*: who waits where, with the time against the standard; lockers and cards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import anyio
from sse_starlette import ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from desk.board import board
from desk.context import Context, Entered, Lobby
from desk.roles import RIGHTS, Role
from edge.errors import DeviceUnavailable, GarduError, ProtocolError
from pages.stream import pause, respond

# Interval at which an open page asks for the lobby, real seconds.
EVERY_S = 1.0


async def show(context: Context, role: Role, entered: Entered) -> Response:
    """Return the page with the lobby of this moment; it goes on by :func:`events`."""
    lobby = await _lobby(context, role, context.lobby)
    return context.render("now.html", role, "now", lobby=lobby, saved="saved" in entered)


async def events(context: Context, request: Request) -> Response:
    """Return the stream of the lobby: a part of the page whenever it differs from before."""
    return respond(partial(_events, context, request))


async def _events(
    context: Context, request: Request, stopping: anyio.Event
) -> AsyncIterator[ServerSentEvent]:
    before = ""
    while not stopping.is_set():
        try:
            role = context.role(request)
        except GarduError:  # the PINs cannot be read now
            role = None
        if role is None:
            yield ServerSentEvent("", event="ended")
            return
        lobby = await _lobby(context, role, context.shared_lobby)
        if lobby != before:
            yield ServerSentEvent(lobby, event="lobby")
        before = lobby
        await pause(stopping, EVERY_S)


async def _lobby(context: Context, role: Role, ask: Callable[[], Awaitable[Lobby]]) -> str:
    """Return the part of the page that changes; a word about it if the daemon is away."""
    try:
        now, names = await ask()
    except (DeviceUnavailable, ProtocolError):
        return context.fragment("_away.html")
    return context.fragment("_lobby.html", board=board(now, names), rights=RIGHTS[role])
