"""The HTTP camera against a real server on loopback: good, guarded, slow and wrong."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.drivers.http_camera import HttpSnapshotCamera
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sections.cameras import HttpCamera

from .camera_bench import JPEG, PASSWORD, USER, IpCamera
from .conftest import PATIENCE_S


@pytest.fixture
def server() -> Iterator[IpCamera]:
    """An IP camera on loopback."""
    with IpCamera() as server:
        yield server


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """A file with the right password, with a newline as editors leave it."""
    file = tmp_path / "camera-password"
    file.write_text(PASSWORD + "\n")
    return file


def camera(url: str, password_file: Path | str = "", timeout_s: float = 5.0) -> HttpSnapshotCamera:
    """Return a camera at *url* that knows the user."""
    config = HttpCamera(
        url=url,
        purposes=["desk"],
        username=USER if password_file else "",
        password_file=str(password_file),
        timeout_s=timeout_s,
    )
    return HttpSnapshotCamera("camera/lobby", config, Clock())


@pytest.mark.parametrize("path", ["plain", "padded"])
def test_a_still_is_one_whole_jpeg(server: IpCamera, path: str) -> None:
    """Some cameras pad their pictures; the digest is taken of the JPEG itself."""
    device = camera(server.url(path))
    device.open()
    assert device.capture() == JPEG
    device.close()


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_the_password_is_sent_as_the_camera_asks(
    server: IpCamera, password_file: Path, scheme: str
) -> None:
    """Digest is what cameras use; Basic is what old ones know. The server really checks."""
    device = camera(server.url(scheme), password_file)
    assert device.capture() == JPEG
    assert device.capture() == JPEG
    assert server.passwords == 2


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_wrong_password_is_a_fault_and_tried_once(
    server: IpCamera, password_file: Path, scheme: str
) -> None:
    """Cameras lock the account after a few tries; the message never shows the password."""
    password_file.write_text("salah")
    with pytest.raises(DeviceFault, match=r"camera/lobby: .*password_file") as caught:
        camera(server.url(scheme), password_file).capture()
    assert "salah" not in str(caught.value)
    assert server.passwords == 1


def test_no_username_where_one_is_needed_is_a_fault(server: IpCamera) -> None:
    """The config lacks it: somebody must fill it in."""
    with pytest.raises(DeviceFault, match="username"):
        camera(server.url("digest")).capture()


def test_a_password_file_that_is_gone_is_a_fault(server: IpCamera, tmp_path: Path) -> None:
    """Named, so that it can be put back."""
    with pytest.raises(DeviceFault, match="no-such-file"):
        camera(server.url("digest"), tmp_path / "no-such-file").capture()


@pytest.mark.parametrize("path", ["silent", "dripping-headers", "dripping-body"])
def test_a_camera_that_takes_for_ever_is_cut_off(server: IpCamera, path: str) -> None:
    """One deadline for the whole still; a byte now and then does not prolong it."""
    with pytest.raises(DeviceUnavailable, match=r"within 0\.2 s"):
        camera(server.url(path), timeout_s=0.2).capture()


def test_a_tls_handshake_that_takes_for_ever_is_cut_off() -> None:
    """The deadline holds before the first byte of HTTP, too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(listener.accept()[0]))
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(DeviceUnavailable, match=r"within 0\.2 s"):
            camera(f"https://127.0.0.1:{port}/plain", timeout_s=0.2).capture()
        thread.join()
        held[0].close()


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("garbage", "not a JPEG"),
        ("truncated", "cut short"),
        ("huge", "larger than"),
        ("missing", "correct url"),
        ("redirect", "302"),
        ("not-http", "does not answer as a camera"),
        ("unheard-of", "refuses the username"),
    ],
)
def test_what_somebody_must_see_to_is_a_fault(
    server: IpCamera, password_file: Path, path: str, why: str
) -> None:
    """And its message says what to do or what came."""
    with pytest.raises(DeviceFault, match=f"camera/lobby: .*{why}"):
        camera(server.url(path), password_file).capture()


def test_what_may_pass_is_unavailable(server: IpCamera) -> None:
    """A busy camera is asked again another time."""
    with pytest.raises(DeviceUnavailable, match="503"):
        camera(server.url("busy")).capture()


def test_a_camera_that_is_not_there_is_unavailable() -> None:
    """Both at opening and at a still."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    device = camera(f"http://127.0.0.1:{port}/plain")
    with pytest.raises(DeviceUnavailable, match="cannot be reached"):
        device.open()
    with pytest.raises(DeviceUnavailable, match="cannot be reached"):
        device.capture()


def test_no_proxy_and_no_other_scheme(
    server: IpCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture comes from the camera, whatever the environment or the URL says."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert camera(server.url("plain")).capture() == JPEG
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(JPEG)
    with pytest.raises(DeviceUnavailable, match="unknown url type"):
        camera(picture.as_uri()).capture()


def test_tls_of_a_camera_that_speaks_none_is_told(server: IpCamera) -> None:
    """A wrong scheme in the URL ends in words, not in a traceback."""
    with pytest.raises(DeviceUnavailable, match=r"(?i)ssl"):
        camera(server.url("plain").replace("http:", "https:")).capture()


def test_nothing_is_left_running(server: IpCamera) -> None:
    """No thread is left behind, still after still (open sockets fail the suite anyhow)."""
    device = camera(server.url("plain"))
    for _ in range(20):
        device.capture()
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(PATIENCE_S)
    assert not any(timer.is_alive() for timer in timers)
