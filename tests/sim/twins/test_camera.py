"""The camera's twin, requested over real HTTP."""

import asyncio
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, IncompleteRead
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageChops

from edge.clock import Clock
from sim.twins.camera import PATH, USERNAME, CameraTwin, Fault, Scheme, digest
from sim.twins.scene import SIZE, Scene, draw
from sim.world.lobby import Lobby
from tests.sim.wiring import CONFIG

EMPTY = Scene(
    place="Lobi Utama", wall_ms=0, lockers={1: False, 2: False}, alarming=False, figures={}
)


@contextmanager
def camera(scheme: Scheme = "digest") -> Iterator[CameraTwin]:
    """Yield a running camera."""
    twin = CameraTwin(lambda: EMPTY, "rahasia", scheme)
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
    """Return the HTTP status of one request; with *password*, answer the camera's challenge."""
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
    """With the password: a picture of the right size; with a wrong one or none: 401."""
    with camera() as twin:
        picture = Image.open(BytesIO(ask(twin.url, "rahasia")))
        assert (picture.format, picture.size) == ("JPEG", SIZE)
        assert status(twin, PATH, "rahasia") == 200
        assert status(twin, PATH, "salah") == 401
        assert status(twin, PATH, None) == 401
        assert status(twin, "/index.html", "rahasia") == 404
        assert twin.stills == 2


@pytest.mark.parametrize(
    ("scheme", "response"),
    [
        ("digest", "8ca523f5e9506fed4657c9700eebdbec"),
        ("digest-sha-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_agrees_with_the_rfcs_formula(scheme: Scheme, response: str) -> None:
    """The examples of RFC 7616, section 3.9.1."""
    said = {
        "uri": "/dir/index.html",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
    }
    assert (
        digest("Circle of Life", "GET", said, "Mufasa", "http-auth@example.org", scheme) == response
    )


def test_an_answer_is_for_one_challenge_and_one_address() -> None:
    """A response to another nonce, or for another address, is refused."""
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
    """A camera can send garbage, refuse and hang; a hanging one can still be closed."""
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
    ("fault", "answers"),
    [("wrong-password", 401), ("stale-nonce", 401), ("redirect", 302), ("refuse", 503)],
)
def test_faults_that_show_in_the_status(fault: Fault, answers: int) -> None:
    """The status is that of the fault, also with the right password."""
    with camera() as twin:
        twin.fault = fault
        assert status(twin, PATH, "rahasia") == answers


def test_a_stale_nonce_is_said_to_be_one_and_the_next_is_taken() -> None:
    """The standard library's own client answers the new challenge, and is admitted."""
    with camera() as twin:
        twin.fault = "stale-nonce"
        assert ask(twin.url, "rahasia").startswith(b"\xff\xd8\xff")
        assert twin.proofs == 2
        assert "stale=true" in twin.challenge(stale=True)


def test_faults_that_show_in_the_picture() -> None:
    """Cut short, dropped, frozen and dark: each picture is as the fault's name says."""
    with camera() as twin:
        good = ask(twin.url, "rahasia")
        twin.fault = "cut-short"
        assert ask(twin.url, "rahasia") == good[: len(good) // 2]
        twin.fault = "drop"
        with pytest.raises(IncompleteRead):
            ask(twin.url, "rahasia")
        twin.fault = "frozen"
        assert ask(twin.url, "rahasia") == good
        twin.covered = True
        assert ask(twin.url, "rahasia") == good
        twin.fault = None
        assert Image.open(BytesIO(ask(twin.url, "rahasia"))).convert("L").getextrema() == (0, 0)


def test_basic_asks_for_the_password_itself() -> None:
    """Basic authentication, as with old cameras; a wrong password is refused."""
    with camera("basic") as twin:
        assert twin.challenge().startswith("Basic ")
        right, wrong = (
            b64encode(f"{USERNAME}:{word}".encode()).decode() for word in ("rahasia", "x")
        )
        assert twin.admits("GET", PATH, f"Basic {right}")
        assert not twin.admits("GET", PATH, f"Basic {wrong}")
        assert not twin.admits("GET", PATH, f"Digest {right}")


def test_a_camera_comes_back_at_its_old_address() -> None:
    """Switched off and on again, it has the same URL, so no config needs a change."""
    with camera() as twin:
        url = twin.url
        twin.close()
        twin.start()
        assert twin.url == url
        assert ask(url, "rahasia").startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "change",
    [
        {"place": "Lobi Biro Umum"},
        {"wall_ms": 1_000_000},
        {"lockers": {1: False, 2: True}},
        {"lockers": dict.fromkeys(range(1, 13), True)},
        {"lockers": dict.fromkeys(range(1, 31), False)},
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
    """The daemon reads the password from the file in the config; other users cannot read it."""

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
