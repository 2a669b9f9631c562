"""What a camera's answer is said to be that holds no picture."""

from random import Random

import pytest

from edge.drivers.camera.http_answer import picture_in
from edge.drivers.camera.http_exchange import HttpResponse
from edge.drivers.camera.http_reader import Head
from edge.errors import DeviceFault


def answer(body: bytes, kind: str = "image/jpeg") -> HttpResponse:
    """Return a whole answer with *body*, called an image by its camera."""
    return HttpResponse(Head(200, "OK", {"content-type": [kind]}), body, whole=True)


@pytest.mark.parametrize("begin", [b"<", b"{", b"[", b" <"])
def test_random_bytes_are_never_called_a_page(begin: bytes) -> None:
    """One in 85 pieces of noise begins like a page: its words would be empty, its remedy wrong."""
    body = begin + Random(7).randbytes(2000)
    with pytest.raises(DeviceFault, match=f"sent {len(body)} bytes that are not a JPEG"):
        picture_in(answer(body), "camera/lobby")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><b>Log in</b>", "a page, not a JPEG: Log in"),
        (b'[{"cmd": "Snap"}]', "a page, not a JPEG"),
        ("<p>Masuk ke kamera, silakan é</p>".encode(), "Masuk ke kamera, silakan é"),
        (b"<script>location = '/login'</script>", "a page, not a JPEG"),
    ],
)
def test_a_page_is_called_a_page_although_its_type_says_image(body: bytes, words: str) -> None:
    """Cameras send their pages as image/jpeg too."""
    with pytest.raises(DeviceFault, match=words):
        picture_in(answer(body), "camera/lobby")
