"""The web stack of all pages: headers, foreign origins, foreign host names, streams."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pages.application import application, body_of, renderer
from pages.server import Server
from pages.stream import Stream


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"said": (await body_of(request, 8)).decode()})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A page that greets, echoes, and streams one state."""
    (tmp_path / "static").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/hello.html").write_text("<p>{{ word }}</p>")
    render = renderer(tmp_path)
    stream = Stream()

    async def hello(request: Request) -> Response:
        return render("hello.html", word=request.query_params["word"])

    async def events(_request: Request) -> Response:
        await stream.put(state=json.dumps({"n": 1}))
        return stream.response()

    routes = [
        Route("/", hello),
        Route("/echo", _echo, methods=["POST"]),
        Route("/events", events),
    ]
    with Server(application(routes, tmp_path)) as running:
        yield running


def ask(url: str, data: bytes | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Return status, body and headers (small letters) of a request."""
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), _small(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), _small(error.headers)


def _small(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_values_are_escaped_and_headers_forbid_other_hosts(server: Server) -> None:
    """A value from outside cannot become markup, and no page may load from elsewhere."""
    status, body, headers = ask(server.url + "?word=%3Cscript%3E")
    assert (status, body) == (200, "<p>&lt;script&gt;</p>")
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_another_origin_may_change_nothing(server: Server) -> None:
    """A page of another origin cannot press buttons here; one of this origin can."""
    assert ask(server.url + "echo", b"x", origin="http://evil.example")[0] == 403
    assert ask(server.url + "echo", b"x", origin=server.url.rstrip("/"))[:2] == (
        200,
        '{"said":"x"}',
    )
    assert ask(server.url + "echo", b"x")[0] == 200


def test_a_long_body_is_refused(server: Server) -> None:
    """A request cannot fill the memory of the machine that shows a page."""
    assert ask(server.url + "echo", b"12345678")[0] == 200
    assert ask(server.url + "echo", b"x" * 100_000)[0] == 413


def test_another_host_name_is_refused(server: Server) -> None:
    """A name that a foreign server resolves to loopback opens no page."""
    assert ask(server.url + "?word=x", host="evil.example")[0] == 400


def test_unknown_pages_and_missing_styles(server: Server) -> None:
    """A wrong address is said in words; the shared styles are there."""
    assert ask(server.url + "nowhere")[:2] == (404, "there is no page /nowhere")
    assert "--band" in ask(server.url + "shared/pages.css")[1]


def test_a_stream_begins_with_the_present_state(server: Server) -> None:
    """A page that is opened late knows the present state at once."""
    with urllib.request.urlopen(server.url + "events", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.readline() == b"event: state\r\n"
        assert json.loads(answer.readline().removeprefix(b"data: ")) == {"n": 1}


def test_a_stream_can_be_ended(tmp_path: Path) -> None:
    """A program that stops ends the pages that listen, so that its server stops without them."""
    (tmp_path / "static").mkdir()
    stream = Stream()

    async def events(_request: Request) -> Response:
        return stream.response()

    with (
        Server(application([Route("/events", events)], tmp_path)) as running,
        urllib.request.urlopen(running.url + "events", timeout=10) as answer,
    ):
        wait_until(lambda: stream.listeners == 1)
        stream.put_soon(state="1")
        assert answer.readline() == b"event: state\r\n"
        stream.end()
        assert answer.read().strip() == b"data: 1"
        wait_until(lambda: stream.listeners == 0)


def wait_until(true: Callable[[], bool]) -> None:
    """Return once ``true()``, within half a minute."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
