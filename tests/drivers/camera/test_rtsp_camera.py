"""Cameras with RTSP: their errors, and where the password goes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config.sections.cameras import RtspCamera
from edge.drivers.camera.rtsp_camera import RtspStillCamera
from edge.errors import DeviceError, DeviceFault, DeviceUnavailable
from sim.twins.camera import USERNAME
from sim.twins.rtsp_camera import RtspCameraTwin, RtspFault, RtspScheme
from sim.twins.scene import Scene, draw
from tests.drivers.conftest import PATIENCE_S
from tests.drivers.stepped import SteppedClock

PASSWORD = "sangat-rahasia/&@"
PICTURE = draw(Scene(place="Lobi", wall_ms=0, lockers={1: False}, alarming=False, figures={}))


@pytest.fixture
def twins() -> Iterator[list[RtspCameraTwin]]:
    """Yield the list of twins to be closed."""
    started: list[RtspCameraTwin] = []
    yield started
    for twin in started:
        twin.close()


def begun(
    twins: list[RtspCameraTwin], scheme: RtspScheme = "digest", fault: RtspFault | None = None
) -> RtspCameraTwin:
    """Return a running camera."""
    twin = RtspCameraTwin(lambda: PICTURE, PASSWORD, scheme)
    twin.fault = fault
    twins.append(twin)
    twin.start()
    return twin


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Return a file with the password."""
    file = tmp_path / "camera-password"
    file.write_text(PASSWORD)
    return file


def camera(
    url: str,
    secret: Path,
    command: list[str] | None = None,
    clock: SteppedClock | None = None,
    **settings: Any,
) -> RtspStillCamera:
    """Return the driver for the stream at *url*."""
    account: dict[str, Any] = {
        "username": USERNAME, "password_file": str(secret), "timeout_s": 60.0,
    }  # fmt: skip
    config = RtspCamera(url=url, purposes=["desk"], **(account | settings))
    return RtspStillCamera("camera/lobby", config, clock or SteppedClock(), command=command)


@pytest.mark.parametrize("scheme", ["none", "basic", "digest"])
def test_a_key_frame_is_the_still(
    twins: list[RtspCameraTwin], password_file: Path, scheme: RtspScheme
) -> None:
    """The password goes only to a camera that asks for it, and signs in its URL do no harm."""
    twin = begun(twins, scheme)
    assert camera(twin.url, password_file, timeout_s=60.0).capture().startswith(b"\xff\xd8\xff")
    assert bool(twin.proofs) == (scheme != "none")


