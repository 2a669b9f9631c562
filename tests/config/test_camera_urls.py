"""Addresses of cameras that can never work are refused with what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.crosscheck.cameras import url_problem

WEB, VIDEO = ("http", "https"), ("rtsp",)


@pytest.mark.parametrize(
    ("url", "schemes", "words"),
    [
        ("http://c/s?method=GetSnapshot&cameraId= 4", WEB, "has a blank in it"),
        (" http://c/s", WEB, "has a blank in it"),
        ("http://c/s\n", WEB, r"has the character '\n'"),
        ("http://c/s\u200b", WEB, r"has the character '\u200b'"),
        ("http://c/höhe", WEB, "has the character 'ö'"),
        ("http:///s.jpg", WEB, "http:// or https:// host"),
        ("c/s.jpg", WEB, "http:// or https:// host"),
        ("ftp://c/s.jpg", WEB, "http:// or https:// host"),
        ("http://c:0/s", WEB, "host:port"),
        ("http://c:99999/s", WEB, "whose port or address is none"),
        ("http://c:http/s", WEB, "whose port or address is none"),
        ("http://[::1/s", WEB, "whose port or address is none"),
        ("http://user:geheim@c/s", WEB, "username and password_file"),
        ("rtsp://c/s", WEB, 'needs driver = "rtsp"'),
        ("https://c/s", VIDEO, 'needs driver = "http"'),
        ("http://c/s#1", WEB, "%23"),
        ("http://c/s?u={user}", WEB, "{username}, {password}"),
        ("http://c/" + "s" * 3000, WEB, "3009 characters"),
    ],
)
def test_what_can_never_work_is_refused(url: str, schemes: tuple[str, ...], words: str) -> None:
    """Each has words for its fault; a password that stands in it is not repeated."""
    problem = url_problem(url, schemes)
    assert words in problem
    assert "geheim" not in problem


@pytest.mark.parametrize(
    ("url", "schemes"),
    [
        ("http://192.0.2.20/ISAPI/Streaming/channels/101/picture", WEB),
        ("https://camera.office:8443/cgi-bin/api.cgi?cmd=Snap&channel=0", WEB),
        ("http://[2001:db8::7]:88/s?usr={username}&pwd={password}", WEB),
        ("rtsp://192.0.2.20:554/user=a_password=b_channel=1_stream=0.sdp?real_stream", VIDEO),
        ("http://192.0.2.20", WEB),
    ],
)
def test_usual_addresses_are_accepted(url: str, schemes: tuple[str, ...]) -> None:
    """Addresses as makers write them."""
    assert url_problem(url, schemes) == ""


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    """Any text gives words or none, never an error."""
    for url in (text, f"http://{text}", f"rtsp://c/{text}"):
        url_problem(url, WEB)
