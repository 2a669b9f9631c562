"""The parent of the camera process, with children that work, hang, die and send wrong data.

And the real child with a stand-in for picamera2: this tests its pipe, not a Pi's camera.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.sections.cameras import PiCamera
from edge.daemon.build import CAMERA_RESTART
from edge.drivers.camera.child import resident_mb
from edge.drivers.camera.picamera2 import Picamera2Camera
from edge.errors import DeviceFault, DeviceUnavailable
from tests.drivers.camera.camera_bench import JPEG
from tests.drivers.conftest import PATIENCE_S

# The frames of every child below; with code of their own, so that an error in the driver shows.
SAY = f"""
import os, struct, sys, time
JPEG = {JPEG!r}
def say(what, body=b""):
    os.write(1, what + struct.pack(">I", len(body)) + body)
def show(jpeg, exposed=0):
    say(b"A", struct.pack(">Q", exposed) + jpeg)
def asked():
    return len(os.read(0, 5)) == 5
"""

Child = Callable[[str], Picamera2Camera]


@pytest.fixture
def child() -> Iterator[Child]:
    """Yield a maker of cameras from the body of a child's program; all are closed in the end."""
    made: list[Picamera2Camera] = []

    def make(program: str, timeout_s: float = 5.0, memory_mb: int = 300) -> Picamera2Camera:
        config = PiCamera(
            purposes=["desk"], width=640, height=480, timeout_s=timeout_s, memory_mb=memory_mb
        )
        command = (sys.executable, "-c", SAY + program)
        made.append(
            Picamera2Camera(
                "camera/lobby", config, Clock(), CAMERA_RESTART.delay, command, hello_s=5.0
            )
        )
        return made[-1]

    yield make
    for camera in made:
        camera.close()


def process(camera: Picamera2Camera) -> int | None:
    """Return the id of the camera's present process."""
    return camera._child.pid if camera._child else None


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until *true* returns True, as by an action of another process."""
    clock = Clock()
    end_ns = clock.boot_ns() + int(PATIENCE_S * 1e9)
    while not true():
        assert clock.boot_ns() < end_ns
        clock.sleep(0.01)


def test_a_good_child_gives_still_after_still(child: Child) -> None:
    """One process makes all stills: it is configured once and runs on."""
    camera = child("say(b'R')\nwhile asked(): show(JPEG)")
    camera.open()
    first = process(camera)
    assert [camera.capture() for _ in range(3)] == [JPEG] * 3
    assert process(camera) == first


def test_the_child_is_told_the_size(child: Child) -> None:
    """Width and height are the last two words of the child's command."""
    camera = child("say(b'R')\nasked()\nsay(b'E', ' '.join(sys.argv[1:]).encode())")
    camera.open()
    with pytest.raises(DeviceUnavailable, match="640 480"):
        camera.capture()


def test_a_large_picture_comes_in_many_parts(child: Child) -> None:
    """A still larger than a pipe (64 KiB) is read in parts."""
    camera = child("""
say(b'R')
asked()
comment = b"\\xff\\xfe\\xff\\xff" + bytes(0xfffd)
show(JPEG[:2] + 45 * comment + JPEG[2:])
""")
    camera.open()
    assert len(camera.capture()) == len(JPEG) + 45 * 0xFFFF + 45 * 2


HANGS = "say(b'R')\nasked()\ntime.sleep(3600)"
DIES = "say(b'R')\nasked()\nsys.exit(3)"
GARBAGE = "say(b'R')\nasked()\nos.write(1, b'libcamera warning: what is this?')"
TOO_LARGE = "say(b'R')\nasked()\nos.write(1, b'A\\xff\\xff\\xff\\xff')"
HALF = "say(b'R')\nasked()\nos.write(1, b'A' + struct.pack('>I', 5000) + JPEG)"
TOO_SHORT = "say(b'R')\nasked()\nsay(b'A', b'1234')"
OLD = "say(b'R')\nasked()\nshow(JPEG, time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 60 * 10**9)"
LEAKS = "say(b'R')\nasked()\nkept = [bytearray(2**26) for _ in range(4)]\ntime.sleep(3600)"
NO_JPEG = "say(b'R')\nasked()\nshow(b'GIF89a')"
SORRY = "say(b'R')\nasked()\nsay(b'E', b'TimeoutError: frontend')"