@pytest.mark.parametrize(
    ("fault", "settings", "kind", "words", "remedy"),
    [
        ("refuse", {}, DeviceUnavailable, "is busy, it answers 503", "other viewers"),
        ("wrong-password", {}, DeviceFault, "refuses the username or password", "account for RTSP"),
        ("drop", {}, DeviceUnavailable, "ended the stream", "viewers"),
        ("garbage", {}, DeviceFault, "key frames that cannot be decoded", "H.264"),
        ("no-video", {"timeout_s": 1.0}, DeviceUnavailable, "no picture within 1 s", "I-frames"),
        (None, {"username": "", "password_file": ""}, DeviceFault,
         "asks for a username and password (Digest MD5)", "Set username"),
        (None, {"auth": "basic"}, DeviceFault, "offers only Digest MD5, and auth is", "auth"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_remedy(
    twins: list[RtspCameraTwin],
    password_file: Path,
    fault: RtspFault | None,
    settings: dict[str, Any],
    kind: type[DeviceError],
    words: str,
    remedy: str,
) -> None:
    """Each fault has its words and its remedy; the password is in neither."""
    twin = begun(twins, fault=fault)
    config = {"timeout_s": 60.0} | settings
    with pytest.raises(kind) as caught:
        camera(twin.url, password_file, **config).capture()
    assert words in str(caught.value)
    assert remedy in caught.value.remedy
    assert PASSWORD not in f"{caught.value}{caught.value.remedy}"


def test_addresses_that_cannot_be_right(twins: list[RtspCameraTwin], password_file: Path) -> None:
    """No stream there, no camera there, and another service there."""
    twin = begun(twins)
    wrong = twin.url.replace("stream1", "stream9")
    with pytest.raises(DeviceFault, match="asks for a username"):
        camera(wrong, password_file, username="", password_file="").capture()
    begun(twins, "none")
    with pytest.raises(DeviceFault, match="no stream at this address") as caught:
        camera(twins[-1].url.replace("stream1", "stream9"), password_file).capture()
    assert "Correct url" in caught.value.remedy
    twin.close()
    device = camera(twin.url, password_file)
    for call in (device.open, device.capture):
        with pytest.raises(DeviceUnavailable, match="cannot be reached") as gone:
            call()
        assert "port" in gone.value.remedy


def test_with_auth_digest_the_password_is_not_handed_to_basic(
    twins: list[RtspCameraTwin], password_file: Path
) -> None:
    """FFmpeg would answer Basic: it is asked only after the camera has asked for Digest."""
    twin = begun(twins, "basic")
    with pytest.raises(DeviceFault, match="offers only Basic"):
        camera(twin.url, password_file, auth="digest").capture()
    assert twin.proofs == 0


def test_the_password_is_in_no_list_of_processes(
    twins: list[RtspCameraTwin], password_file: Path
) -> None:
    """Any user of the machine can read arguments; the password goes through a pipe."""
    twin = begun(twins, fault="no-video")
    device = camera(twin.url, password_file, timeout_s=60.0)

    def fail() -> None:
        with pytest.raises(DeviceError):
            device.capture()

    failed = threading.Thread(target=fail)
    failed.start()
    end = time.monotonic() + PATIENCE_S
    while "PLAY" not in twin.requests and time.monotonic() < end:
        time.sleep(0.01)
    assert "PLAY" in twin.requests
    seen = [read(f"/proc/{pid}/{name}") for pid in children() for name in ("cmdline", "environ")]
    assert any(b"rtsp_child" in one for one in seen)
    assert not any(b"rahasia" in one for one in seen)
    twin.close()
    failed.join(PATIENCE_S)
    while children() and time.monotonic() < end:
        time.sleep(0.01)
    assert not children()


def children() -> list[str]:
    """Return the ids of this process's children."""
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return " ".join(read(f"{task}/children").decode() for task in tasks).split()


def read(name: str) -> bytes:
    """Return the content of the file *name*; empty if it is gone."""
    try:
        return Path(name).read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("program", "timeout_s", "words"),
    [
        ("import os; os._exit(3)", 60.0, "its process has ended"),
        ("import time; time.sleep(60)", 0.5, "no picture within"),
        ("print('Traceback (most recent call last)')", 60.0, "sent nonsense"),
    ],
)
def test_a_child_that_goes_wrong_is_told(
    twins: list[RtspCameraTwin], password_file: Path, program: str, timeout_s: float, words: str
) -> None:
    """A library that crashes, hangs or prints costs one still, never the daemon."""
    twin = begun(twins)
    with pytest.raises(DeviceError, match=words) as caught:
        camera(
            twin.url, password_file, [sys.executable, "-c", program], timeout_s=timeout_s
        ).capture()
    assert caught.value.remedy


def test_without_the_library_it_does_not_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing library is reported at the start with its remedy, not at the first still."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "av"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(DeviceUnavailable, match="PyAV is not installed") as caught:
        camera("rtsp://127.0.0.1:9/x", tmp_path).open()
    assert "pip install 'gardu[video]'" in caught.value.remedy


def test_the_daemon_does_not_load_the_library() -> None:
    """FFmpeg needs as much memory as the daemon itself."""
    modules = "edge.daemon.run, edge.drivers.camera.rtsp_camera"
    program = f"import sys, {modules};print('av' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_frozen_video_is_a_fault(twins: list[RtspCameraTwin], password_file: Path) -> None:
    """The same key frame, bit for bit, for too long: the camera is frozen."""
    twin = begun(twins)
    clock = SteppedClock()
    device = camera(twin.url, password_file, clock=clock, timeout_s=60.0, oldest_s=5.0)
    device.capture()
    clock.sleep(6.0)
    with pytest.raises(DeviceFault, match="sends a stale picture"):
        device.capture()
