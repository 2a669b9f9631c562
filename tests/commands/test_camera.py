"""`gardu camera try` against cameras on loopback: the dialogue, the section, the exit codes."""

import ssl
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from typer.testing import CliRunner

from edge.commands.app import app_for
from sim.twins.camera import USERNAME, CameraTwin, Scheme
from sim.twins.camera_dialects import BAD, GOOD, PLAIN, Dialect
from sim.twins.onvif_camera import OnvifTwin
from sim.twins.rtsp_camera import RtspCameraTwin
from sim.twins.scene import Scene, draw

PASSWORD = "rahasia-sekali"
_seconds = iter(range(10**6))


def scene() -> Scene:
    """Return a scene that differs each time."""
    return Scene(
        place="Lobi", wall_ms=1000 * next(_seconds), lockers={1: False}, alarming=False, figures={}
    )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Yield a stack that closes what is put on it."""
    with ExitStack() as stack:
        yield stack


def started(stack: ExitStack, twin: Any) -> Any:
    """Start *twin*."""
    stack.callback(twin.close)
    twin.start()
    return twin


def web(
    stack: ExitStack, scheme: Scheme, dialect: Dialect = PLAIN, tls: ssl.SSLContext | None = None
) -> CameraTwin:
    """Return a running HTTP camera."""
    twin: CameraTwin = started(stack, CameraTwin(scene, PASSWORD, scheme, dialect, tls))
    return twin


def try_camera(*arguments: str, stdin: str = "") -> tuple[int, str]:
    """Run `gardu camera try`; return its exit code, and all its output."""
    command = ["camera", "try", *arguments]
    done = CliRunner().invoke(app_for(command), command, input=stdin)
    return done.exit_code, done.output


def section_in(output: str) -> dict[str, Any]:
    """Return the config section that was printed."""
    section: dict[str, Any] = tomllib.loads(output[output.index("[cameras.") :])["cameras"]
    return section


def account(folder: Path) -> list[str]:
    """Return the options of the camera's user."""
    file = folder / "camera-password"
    file.write_text(PASSWORD)
    return ["--username", USERNAME, "--password-file", str(file)]


def test_the_dialogue_and_the_section(stack: ExitStack, tmp_path: Path) -> None:
    """Each request and answer is shown, the picture is saved, and the section can be copied."""
    twin = web(stack, "digest", GOOD["bare-date"])
    out = tmp_path / "still.jpg"
    code, said = try_camera(twin.url, *account(tmp_path), "--output", str(out), "--name", "gate")
    assert code == 0
    assert "401" in said
    assert "asks for Digest MD5" in said
    assert "with the password by Digest MD5" in said
    assert "1 line(s) that are no headers" in said
    assert "A picture of 640 x 360 pixels" in said
    assert PASSWORD not in said
    assert out.read_bytes().startswith(b"\xff\xd8\xff")
    assert section_in(said) == {
        "gate": {
            "driver": "http", "url": twin.url, "purposes": ["desk", "alarm"], "auth": "digest",
            "username": USERNAME, "password_file": str(tmp_path / "camera-password"),
        }
    }  # fmt: skip


def test_a_date_that_never_changes_is_in_the_section(stack: ExitStack, tmp_path: Path) -> None:
    """The settings that this camera needs are found; a password in clear is noted."""
    twin = web(stack, "basic", GOOD["date-that-never-changes"])
    code, said = try_camera(twin.url, *account(tmp_path))
    assert code == 0
    assert section_in(said)["lobby"]["dated"] is False
    assert "in clear (Basic)" in said


def test_a_certificate_that_is_not_known_is_pinned(stack: ExitStack, tmp_path: Path) -> None:
    """The fingerprint is shown to be compared; the password goes to that machine by Digest only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    twin = web(stack, "digest", tls=context)
    code, said = try_camera(twin.url, *account(tmp_path))
    assert code == 0
    found = section_in(said)["lobby"]
    assert len(found["fingerprint"]) == 64
    assert found["auth"] == "digest"
    assert "compare the fingerprint" in said
    basic = web(stack, "basic", tls=context)
    code, said = try_camera(basic.url, *account(tmp_path))
    assert code == 1
    assert basic.proofs == 0


def test_video_and_onvif(stack: ExitStack, tmp_path: Path) -> None:
    """RTSP and ONVIF addresses are tried in the same way."""
    video = started(stack, RtspCameraTwin(lambda: draw(scene()), PASSWORD))
    code, said = try_camera(video.url, *account(tmp_path), "--timeout", "60")
    assert code == 0, said
    assert "DESCRIBE rtsp://" in said
    assert section_in(said)["lobby"]["driver"] == "rtsp"
    assert section_in(said)["lobby"]["auth"] == "digest"
    onvif = started(stack, OnvifTwin(PASSWORD, None, lambda: video.url))
    url = onvif.url.replace("http", "onvif")
    code, said = try_camera(url, *account(tmp_path), "--timeout", "60")
    assert code == 0, said
    found = section_in(said)["lobby"]
    assert (found["driver"], found["url"]) == ("onvif", onvif.url)


def test_the_password_is_asked_for(stack: ExitStack) -> None:
    """Without a file the password is typed; the section names a file to put it into."""
    twin = web(stack, "digest")
    code, said = try_camera(twin.url, "--username", USERNAME, stdin=f"{PASSWORD}\n")
    assert code == 0
    assert section_in(said)["lobby"]["password_file"] == "camera-password"
    assert PASSWORD not in said


def test_a_failure_is_told_with_its_remedy(stack: ExitStack, tmp_path: Path) -> None:
    """Exit 1, the reason and what to try; the steps so far are shown."""
    twin = web(stack, "digest", BAD["ntlm"])
    code, said = try_camera(twin.url, *account(tmp_path))
    assert code == 1
    assert "asks for NTLM or Negotiate" in said
    assert "No picture: camera/lobby: asks for a way" in said
    assert "Try: Choose Digest or Basic" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http://192.0.2.1/a b.jpg"], "has a blank"),
        (["ftp://192.0.2.1/a.jpg"], "allowed: http:// or https:// or rtsp:// or onvif://"),
        (["http://u:p@192.0.2.1/a.jpg"], "username and password_file"),
        (["http://192.0.2.1/a.jpg", "--name", "Lobi Utama"], "lower-case letters"),
        (["http://192.0.2.1/a.jpg", "--timeout", "900"], "seconds from 0.1 to 60"),
        (["http://192.0.2.1/a.jpg", "--tls", "old"], "needs encryption"),
        (["http://192.0.2.1/a.jpg", "--password-file", "x"], "needs --username"),
        (["http://192.0.2.1/a.jpg", "--username", "u", "--password-file", "/no/such"], "no such"),
    ],
)  # fmt: skip
def test_wrong_use_is_refused(arguments: list[str], words: str) -> None:
    """Exit 2, with what is allowed, before anything is sent."""
    code, said = try_camera(*arguments)
    assert (code, words in said) == (2, True), said
