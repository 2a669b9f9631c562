"""The real child process of a Pi's camera, with a module that stands in for picamera2."""

import os
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from edge.clock import Clock
from edge.config.sections.cameras import PiCamera
from edge.daemon.build import CAMERA_RESTART
from edge.drivers.camera.picamera2 import Picamera2Camera
from edge.errors import DeviceUnavailable
from tests.drivers.conftest import PATIENCE_S

FAKE = Path(__file__).with_name("fake_picamera2.py")

Child = Callable[..., Picamera2Camera]


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """Yield a maker of cameras with the real child: *words* control the stand-in."""
    made: list[Picamera2Camera] = []

    def make(words: str = "", module: str = "", timeout_s: float = 20.0) -> Picamera2Camera:
        if module:
            (tmp_path / "picamera2.py").write_text(module)
        else:
            shutil.copy(FAKE, tmp_path / "picamera2.py")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("GARDU_FAKE_CAMERA", words)
        config = PiCamera(purposes=["desk"], width=640, height=480, timeout_s=timeout_s)
        made.append(Picamera2Camera("camera/lobby", config, Clock(), CAMERA_RESTART.delay))
        return made[-1]

    yield make
    for camera in made:
        camera.close()


def exposed_ns(still: bytes) -> int:
    """Return the moment when the exposure of a still of the stand-in began, ns since boot."""
    with Image.open(BytesIO(still)) as image:
        return int(image.info["comment"])


@pytest.mark.parametrize(
    "words",
    ["", "gains", "no-exposure", "no-exposure gains", "no-timestamp no-exposure", "no-timestamp"],
)
@pytest.mark.parametrize("stream", ["", "restarts"])
def test_a_still_is_exposed_after_its_request(child: Child, words: str, stream: str) -> None:
    """With and without time stamps and exposure times: old frames in its buffers are left out."""
    camera = child(f"{words} {stream}")
    camera.open()
    for _ in range(3):
        asked_ns = Clock().boot_ns()
        assert exposed_ns(camera.capture()) >= asked_ns


def test_a_frozen_camera_gives_no_still(child: Child) -> None:
    """Frames that do not get newer end the child with the reason; the next still tries again."""
    camera = child("frozen no-exposure")
    camera.open()
    with pytest.raises(DeviceUnavailable, match="only frames from before") as caught:
        camera.capture()
    assert "ribbon cable" in caught.value.remedy
    assert camera._child is None


def test_a_camera_without_frames_ends_in_time(child: Child) -> None:
    """A stream that stops is given up at the camera's time-out."""
    camera = child("hangs", timeout_s=0.5)
    camera.open()
    with pytest.raises(DeviceUnavailable, match="no answer in time"):
        camera.capture()


@pytest.mark.parametrize(
    ("words", "module", "why", "remedy"),
    [
        ("no-camera", "", "no camera is connected", "ribbon cable"),
        (
            "",
            "raise ImportError('no libcamera')",
            "cannot be used",
            "apt install python3-picamera2",
        ),
        ("", "import pykms", "No module named 'pykms'", "python3-kms++"),
        ("", "raise RuntimeError('other trouble')", "RuntimeError: other trouble", "started again"),
    ],
)
def test_the_child_gives_its_reason(
    child: Child, words: str, module: str, why: str, remedy: str
) -> None:
    """Without a camera picamera2 raises an unclear IndexError: the child names the cause."""
    with pytest.raises(DeviceUnavailable, match=why) as caught:
        child(words, module).open()
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("words", ["", "hangs"])
def test_the_child_ends_with_its_parent(child: Child, words: str) -> None:
    """A daemon that was killed leaves no process that holds the camera, also where it hangs."""
    camera = child(words)
    camera.open()
    held = camera._child
    assert held is not None
    os.write(held._in, b"Q\0\0\0\0")
    assert held._process.stdin is not None
    held._process.stdin.close()
    assert held._process.wait(PATIENCE_S) == 0
