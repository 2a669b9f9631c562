"""The desk's application: who may open which page, log-in and log-out, errors as pages."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from desk import forms
from desk.context import FOLDER, TABS, Context, Entered, with_status
from desk.roles import RIGHTS, Right, Role
from desk.sessions import COOKIE
from desk.views import availability, closing, expected, guest_book, now
from desk.words import LABELS, ROLES, WORDS, Words
from edge.errors import DeviceUnavailable, GarduError, ProtocolError
from pages.application import application

Page = Callable[[Context, Role, Entered], Awaitable[Response]]

_CARRIED = "form:"
"""Begins the fields of a form that came after its session had ended, on the log-in page."""


class View(NamedTuple):
    """A page: the right to see it, and the right to send its form, if it has one."""

    show: Page
    right: Right
    submit: Page | None = None
    submits: Right | None = None


VIEWS: dict[str, View] = {
    "/": View(now.show, "now"),
    "/guest-book": View(guest_book.show, "guest-book", guest_book.submit, "guest-book"),
    "/expected": View(expected.show, "expected", expected.submit, "invite"),
    "/availability": View(availability.show, "availability", availability.submit, "availability"),
    "/closing": View(closing.show, "closing"),
}


def desk_application(context: Context) -> Starlette:
    """Return the application of the desk's pages."""
    routes = [
        Route(path, partial(_view, context, path), methods=_methods(view))
        for path, view in VIEWS.items()
    ]
    routes += [
        Route("/login", partial(_login, context), methods=["GET", "POST"]),
        Route("/logout", partial(_logout, context), methods=["POST"]),
        Route("/events", partial(now.events, context)),
    ]
    return application(routes, FOLDER, context.settings.hosts)


def _methods(view: View) -> list[str]:
    return ["GET", "POST"] if view.submit is not None else ["GET"]


async def _view(context: Context, path: str, request: Request) -> Response:
    """Return the page of *path*, or take its form; to the log-in page without a session."""
    view, sent = VIEWS[path], request.method == "POST"
    try:
        entered = await _entered(request) if sent else dict(request.query_params)
        role = context.role(request)
        if role is None:
            if not sent:
                return RedirectResponse("/login", 303)
            return with_status(_login_page(context, WORDS["session-ended"], path, entered), 401)
        if (view.submits if sent else view.right) not in RIGHTS[role]:
            return _message(context, role, WORDS["not-allowed"], 403)
        page = view.submit if sent else view.show
        assert page is not None
    except forms.FormTooLong:
        return _message(context, None, WORDS["too-long"], 413)
    except GarduError as error:
        return _message(context, None, Words("", str(error)), 503)
    return await _guarded(context, role, path, page, entered, sent=sent)


async def _guarded(
    context: Context, role: Role, path: str, page: Page, entered: Entered, *, sent: bool
) -> Response:
    """Return *page*; while the daemon is away a page that keeps what was sent."""
    try:
        return await page(context, role, entered)
    except (DeviceUnavailable, ProtocolError) as error:
        refused = str(error) if isinstance(error, ProtocolError) else ""
        kept = dict(entered) if sent or "id" in entered else {}
        response = context.render(
            "away.html",
            role,
            VIEWS[path].right,
            path=path,
            kept=kept,
            labels=LABELS,
            refused=refused,
        )
        return with_status(response, 503)


async def _login(context: Context, request: Request) -> Response:
    """Return the log-in page, or begin a session and go on where it was interrupted."""
    if request.method != "POST":
        return _login_page(context)
    try:
        entered = await _entered(request)
        known = context.pins()
    except forms.FormTooLong:
        return _message(context, None, WORDS["too-long"], 413)
    except GarduError as error:
        return _message(context, None, Words("", str(error)), 503)
    carried = {
        key.removeprefix(_CARRIED): text
        for key, text in entered.items()
        if key.startswith(_CARRIED)
    }
    path = entered.get("then", "/")
    if entered.get("role") not in list(Role):
        return with_status(_login_page(context, WORDS["wrong-pin"], path, carried), 403)
    role = Role(entered["role"])
    address = request.client.host if request.client else ""
    outcome = await context.gate.enter(
        role, entered.get("pin", ""), known, address, context.now_s()
    )
    if outcome.cookie is None:
        page = _login_page(context, WORDS["wrong-pin"], path, carried, role, outcome.wait_s)
        return with_status(page, 429 if outcome.wait_s else 403)
    return await _enter(context, role, outcome.cookie, path, carried)


async def _enter(
    context: Context, role: Role, cookie: str, path: str, carried: Entered
) -> Response:
    """Return the first page of a session, with its cookie: the form that was carried over, if any.

    That form is shown again, not sent: a person looks at it first.
    """
    response: Response = RedirectResponse("/", 303)
    if carried and path in VIEWS and VIEWS[path].right in RIGHTS[role]:
        response = await _guarded(context, role, path, VIEWS[path].show, carried, sent=False)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(context.settings.session_s),
        httponly=True,
        samesite="strict",
        secure=context.settings.tls,
    )
    return response


async def _logout(context: Context, request: Request) -> Response:
    """End the session."""
    context.gate.sessions.end(request.cookies.get(COOKIE))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=context.settings.tls)
    return response


def _login_page(
    context: Context,
    refused: Words | None = None,
    path: str = "/",
    carried: Entered | None = None,
    role: Role = Role.RECEPTION,
    wait_s: float = 0.0,
) -> Response:
    try:
        without_pins = not context.pins()
    except GarduError as error:
        return _message(context, None, Words("", str(error)), 503)
    return context.render(
        "login.html",
        None,
        roles=ROLES,
        chosen=role,
        refused=refused,
        wait_s=round(wait_s),
        without_pins=without_pins,
        path=path if path in TABS.values() else "/",
        carried={f"{_CARRIED}{key}": text for key, text in (carried or {}).items()},
    )


def _message(context: Context, role: Role | None, words: Words, status: int) -> Response:
    return with_status(context.render("message.html", role, message=words), status)


async def _entered(request: Request) -> dict[str, str]:
    """Return the fields of the form in *request*.

    :raises FormTooLong: if it is longer than any form of ours
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > forms.LONGEST:
            raise forms.FormTooLong
    return forms.parse(body)
