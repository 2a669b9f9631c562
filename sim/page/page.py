"""The page of a simulated lobby: served from a thread of its own, done in the lobby's loop.

The page's thread hands each act of the player to the lobby's event loop; the simulation's time
stands still while the loop works on it, as for anything else. The lobby's state comes from there
after each change (sim/stage/onlooker.py), while a page is open.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.config.alarm_names import alarm_name
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.station_names import station_name
from edge.errors import ConfigError
from pages.application import application, body_of, renderer
from pages.server import Server
from pages.stream import Stream
from sim.page.acts import Acts, decode
from sim.page.faces import faces
from sim.page.law_table import law_table
from sim.page.lesson import SPEED, Lesson, LessonRun, problems_at
from sim.page.state import clock_state, lobby_state, records_state, roles
from sim.page.words import INTENTIONS, role_words
from sim.stage.onlooker import Onlooker
from sim.stage.own_time import OwnTimeKeeper
from sim.stage.stage import Stage
from sim.twins.scene import draw
from sim.world.lobby import Lobby
from sim.world.wire_faults import find_contact

T = TypeVar("T")

FOLDER = Path(__file__).parent

# Real seconds between two looks at the lobby at least, and at the clock, while a page is open.
_LOOK_S = 0.05
_CLOCK_S = 0.1
_LONGEST_ACT = 4096
_SAID = 6
# What the page's script needs of what does not change.
_SET_UP = ("laws", "ways", "buttons", "roles")


class Page:
    """The page of *stage*. Use as ``with Page(stage, keeper) as page`` in the lobby's loop.

    :param port: of loopback; 0: a free one
    :param lesson: to be played; None: the player is free
    :raises OSError: if the port is taken
    :raises ConfigError: if the lesson cannot be played at this checkpoint
    :ivar url: its address
    """

    def __init__(
        self, stage: Stage, keeper: OwnTimeKeeper, port: int = 0, lesson: Lesson | None = None
    ) -> None:
        self._stage = stage
        if lesson is not None and (
            problems := problems_at(lesson, stage.config, stage.world.people)
        ):
            raise ConfigError(problems)
        self._lesson = LessonRun(lesson, stage) if lesson is not None else None
        self._playing: asyncio.Task[None] | None = None
        self._keeper = keeper
        self._acts = Acts(stage, keeper)
        keeper.pace.hold_while(self._held)
        if lesson is not None:
            keeper.pace.set_speed(None)
        self._said: deque[str] = deque(maxlen=_SAID)
        self._stream = Stream(self._begin)
        self._ticking: asyncio.Task[None] | None = None
        self._received: tuple[int, int, str, int] | None = None
        self._records_text = ""
        keeper.look_on(Onlooker(self._look, _LOOK_S))
        self._render = renderer(FOLDER)
        self._set_up = _set_up(stage)
        app = application(
            [
                Route("/", self._show),
                Route("/setup", self._give_set_up),
                Route("/events", self._events),
                Route("/act", self._act, methods=["POST"]),
                Route("/camera/{name}.jpg", self._picture),
            ],
            FOLDER,
        )
        self._server = Server(app, port=port)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._server.__enter__()
        if self._lesson is not None:
            self._playing = asyncio.create_task(self._lesson.run())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._playing is not None:
            self._playing.cancel()
        self._stream.end()
        self._server.__exit__(kind, error, trace)

    def say(self, words: str) -> None:
        """Show *words*, a message of the stage."""
        self._said.append(words)

    # -- in the page's thread

    async def _in_lobby(self, doing: Coroutine[Any, Any, T]) -> T:
        """Run *doing* in the lobby's loop; return its result.

        :raises HTTPException: 503 if the simulation has ended
        """
        try:
            future = asyncio.run_coroutine_threadsafe(doing, self._loop)
        except RuntimeError:
            doing.close()
            raise HTTPException(503, "the simulation has ended") from None
        return await asyncio.wrap_future(future)

    async def _show(self, _request: Request) -> Response:
        return self._render("lobby.html", lesson=self._lesson is not None, **self._set_up)

    async def _give_set_up(self, _request: Request) -> Response:
        return JSONResponse({key: self._set_up[key] for key in _SET_UP})

    async def _events(self, _request: Request) -> Response:
        return self._stream.response()

    async def _begin(self) -> None:
        """Send the present state, and from now on the time of the office."""
        await self._in_lobby(_now(self._look))
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        while self._stream.listeners:
            await self._stream.put(clock=_text(clock_state(self._stage, self._keeper)))
            await asyncio.sleep(_CLOCK_S)

    # -- in the lobby's loop

    def _held(self) -> float | None:
        """Return the speed at which a time without a limit passes now; None: without a limit.

        It stands still while the player is to act (in a lesson it passes as in reality then), and
        does not run away while the lobby is empty.
        """
        if self._acts.awaited:
            return 0.0 if self._lesson is None else SPEED
        here = any(guest.state != "gone" for guest in self._stage.world.people.guests)
        return None if here or self._acts.doing else 1.0

    def _look(self) -> None:
        """Send the lobby's state to the pages that are open."""
        if self._stream.listeners:
            lesson = self._lesson.state(self._acts.refused) if self._lesson else None
            self._stream.put_soon(
                lobby=_text(lobby_state(self._stage, self._said)),
                records=self._records(),
                lesson=_text(lesson),
            )

    def _records(self) -> str:
        """Return the state of the central office; it is made again after a change only."""
        received = self._stage.received
        now = (received.delivered, received.written, received.status, len(received.visits))
        if now != self._received:
            self._received, self._records_text = now, _text(records_state(self._stage))
        return self._records_text

    # -- in the page's thread

    async def _act(self, request: Request) -> Response:
        try:
            asked = decode(await body_of(request, _LONGEST_ACT))
        except msgspec.MsgspecError as error:
            return JSONResponse({"error": str(error)}, 400)
        try:
            return JSONResponse({"heard": await self._in_lobby(self._acts.do(asked))})
        except KeyError as error:
            return JSONResponse({"error": f"there is no {error.args[0]} here"}, 404)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)

    async def _picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        camera = self._stage.world.lobby.cameras.get(name)
        if camera is None:
            return JSONResponse({"error": f"there is no camera {name}"}, 404)
        scene = await self._in_lobby(_now(self._stage.world.lobby.scene))
        return Response(await asyncio.to_thread(draw, scene), media_type="image/jpeg")


