"""The parent of the camera process, with children that behave, hang, die and talk nonsense.

And the real child with a stand-in for picamera2: its pipe, not a Pi's camera, is tested here.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.drivers.picamera2 import Picamera2Camera
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sections.cameras import PiCamera

from .camera_bench import JPEG
from .conftest import PATIENCE_S

# What every child below can say; written out here so that an error in the driver shows.
SAY = f"""
import os, struct, sys, time
JPEG = {JPEG!r}
def say(what, body=b""):
    os.write(1, what + struct.pack(">I", len(body)) + body)
def asked():
    return os.read(0, 1)
"""

Child = Callable[[str], Picamera2Camera]


@pytest.fixture
def child() -> Iterator[Child]:
    """Make a camera of the body of a child's program; all are closed in the end."""
    made: list[Picamera2Camera] = []

    def make(program: str, timeout_s: float = 5.0) -> Picamera2Camera:
        config = PiCamera(purposes=["desk"], width=640, height=480, timeout_s=timeout_s)
        command = (sys.executable, "-c", SAY + program)
        made.append(Picamera2Camera("camera/lobby", config, Clock(), command, hello_s=5.0))
        return made[-1]

    yield make
    for camera in made:
        camera.close()


def process(camera: Picamera2Camera) -> int | None:
    """Return the id of the camera's present process."""
    return camera._child.pid if camera._child else None


def test_a_good_child_gives_still_after_still(child: Child) -> None:
    """One process for all of them: configured once, running on."""
    camera = child("say(b'R')\nwhile asked(): say(b'P', JPEG)")
    camera.open()
    first = process(camera)
    assert [camera.capture() for _ in range(3)] == [JPEG] * 3
    assert process(camera) == first


def test_the_child_is_told_the_size(child: Child) -> None:
    """Width and height are the last two words of its command."""
    camera = child("say(b'R')\nasked()\nsay(b'E', ' '.join(sys.argv[1:]).encode())")
    camera.open()
    with pytest.raises(DeviceUnavailable, match="640 480"):
        camera.capture()


def test_a_large_picture_comes_in_many_parts(child: Child) -> None:
    """A pipe holds 64 KiB; a still has more."""
    camera = child("say(b'R')\nasked()\nsay(b'P', JPEG[:-2] + bytes(3_000_000) + JPEG[-2:])")
    camera.open()
    assert len(camera.capture()) == len(JPEG) + 3_000_000


HANGS = "say(b'R')\nasked()\ntime.sleep(3600)"
DIES = "say(b'R')\nasked()\nsys.exit(3)"
GARBAGE = "say(b'R')\nasked()\nos.write(1, b'libcamera warning: what is this?')"
TOO_LARGE = "say(b'R')\nasked()\nos.write(1, b'P\\xff\\xff\\xff\\xff')"
HALF = "say(b'R')\nasked()\nos.write(1, b'P' + struct.pack('>I', 5000) + JPEG)"
NO_JPEG = "say(b'R')\nasked()\nsay(b'P', b'GIF89a')"
SORRY = "say(b'R')\nasked()\nsay(b'E', b'TimeoutError: frontend')"


@pytest.mark.parametrize(
    ("program", "error", "why"),
    [
        (HANGS, DeviceUnavailable, "no answer in time"),
        (DIES, DeviceUnavailable, "has ended"),
        (GARBAGE, DeviceFault, "nonsense"),
        (TOO_LARGE, DeviceFault, "nonsense"),
        (HALF, DeviceUnavailable, "has ended"),
        (NO_JPEG, DeviceFault, "not a JPEG"),
        (SORRY, DeviceUnavailable, "TimeoutError: frontend"),
    ],
)
def test_a_bad_child_is_told_and_replaced(
    child: Callable[..., Picamera2Camera], program: str, error: type[Exception], why: str
) -> None:
    """Every still gets an answer within its time, and the next one a new process."""
    camera = child(program, timeout_s=0.3)
    camera.open()
    first = process(camera)
    with pytest.raises(error, match=f"camera/lobby: .*{why}"):
        camera.capture()
    assert process(camera) is None
    with pytest.raises(error, match=why):
        camera.capture()
    camera.open()
    assert process(camera) not in (None, first)