@pytest.mark.parametrize(
    ("program", "error", "why"),
    [
        (HANGS, DeviceUnavailable, "no answer in time"),
        (DIES, DeviceUnavailable, "has ended"),
        (GARBAGE, DeviceFault, "nonsense"),
        (TOO_LARGE, DeviceFault, "nonsense"),
        (HALF, DeviceUnavailable, "has ended"),
        (TOO_SHORT, DeviceFault, "nonsense"),
        (OLD, DeviceFault, r"\d\d\.\d s older than its request"),
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


def test_a_frame_exposed_after_the_call_is_a_still(child: Child) -> None:
    """A frame with a time stamp after the request, in nanoseconds since boot, is a still."""
    camera = child("say(b'R')\nasked()\nshow(JPEG, time.clock_gettime_ns(time.CLOCK_BOOTTIME))")
    camera.open()
    assert camera.capture() == JPEG


def test_a_child_that_leaks_while_it_works_is_killed(child: Callable[..., Picamera2Camera]) -> None:
    """A leak ends the child long before the time-out, and before the Pi's memory is used up."""
    camera = child(LEAKS, timeout_s=3600.0, memory_mb=128)
    camera.open()
    with pytest.raises(DeviceUnavailable, match=r"used \d+ MiB, above its limit of 128"):
        camera.capture()
    assert process(camera) is None


def test_a_child_that_has_leaked_is_replaced_between_stills(
    child: Callable[..., Picamera2Camera], tmp_path: Path
) -> None:
    """After a leak the next still is a good one by a new process, without an error."""
    first = f"open({str(tmp_path / 'grown')!r}, 'x')"
    program = f"""
say(b'R')
while asked():
    show(JPEG)
    try: {first}; kept = bytearray(b'x') * 2**28; open({str(tmp_path / "done")!r}, 'x')
    except FileExistsError: pass
"""
    camera = child(program, memory_mb=128)
    camera.open()
    assert camera.capture() == JPEG
    before = process(camera)
    wait_until((tmp_path / "done").exists)
    camera.reconcile()
    assert process(camera) not in (None, before)
    assert camera.capture() == JPEG


def test_a_child_that_died_between_stills_is_replaced(child: Child) -> None:
    """Found by the next reconcile, not when a guest stands before the camera."""
    camera = child("say(b'R')\nwhile asked(): show(JPEG)")
    camera.open()
    before = process(camera)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    dead = os.WEXITED | os.WNOWAIT | os.WNOHANG  # its memory is freed a moment earlier
    wait_until(lambda: os.waitid(os.P_PID, before, dead) is not None)
    camera.reconcile()
    assert process(camera) not in (None, before)
    assert camera.capture() == JPEG


def test_a_camera_that_stays_away_is_not_tried_at_every_look(child: Child, tmp_path: Path) -> None:
    """Starting takes seconds on a small Pi, so reconcile repeats the last error instead."""
    starts = tmp_path / "starts"
    camera = child(f"open({str(starts)!r}, 'a').write('x')\nsay(b'E', b'no camera is connected')")
    for look in (camera.open, camera.reconcile, camera.reconcile):
        with pytest.raises(DeviceUnavailable, match="no camera is connected"):
            look()
    assert starts.read_text() == "x"


def test_a_closed_camera_is_left_alone(child: Child) -> None:
    """Reconcile starts no child for a closed camera."""
    camera = child("say(b'R')\nwhile asked(): show(JPEG)")
    camera.open()
    camera.close()
    camera.reconcile()
    assert process(camera) is None


def test_after_a_bad_child_a_good_one_takes_over(child: Child, tmp_path: Path) -> None:
    """A camera that recovers gives stills again without help."""
    program = f"""
from pathlib import Path
say(b'R')
asked()
if Path({str(tmp_path / "second")!r}).exists(): show(JPEG)
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
    camera = Picamera2Camera(
        "camera/lobby", config, Clock(), CAMERA_RESTART.delay, command, hello_s=0.2
    )
    with pytest.raises(DeviceUnavailable, match="in time"):
        camera.open()
    camera.close()


def test_a_command_that_is_not_there_is_unavailable() -> None:
    """A missing program is reported as DeviceUnavailable, the error that callers expect."""
    config = PiCamera(purposes=["desk"])
    camera = Picamera2Camera(
        "camera/lobby", config, Clock(), CAMERA_RESTART.delay, ("/no/such/program",)
    )
    with pytest.raises(DeviceUnavailable, match="cannot be started"):
        camera.open()


def test_closing_ends_a_still_that_hangs(child: Callable[..., Picamera2Camera]) -> None:
    """Closing ends a still at once, not after the camera's time-out, and leaves no child."""
    camera = child("say(b'R')\nasked()\ntime.sleep(3600)", timeout_s=3600)
    camera.open()
    process_before = process(camera)
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
    assert resident_mb(process_before) == 0
    camera.close()
    with pytest.raises(DeviceUnavailable, match="closed"):
        camera.capture()
