"""What the pages share: the database, the clock, the log-in, and how a template is rendered."""

import asyncio
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import Response

from edge.clock import Stamp
from edge.sealing.boxes import PrivateKeys
from office.board.known import Known
from office.board.language import NAMES, Language, language_of
from office.board.login import Gate
from office.board.moments import Moments
from office.board.roles import RIGHTS, TABS, Right
from office.board.sessions import COOKIE, Sessions, Visitor
from office.board.words import Words
from office.database.alarm_kinds import SILENT
from pages.application import LOOPBACK, renderer

FOLDER = Path(__file__).parent
T = TypeVar("T")

# Questions to the database at a time: fewer than its engine has connections.
_MOST_QUESTIONS = 8


class Clock(Protocol):
    """The part of the clock that is used here."""

    def now(self) -> Stamp:
        """Return the present moment."""


class Settings(NamedTuple):
    """What the page needs of the config.

    :ivar hosts: host names under which browsers ask for it
    :ivar still_keys: the keys that open sealed stills; None: it shows them as sealed
    """

    zone: tzinfo
    session_s: float
    tls: bool = False
    hosts: tuple[str, ...] = LOOPBACK
    still_keys: PrivateKeys | None = None


class Asked(NamedTuple):
    """A request: who asks, and in which language."""

    request: Request
    visitor: Visitor
    language: Language

    @property
    def checkpoint(self) -> str:
        """The checkpoint in the path of the page."""
        return "{site}/{name}".format_map(self.request.path_params)

    def entered(self, name: str) -> str:
        """Return the parameter *name* of the query; empty if there is none."""
        return self.request.query_params.get(name, "").strip()[:200]

    def may(self, right: Right) -> bool:
        """Return True if the user has *right*."""
        return right in RIGHTS[self.visitor.role]


class Context:
    """What every page is made with.

    :param reader: reads the database; *writer*: changes users, sessions and requests to checkpoints
    """

    def __init__(self, reader: Engine, writer: Engine, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.known = Known()
        self.gate = Gate(reader, Sessions(reader, writer, settings.session_s))
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._render = renderer(FOLDER)
        self._asking = asyncio.Semaphore(_MOST_QUESTIONS)

    @property
    def now_ms(self) -> int:
        """The present moment, milliseconds since 1970 UTC."""
        return self._clock.now().wall_ms

    @property
    def now_s(self) -> float:
        """The seconds of the clock that never jumps."""
        return self._clock.now().boot_ns / 1e9

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Return the answer of *question*, which is asked on a connection that reads.

        :raises DBAPIError: if the database cannot be used now
        """
        async with self._asking:
            return await asyncio.to_thread(self._answer, question)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Return the result of *change*, which is made on a connection that writes.

        :raises DBAPIError: if the database cannot be used now: nothing is changed
        """
        async with self._asking:
            return await asyncio.to_thread(self._change, change)

    async def visitor(self, request: Request) -> Visitor | None:
        """Return the person who sent *request*; None without a session."""
        cookie = request.cookies.get(COOKIE)
        async with self._asking:
            return await asyncio.to_thread(self.gate.sessions.visitor, cookie, self.now_ms)

    def words(self, request: Request) -> Words:
        """Return the words for *request*."""
        return Words(language_of(request))

    def render(
        self,
        request: Request,
        template: str,
        visitor: Visitor | None = None,
        tab: Right | None = None,
        **values: Any,
    ) -> Response:
        """Return a page for *visitor*; *tab* is the one that is shown as open."""
        language = language_of(request)
        rights = frozenset[Right]() if visitor is None else RIGHTS[visitor.role]
        other = Language.EN if language is Language.ID else Language.ID
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return self._render(
            template,
            **self._helpers(language),
            visitor=visitor,
            rights=rights,
            tabs=[(one, path) for one, path in TABS.items() if one in rights],
            tab=tab,
            wall=is_wall(request),
            other=(other.value, NAMES[other]),
            language_path=f"/language?{urlencode({'to': other.value, 'then': there})}",
            **values,
        )

    def fragment(self, language: Language, template: str, **values: Any) -> str:
        """Return a part of a page as text."""
        page = self._render(template, **self._helpers(language), **values)
        return bytes(page.body).decode()

    def _helpers(self, language: Language) -> dict[str, Any]:
        words = Words(language)
        at = Moments(words, self.settings.zone, self.now_ms)
        return {"t": words, "at": at, "known": self.known, "now_ms": self.now_ms}

    def _answer(self, question: Callable[[Connection], T]) -> T:
        with self._reader.begin() as connection:
            self.known.refresh(connection)
            return question(connection)

    def _change(self, change: Callable[[Connection], T]) -> T:
        with self._writer.begin() as connection:
            return change(connection)


def is_wall(request: Request) -> bool:
    """Return True for a page on a wall screen, which everybody in the room can read."""
    return "wall" in request.query_params


def hidden_alarms(request: Request, visitor: Visitor) -> frozenset[str]:
    """Return the kinds of alarms that the page for *request* neither shows nor counts."""
    seen = "silent-alarms" in RIGHTS[visitor.role] and not is_wall(request)
    return frozenset() if seen else SILENT


def with_status(response: Response, status: int) -> Response:
    """Return *response* with another status."""
    response.status_code = status
    return response