def test_after_a_bad_child_a_good_one_takes_over(child: Child, tmp_path: Path) -> None:
    """A camera that recovers gives stills again without anybody's help."""
    program = f"""
from pathlib import Path
say(b'R')
asked()
if Path({str(tmp_path / "second")!r}).exists(): say(b'P', JPEG)
Path({str(tmp_path / "second")!r}).touch()
"""
    camera = child(program)
    camera.open()
    with pytest.raises(DeviceUnavailable):
        camera.capture()
    assert camera.capture() == JPEG


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("say(b'E', b'no camera is connected')", "no camera is connected"),
        ("sys.exit(1)", "has ended"),
        ("os.write(1, b'Traceback (most recent call last)')", "nonsense"),
    ],
)
def test_a_child_that_cannot_start_is_unavailable(child: Child, program: str, why: str) -> None:
    """No camera, no library, wrong library: the checkpoint goes on and tries again."""
    camera = child(program)
    with pytest.raises(DeviceUnavailable, match=why):
        camera.open()
    assert process(camera) is None


def test_a_child_that_hangs_at_the_start_is_given_up() -> None:
    """Opening a lost camera can hang for ever; the checkpoint must not."""
    config = PiCamera(purposes=["desk"])
    command = (sys.executable, "-c", "import time; time.sleep(3600)")
    camera = Picamera2Camera("camera/lobby", config, Clock(), command, hello_s=0.2)
    with pytest.raises(DeviceUnavailable, match="in time"):
        camera.open()
    camera.close()


def test_a_command_that_is_not_there_is_unavailable() -> None:
    """Not an error that nobody expects."""
    config = PiCamera(purposes=["desk"])
    camera = Picamera2Camera("camera/lobby", config, Clock(), ("/no/such/program",))
    with pytest.raises(DeviceUnavailable, match="cannot be started"):
        camera.open()


def test_closing_ends_a_still_that_hangs(child: Callable[..., Picamera2Camera]) -> None:
    """The daemon stops now, not after the camera's time-out; and no child is left."""
    camera = child("say(b'R')\nasked()\ntime.sleep(3600)", timeout_s=3600)
    camera.open()
    process_before = camera._child
    errors: list[Exception] = []

    def capture() -> None:
        try:
            camera.capture()
        except DeviceUnavailable as error:
            errors.append(error)

    thread = threading.Thread(target=capture)
    thread.start()
    camera.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert len(errors) == 1
    assert process_before is not None
    assert process_before.poll() is not None
    camera.close()
    with pytest.raises(DeviceUnavailable, match="closed"):
        camera.capture()


STAND_IN = f"""
print("a library that prints to stdout")
class Request:
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def save(self, stream, file, format):
        assert (stream, format) == ("main", "jpeg")
        file.write({JPEG!r})
class Picamera2:
    cameras = CAMERAS
    def __init__(self): self.cameras[0]
    def create_still_configuration(self, main, buffer_count):
        assert buffer_count >= 2
        return main
    def configure(self, configuration): assert configuration == {{"size": (640, 480)}}
    def start(self): print("started")
    def captured_request(self, wait, flush):
        assert flush is True
        return Request()
"""


@pytest.fixture
def real_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """The real child process, which finds *module* under the name picamera2."""
    made: list[Picamera2Camera] = []

    def make(module: str) -> Picamera2Camera:
        (tmp_path / "picamera2.py").write_text(module)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        config = PiCamera(purposes=["desk"], width=640, height=480)
        made.append(Picamera2Camera("camera/lobby", config, Clock()))
        return made[-1]

    yield make
    for camera in made:
        camera.close()


def test_the_real_child_keeps_its_pipe_clean(real_child: Child) -> None:
    """Libraries print; the frames on the pipe must survive it."""
    camera = real_child(STAND_IN.replace("CAMERAS", "['imx708']"))
    camera.open()
    assert [camera.capture(), camera.capture()] == [JPEG, JPEG]


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (STAND_IN.replace("CAMERAS", "[]"), "no camera is connected"),
        ("raise ImportError('no libcamera')", "apt install python3-picamera2"),
        ("raise RuntimeError('other trouble')", "RuntimeError: other trouble"),
    ],
)
def test_the_real_child_says_why_it_cannot(real_child: Child, module: str, why: str) -> None:
    """Without a camera picamera2 raises IndexError, which tells nobody anything."""
    with pytest.raises(DeviceUnavailable, match=why):
        real_child(module).open()


def test_the_real_child_ends_with_its_parent(real_child: Child) -> None:
    """A daemon that was killed leaves no process that holds the camera."""
    camera = real_child(STAND_IN.replace("CAMERAS", "['imx708']"))
    camera.open()
    child = camera._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(PATIENCE_S) == 0
