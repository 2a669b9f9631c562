"""Makes the web application of a page: its routes, templates, static files and headers.

A page asks no other host for anything: the Content-Security-Policy forbids it, and there is no
inline script or style. Requests for another host name are refused (DNS rebinding), and so are those
that change something and come from a page of another origin (cross-site request forgery).
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHARED = Path(__file__).parent
"""The folder whose ``static`` and ``templates`` all pages share."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Host names under which a page on loopback is asked for."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    # Not no-referrer: browsers then send forms with "Origin: null", as a foreign page's.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Methods that change nothing (RFC 9110, section 9.2.1).
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def _not_found(request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"there is no page {request.url.path}", 404)


def application(
    routes: Sequence[BaseRoute],
    folder: Path,
    hosts: Sequence[str] = LOOPBACK,
    not_found: Callable[[Request, Exception], Awaitable[Response]] = _not_found,
) -> Starlette:
    """Return the application of a page.

    :param routes: the page's own
    :param folder: the folder with the page's ``static`` files
    :param hosts: the host names under which it may be asked for
    :param not_found: answers for a path that does not exist
    """
    return Starlette(
        routes=[
            *routes,
            Mount("/static", StaticFiles(directory=folder / "static")),
            Mount("/shared", StaticFiles(directory=SHARED / "static")),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            Middleware(_SameOrigin),
            Middleware(_Protected),
        ],
        exception_handlers={404: not_found},
    )


def renderer(folder: Path) -> Callable[..., HTMLResponse]:
    """Return a function that renders a template of *folder* with its values as a response.

    Every value is escaped; a value that a template lacks is an error, never an empty word.

    :param folder: the folder with the page's ``templates``
    """
    environment = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(one / "templates") for one in (folder, SHARED)],
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def render(name: str, /, **values: object) -> HTMLResponse:
        return HTMLResponse(environment.get_template(name).render(values))

    return render


async def body_of(request: Request, most: int) -> bytes:
    """Return the body of *request*, *most* bytes at most.

    :raises HTTPException: 413 if it is longer
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, f"a request has at most {most} bytes")
    return body


class _Protected:
    """Adds the headers that protect a page to each response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, protected)


class _SameOrigin:
    """Refuses requests that change something and come from a page of another origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != headers.get("host"):
                refused = PlainTextResponse("a page of another origin may not do this", 403)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)
