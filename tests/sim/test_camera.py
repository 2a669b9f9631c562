"""The camera's twin, asked over real HTTP."""

import asyncio
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageChops

from edge.clock import Clock
from sim.lobby import Lobby
from sim.twins.camera import PATH, USERNAME, CameraTwin, digest
from sim.twins.scene import SIZE, Scene, draw
from tests.sim.wiring import CONFIG

EMPTY = Scene(
    place="Lobi Utama", wall_ms=0, lockers={1: False, 2: False}, alarming=False, figures={}
)


@contextmanager
def camera() -> Iterator[CameraTwin]:
    """Return a camera that runs."""
    twin = CameraTwin(lambda: EMPTY, "rahasia")
    twin.start()
    try:
        yield twin
    finally:
        twin.close()


def ask(url: str, password: str) -> bytes:
    """Fetch *url* with the standard library's own Digest authentication."""
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, USERNAME, password)
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
    with opener.open(url, timeout=5) as answer:
        return bytes(answer.read())


def status(twin: CameraTwin, path: str, password: str | None) -> int:
    """Return the HTTP status of one request, answering the camera's challenge if told how."""
    headers = {}
    if password is not None:
        nonce = twin.challenge().split('nonce="')[1].split('"')[0]
        headers["Authorization"] = authorization(path, nonce, password)
    with closing(HTTPConnection(urlsplit(twin.url).netloc, timeout=0.5)) as connection:
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status


def authorization(path: str, nonce: str, password: str) -> str:
    """Return the header that proves *password*."""
    said = {"uri": path, "nonce": nonce, "nc": "00000001", "cnonce": "x", "qop": "auth"}
    parts = {"username": USERNAME, **said, "response": digest(password, "GET", said)}
    return "Digest " + ", ".join(f'{key}="{value}"' for key, value in parts.items())


def test_a_snapshot_needs_the_password() -> None:
    """With it: a picture of the right size. Without or with a wrong one: 401."""
    with camera() as twin:
        picture = Image.open(BytesIO(ask(twin.url, "rahasia")))
        assert (picture.format, picture.size) == ("JPEG", SIZE)
        assert status(twin, PATH, "rahasia") == 200
        assert status(twin, PATH, "salah") == 401
        assert status(twin, PATH, None) == 401
        assert status(twin, "/index.html", "rahasia") == 404
        assert twin.stills == 2


def test_digest_agrees_with_the_rfcs_formula() -> None:
    """The example of RFC 7616, section 3.9.1 (MD5)."""
    said = {
        "uri": "/dir/index.html",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
    }
    assert (
        digest("Circle of Life", "GET", said, "Mufasa", "http-auth@example.org")
        == "8ca523f5e9506fed4657c9700eebdbec"
    )


def test_an_answer_is_for_one_challenge_and_one_address() -> None:
    """A response to another nonce, or for another address, opens nothing."""
    twin = CameraTwin(lambda: EMPTY, "rahasia")
    challenge = twin.challenge()
    assert 'qop="auth"' in challenge
    nonce = challenge.split('nonce="')[1].split('"')[0]
    assert twin.admits("GET", PATH, authorization(PATH, nonce, "rahasia"))
    assert not twin.admits("GET", "/other", authorization(PATH, nonce, "rahasia"))
    assert not twin.admits("GET", PATH, authorization(PATH, "made up", "rahasia"))
    for nonsense in ("Basic Z2FyZHU6cmFoYXNpYQ==", "Digest nonsense", "Digest", ""):
        assert not twin.admits("GET", PATH, nonsense)


def test_faults_on_command() -> None:
    """A camera can send garbage, refuse, and hang, and a hanging one still closes."""
    with camera() as twin:
        twin.fault = "garbage"
        assert not ask(twin.url, "rahasia").startswith(b"\xff\xd8\xff")
        twin.fault = "refuse"
        assert status(twin, PATH, "rahasia") == 503
        twin.fault = "hang"
        with pytest.raises(TimeoutError):
            status(twin, PATH, "rahasia")
    assert twin.stills == 1


@pytest.mark.parametrize(
    "change",
    [
        {"place": "Lobi Biro Umum"},
        {"wall_ms": 1_000_000},
        {"lockers": {1: False, 2: True}},
        {"lockers": dict.fromkeys(range(1, 13), False)},
        {"alarming": True},
        {"alarming": None},
        {"figures": {1: "waiting"}},
        {"figures": dict.fromkeys(range(20), "waiting")},
        {"figures": {1: "office"}},
    ],
)
def test_the_picture_shows_the_lobby(change: dict[str, object]) -> None:
    """Doors, alarm, guests, place and time each change the picture."""
    values = {field: getattr(EMPTY, field) for field in Scene.__struct_fields__}
    before = Image.open(BytesIO(draw(EMPTY)))
    after = Image.open(BytesIO(draw(Scene(**(values | change)))))
    difference = ImageChops.difference(before, after).convert("L")
    assert sum(difference.histogram()[100:]) > 10


def test_the_lobby_keeps_the_password_in_a_private_file(tmp_path: Path) -> None:
    """The daemon reads the password where the config says; nobody else may."""

    async def run() -> None:
        async with Lobby(CONFIG, tmp_path, Clock()) as lobby:
            file = tmp_path / "camera-password"
            assert file.stat().st_mode & 0o077 == 0
            password = file.read_text().strip()
            lobby.figures[4] = "lockers"
            twin = lobby.cameras["lobby"]
            still = await asyncio.to_thread(ask, twin.url, password)
            assert Image.open(BytesIO(still)).size == SIZE
            scene = lobby.scene()
            assert scene.figures == {4: "lockers"}
            assert scene.lockers == {1: False, 2: False}

    asyncio.run(run())
