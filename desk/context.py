"""What the pages share: the daemon, the clock, the sessions, and how a template is rendered."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import Response

from desk.daemon import Daemon
from desk.login import Gate
from desk.pins import Pins, read_pins
from desk.roles import RIGHTS, Right, Role
from desk.sessions import COOKIE, Sessions
from desk.words import ROLES, WORDS
from edge.clock import Stamp
from edge.config.office_time import office_time
from edge.daemon.desk_messages import DeskNames, DeskNow
from pages.application import LOOPBACK, renderer

FOLDER = Path(__file__).parent
# How long an answer about the lobby is used again, seconds.
FRESH_S = 0.5

TABS: dict[Right, str] = {
    "now": "/",
    "guest-book": "/guest-book",
    "expected": "/expected",
    "availability": "/availability",
    "closing": "/closing",
}
"""The pages in the order of their tabs, each with its path."""


class Clock(Protocol):
    """The part of the clock that is used here."""

    def now(self) -> Stamp:
        """Return the present moment."""


class Settings(NamedTuple):
    """What the pages need of the config.

    :ivar hosts: host names under which browsers ask for the pages
    """

    pin_file: Path
    zone: tzinfo
    session_s: float
    tls: bool = False
    hosts: tuple[str, ...] = LOOPBACK


class Lobby(NamedTuple):
    """The lobby, and the names and words for what is in it."""

    now: DeskNow
    names: DeskNames


class Context:
    """What every page is made with."""

    def __init__(self, daemon: Daemon, settings: Settings, clock: Clock) -> None:
        self.daemon = daemon
        self.settings = settings
        self.clock = clock
        self.gate = Gate(Sessions(settings.session_s, self.pins))
        self._render = renderer(FOLDER)
        self._asking = asyncio.Lock()
        self._shared: tuple[float, Lobby] | None = None

    async def lobby(self) -> Lobby:
        """Return the lobby of this moment, and the names in it.

        :raises DeviceUnavailable: if no daemon answers
        :raises ProtocolError: if it refuses
        """
        return Lobby(await self.daemon.now(), await self.daemon.names())

    async def shared_lobby(self) -> Lobby:
        """Return the lobby, at most :data:`FRESH_S` old: several open pages ask once.

        :raises DeviceUnavailable: as :meth:`lobby`
        :raises ProtocolError: as :meth:`lobby`
        """
        async with self._asking:
            if self._shared is None or self.now_s() - self._shared[0] >= FRESH_S:
                self._shared = self.now_s(), await self.lobby()
            return self._shared[1]

    def pins(self) -> Pins:
        """Return the present PINs.

        :raises GarduError: if their file cannot be read
        """
        return read_pins(self.settings.pin_file)

    def now_s(self) -> float:
        """Return the seconds of the clock that never jumps."""
        return self.clock.now().boot_ns / 1e9

    def role(self, request: Request) -> Role | None:
        """Return the role of the screen that sent *request*; None if it is not logged in."""
        return self.gate.sessions.role(request.cookies.get(COOKIE), self.now_s())

    def time(self) -> str:
        """Return the present moment as a request has it."""
        return self.clock.now().iso()

    def local(self, wall_ms: int) -> datetime:
        """Return the office's time of *wall_ms* (ms since 1970 UTC)."""
        return office_time(wall_ms, self.settings.zone)

    def render(
        self, template: str, role: Role | None, tab: Right | None = None, **values: Any
    ) -> Response:
        """Return a page for *role*; *tab* is the one that is shown as open."""
        tabs = [one for one in TABS if role is not None and one in RIGHTS[role]]
        return self._render(
            template,
            words=WORDS,
            local=self.local,
            role=role,
            role_words=None if role is None else ROLES[role],
            rights=frozenset() if role is None else RIGHTS[role],
            tabs=[(one, TABS[one]) for one in tabs],
            tab=tab,
            **values,
        )

    def fragment(self, template: str, **values: Any) -> str:
        """Return a part of a page as text."""
        return bytes(self._render(template, words=WORDS, local=self.local, **values).body).decode()


def with_status(response: Response, status: int) -> Response:
    """Return *response* with another status."""
    response.status_code = status
    return response


Entered = Mapping[str, str]