def _text(state: Any) -> str:
    return json.dumps(state, ensure_ascii=False)


async def _now(read: Callable[[], T]) -> T:
    return read()


def _set_up(stage: Stage) -> dict[str, Any]:
    """Return what does not change: faces, laws, equipment, and each procedure's intentions."""
    config, settings = stage.config, stage.settings
    people, texts = stage.world.people, stage.world.people.texts
    folders = (Path(config.checkpoint.sop), default_config_folder() / "sop")
    drawn = faces(settings.config)
    cards, safety = config.cards, stage.world.lobby.safety
    return {
        "title": config.checkpoint.place or config.checkpoint.id,
        "site": config.checkpoint.site,
        "faces": {name: Markup(drawn[name]) for name in config.panels},  # noqa: S704 - drawn by Gardu, its texts are escaped
        "buttons": {
            name: [
                {
                    "press": one.press,
                    "hold": one.hold,
                    "procedure": one.procedure,
                    "host": one.host,
                }
                for one in panel.buttons
            ]
            for name, panel in config.panels.items()
        },
        "laws": {name: law_table(text, *folders) for name, text in texts.items()},
        "ways": {
            name: [
                {"id": one, "words": INTENTIONS[one]}
                for one in INTENTIONS
                if people.prospect_of(name, one).intention is not None
            ]
            for name in settings.procedures
        },
        "lockers": sorted(stage.world.lobby.lockers),
        "detectors": {name: sorted(item.walks) for name, item in config.detectors.items()},
        "aiphones": {
            name: sorted(twin.contacts) for name, twin in stage.world.lobby.aiphones.items()
        },
        "doors": sorted(config.doors),
        "cameras": sorted(config.cameras),
        "readers": {
            name: [station_name(one) for one in item.stations]
            for name, item in config.card_readers.items()
        },
        "cards": {
            "visitor": [*cards.visitor, *(card for pool in cards.pools.values() for card in pool)],
            "supervisor": list(cards.supervisor),
            "escort": list(cards.escort),
        },
        "alarms": {name: alarm_name(name) for name in sorted(safety.loops)} if safety else {},
        "contacts": [
            one
            for one in _contacts(config, stage.world.lobby)
            if _is_fitted(stage.world.lobby, one)
        ],
        "roles": {role: role_words(role) for role in roles(stage)},
    }


def _contacts(config: Config, lobby: Lobby) -> Iterator[str]:
    """Yield the contacts that may be fitted and can chatter, as a scenario names them."""
    for number in lobby.lockers:
        yield f"locker/{number}"
    for name in config.doors:
        yield f"door/{name}"
    for name in config.detectors:
        yield f"detector/{name}/passage" if name else "detector/passage"
        yield f"detector/{name}/alarm" if name else "detector/alarm"
    for panel in config.panels.values():
        for button in panel.buttons:
            yield f"button/{panel.stations[0]}/{button.press}"


def _is_fitted(lobby: Lobby, contact: str) -> bool:
    try:
        find_contact(lobby, contact)
    except LookupError:
        return False
    return True
