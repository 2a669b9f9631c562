"""The page's application: who may open which page, log-in and log-out, errors as pages."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qs

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from office.board import language
from office.board.context import FOLDER, Asked, Context, with_status
from office.board.language import Language, language_of
from office.board.roles import Right
from office.board.sessions import COOKIE, Visitor
from office.board.views import board, checkpoint, evacuation, fleet, hosts, months, visit, visits
from office.database.users import all_users
from pages.application import application, body_of

Page = Callable[[Context, Asked], Awaitable[Response]]

# The longest form, bytes: name, password and a token.
_LONGEST_FORM = 4096
_YEAR_S = 366 * 24 * 3600


class View(NamedTuple):
    """A page, and the right to see it."""

    show: Page
    right: Right


class Act(NamedTuple):
    """A form that changes something, and the right to send it."""

    submit: Callable[[Context, Asked, Mapping[str, str]], Awaitable[Response]]
    right: Right


VIEWS: dict[str, View] = {
    "/": View(board.show, "board"),
    "/checkpoint/{site}/{name}": View(checkpoint.show, "board"),
    "/visits": View(visits.show, "visits"),
    "/visit/{site}/{name}/{visit}": View(visit.show, "visits"),
    "/still/{site}/{name}/{still}": View(visit.still, "stills"),
    "/evacuation": View(evacuation.show, "evacuation"),
    "/hosts": View(hosts.show, "hosts"),
    "/months": View(months.show, "months"),
    "/months/{month}": View(months.combined_workbook, "months"),
    "/months/{site}/{name}/{month}": View(months.workbook, "months"),
    "/fleet": View(fleet.show, "fleet"),
}

ACTS: dict[str, Act] = {"/hosts": Act(hosts.submit, "set-hosts")}
"""The forms, by the path that they are sent to."""


def board_application(context: Context) -> Starlette:
    """Return the application of the office's page."""
    routes = [Route(path, partial(_view, context, view)) for path, view in VIEWS.items()]
    routes += [
        Route(path, partial(_act, context, act), methods=["POST"]) for path, act in ACTS.items()
    ]
    routes += [
        Route("/login", partial(_guarded, context, _login), methods=["GET", "POST"]),
        Route("/logout", partial(_guarded, context, _logout), methods=["POST"]),
        Route("/language", partial(_language, context)),
        Route("/events", partial(board.events, context, board.Shared(context))),
    ]
    return application(routes, FOLDER, context.settings.hosts, partial(_no_page, context))


async def _view(context: Context, view: View, request: Request) -> Response:
    """Return the page of *view*; the log-in page without a session."""
    return await _guarded(context, partial(_shown, view), request)


async def _act(context: Context, act: Act, request: Request) -> Response:
    """Return the page after the form of *act*; the log-in page without a session."""
    return await _guarded(context, partial(_acted, act), request)


async def _shown(view: View, context: Context, request: Request) -> Response:
    visitor = await context.visitor(request)
    if visitor is None:
        return RedirectResponse("/login", 303)
    asked = Asked(request, visitor, language_of(request))
    return await _allowed(context, asked, view.right, lambda: view.show(context, asked))


async def _acted(act: Act, context: Context, request: Request) -> Response:
    visitor, entered = await context.visitor(request), await _form(request)
    if visitor is None:
        return RedirectResponse("/login", 303)
    asked = Asked(request, visitor, language_of(request))
    if not _is_own(visitor, entered):
        return _message(context, asked, "stale-form", 403)
    return await _allowed(context, asked, act.right, lambda: act.submit(context, asked, entered))


async def _allowed(
    context: Context, asked: Asked, right: Right, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """Return *answer*; a page that says so if the user has not *right*."""
    if not asked.may(right):
        return _message(context, asked, "not-allowed", 403)
    try:
        return await answer()
    except HTTPException as error:
        return _message(context, asked, error.detail, error.status_code)


async def _guarded(
    context: Context, page: Callable[[Context, Request], Awaitable[Response]], request: Request
) -> Response:
    """Return *page*; while the database is away a page that tries again."""
    try:
        return await page(context, request)
    except DBAPIError:
        return with_status(context.render(request, "away.html"), 503)


async def _login(context: Context, request: Request) -> Response:
    """Return the log-in page, or begin a session."""
    if request.method != "POST":
        return await _login_page(context, request)
    entered = await _form(request)
    name = entered.get("user", "").strip().lower()
    address = request.client.host if request.client else ""
    outcome = await context.gate.enter(
        name, entered.get("password", ""), address, now_s=context.now_s, now_ms=context.now_ms
    )
    if outcome.cookie is None:
        page = await _login_page(context, request, name, outcome.wait_s, wrong=True)
        return with_status(page, 429 if outcome.wait_s else 403)
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE,
        outcome.cookie,
        max_age=int(context.settings.session_s),
        httponly=True,
        samesite="strict",
        secure=context.settings.tls,
    )
    return response


async def _logout(context: Context, request: Request) -> Response:
    """End the session, if the form is one of its own pages."""
    visitor, entered = await context.visitor(request), await _form(request)
    if visitor is not None:
        if not _is_own(visitor, entered):
            asked = Asked(request, visitor, language_of(request))
            return _message(context, asked, "stale-form", 403)
        cookie = request.cookies.get(COOKIE)
        await asyncio.to_thread(context.gate.sessions.end, cookie)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=context.settings.tls)
    return response


async def _language(context: Context, request: Request) -> Response:
    """Store the choice of the language, and go back to the page where it was made."""
    chosen, then = request.query_params.get("to", ""), request.query_params.get("then", "/")
    # A path of ours: browsers read // and /\\ as the begin of another host.
    local = then.startswith("/") and not then.startswith(("//", "/\\"))
    response = RedirectResponse(then if local and then.isprintable() else "/", 303)
    if chosen in set(Language):
        response.set_cookie(
            language.COOKIE,
            chosen,
            max_age=_YEAR_S,
            httponly=True,
            samesite="lax",
            secure=context.settings.tls,
        )
    return response


async def _no_page(context: Context, request: Request, _error: Exception) -> Response:
    return await _guarded(context, _without_page, request)


async def _without_page(context: Context, request: Request) -> Response:
    visitor = await context.visitor(request)
    if visitor is None:
        return RedirectResponse("/login", 303)
    return _message(context, Asked(request, visitor, language_of(request)), "no-page", 404)


async def _login_page(
    context: Context, request: Request, name: str = "", wait_s: float = 0.0, *, wrong: bool = False
) -> Response:
    return context.render(
        request,
        "login.html",
        name=name,
        wrong=wrong,
        wait_s=round(wait_s),
        without_users=not await context.read(lambda connection: bool(all_users(connection))),
    )


def _message(context: Context, asked: Asked, key: str, status: int) -> Response:
    page = context.render(asked.request, "message.html", asked.visitor, message=key)
    return with_status(page, status)


def _is_own(visitor: Visitor, entered: Mapping[str, str]) -> bool:
    """Return True if a form is one of the pages of this session."""
    return hmac.compare_digest(visitor.token.encode(), entered.get("token", "").encode())


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of the form in *request*."""
    text = (await body_of(request, _LONGEST_FORM)).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
