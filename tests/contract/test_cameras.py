"""Every camera driver on its twin."""

import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import force_setattr

from edge.clock import Clock
from edge.config.sections.cameras import HttpCamera, OnvifCamera, PiCamera, RtspCamera
from edge.daemon.build import CAMERA_RESTART
from edge.drivers import base
from edge.drivers.camera.http_camera import HttpSnapshotCamera
from edge.drivers.camera.onvif_camera import OnvifStillCamera
from edge.drivers.camera.picamera2 import Picamera2Camera
from edge.drivers.camera.rtsp_camera import RtspStillCamera
from sim.twins import camera as twins
from sim.twins import rtsp_camera as rtsp_twins
from sim.twins.camera_dialects import GOOD, PLAIN, Dialect
from sim.twins.onvif_camera import OnvifTwin
from sim.twins.rtp_jpeg import JpegPayloads
from sim.twins.scene import DARK, Scene, draw
from tests.contract import cameras
from tests.contract.rtp_h264 import H264Payloads
from tests.drivers.stepped import SteppedClock
from tests.longer import slow

# Longer than a good still on any machine.
TIMEOUT_S = 30.0
OLDEST_S = 5.0
# A camera that is to be late gets this time only: real seconds, because sockets are real.
LATE_S = 0.1
# A video's process loads its library first.
VIDEO_LATE_S = 1.0
ONVIF_LATE_S = 0.4
ENDLESS: tuple[cameras.Fault, ...] = ("silent", "slow")

# The contract's faults by the names of the IP camera's twin.
AT_HTTP: dict[cameras.Fault, twins.Fault] = {
    "silent": "hang", "slow": "drip", "hangs-up": "drop", "cut-short": "cut-short",
    "garbage": "garbage", "frozen": "frozen",
}  # fmt: skip


AT_RTSP: dict[cameras.Fault, rtsp_twins.RtspFault] = {
    "silent": "hang", "slow": "drip", "hangs-up": "drop", "cut-short": "cut-short",
    "garbage": "garbage", "frozen": "frozen",
}  # fmt: skip


class Impatience:
    """The time-out of a camera, which is short where a fault would last until its end."""

    def __init__(self, config: Any, late_s: float, faults: Collection[cameras.Fault]) -> None:
        self._config = config
        self._usual_s = config.timeout_s
        self._late_s = late_s
        self._faults = faults

    def begins(self, fault: cameras.Fault) -> None:
        """Shorten the time-out for *fault*, if it would last."""
        if fault in self._faults:
            force_setattr(self._config, "timeout_s", self._late_s)

    def ends(self) -> None:
        """Give it the usual time."""
        force_setattr(self._config, "timeout_s", self._usual_s)


class HttpBench:
    """An IP camera on loopback."""

    def __init__(self, folder: Path, scheme: twins.Scheme, dialect: Dialect = PLAIN) -> None:
        self.clock = SteppedClock()
        self.twin = twins.CameraTwin(lambda: lobby(self.clock), "rahasia", scheme, dialect)
        self.twin.start()
        password = folder / "password"
        password.write_text("rahasia\n")
        config = HttpCamera(
            url=self.twin.url,
            purposes=["desk"],
            username=twins.USERNAME,
            password_file=str(password),
            timeout_s=TIMEOUT_S,
            oldest_s=OLDEST_S,
        )
        self._impatience = Impatience(config, LATE_S, ENDLESS)
        self.driver: base.Camera = HttpSnapshotCamera("camera/lobby", config, self.clock)

    def cover(self) -> None:
        """Cover the lens."""
        self.twin.covered = True

    def uncover(self) -> None:
        """Uncover the lens."""
        self.twin.covered = False

    def breaks(self, fault: cameras.Fault) -> None:
        """Make the camera fail; one that is gone has closed its port."""
        self._impatience.begins(fault)
        if fault == "gone":
            self.twin.close()
        else:
            self.twin.fault = AT_HTTP[fault]

    def recovers(self) -> None:
        """End the fault, at the same address."""
        self._impatience.ends()
        self.twin.fault = None
        self.twin.start()

    def pass_time(self) -> None:
        """Let a picture become too old."""
        self.clock.sleep(OLDEST_S + 1)

    def close(self) -> None:
        """Close driver and twin."""
        self.driver.close()
        self.twin.close()


class RtspBench:
    """A camera with RTSP alone on loopback, and the real decoder."""

    def __init__(
        self,
        folder: Path,
        scheme: rtsp_twins.RtspScheme,
        encoder: Callable[[], rtsp_twins.Payloads],
    ) -> None:
        self.clock = SteppedClock()
        self.covered = False
        self.twin = rtsp_twins.RtspCameraTwin(self._look, "rahasia", scheme, encoder)
        self.twin.start()
        password = folder / "password"
        password.write_text("rahasia\n")
        config = RtspCamera(
            url=self.twin.url,
            purposes=["desk"],
            username=twins.USERNAME,
            password_file=str(password),
            timeout_s=TIMEOUT_S,
            oldest_s=OLDEST_S,
        )
        # Each connection that ends is tried again, with a new process.
        self._impatience = Impatience(config, VIDEO_LATE_S, (*ENDLESS, "hangs-up"))
        self.driver: base.Camera = RtspStillCamera("camera/lobby", config, self.clock)

    def cover(self) -> None:
        """Cover the lens."""
        self.covered = True

    def uncover(self) -> None:
        """Uncover the lens."""
        self.covered = False

    def breaks(self, fault: cameras.Fault) -> None:
        """Make the camera fail; one that is gone has closed its port."""
        self._impatience.begins(fault)
        if fault == "gone":
            self.twin.close()
        else:
            self.twin.fault = AT_RTSP[fault]

    def recovers(self) -> None:
        """End the fault, at the same address."""
        self._impatience.ends()
        self.twin.fault = None
        self.twin.start()

    def pass_time(self) -> None:
        """Let a picture become too old."""
        self.clock.sleep(OLDEST_S + 1)

    def close(self) -> None:
        """Close driver and twin."""
        self.driver.close()
        self.twin.close()

    def _look(self) -> bytes:
        return DARK if self.covered else draw(lobby(self.clock))


class OnvifBench:
    """A camera with ONVIF; its pictures come as those of the bench *inner*, in its place."""

    def __init__(self, folder: Path, inner: HttpBench | RtspBench) -> None:
        self._inner = inner
        self.clock = inner.clock
        snapshot = (lambda: inner.twin.url) if isinstance(inner, HttpBench) else None
        self.onvif = OnvifTwin("rahasia", snapshot, lambda: inner.twin.url, behind_s=86_400)
        self.onvif.start()
        config = OnvifCamera(
            url=self.onvif.url,
            purposes=["desk"],
            username=twins.USERNAME,
            password_file=str(folder / "password"),
            timeout_s=TIMEOUT_S,
            oldest_s=OLDEST_S,
        )
        late_s = ONVIF_LATE_S if isinstance(inner, HttpBench) else VIDEO_LATE_S
        self._impatience = Impatience(config, late_s, (*ENDLESS, "hangs-up"))
        self.driver: base.Camera = OnvifStillCamera("camera/lobby", config, self.clock)

    def cover(self) -> None:
        """Cover the lens."""
        self._inner.cover()

    def uncover(self) -> None:
        """Uncover the lens."""
        self._inner.uncover()

    def breaks(self, fault: cameras.Fault) -> None:
        """Make the camera fail; one that is gone has closed all its ports."""
        self._impatience.begins(fault)
        self._inner.breaks(fault)
        if fault == "gone":
            self.onvif.close()

    def recovers(self) -> None:
        """End the fault, at the same address."""
        self._impatience.ends()
        self._inner.recovers()
        self.onvif.start()

    def pass_time(self) -> None:
        """Let a picture become too old."""
        self.clock.sleep(OLDEST_S + 1)

    def close(self) -> None:
        """Close driver and twins."""
        self.driver.close()
        self.onvif.close()
        self._inner.close()


def lobby(clock: Clock) -> Scene:
    """Return the scene before every lens."""
    return Scene(
        place="Lobi", wall_ms=clock.wall_ms(), lockers={1: False}, alarming=False, figures={}
    )


class ChildBench:
    """A Pi's camera with a stand-in as its child process: all is real but the camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = str(Path(__file__).with_name("camera_child.py"))
        config = PiCamera(purposes=["desk"], width=640, height=480, timeout_s=TIMEOUT_S)
        self._impatience = Impatience(config, LATE_S, ENDLESS)
        command = (sys.executable, program, str(folder))
        self.driver: base.Camera = Picamera2Camera(
            "camera/lobby", config, Clock(), CAMERA_RESTART.delay, command
        )

    def cover(self) -> None:
        """Cover the lens."""
        (self._folder / "covered").touch()

    def uncover(self) -> None:
        """Uncover the lens."""
        (self._folder / "covered").unlink()

    def breaks(self, fault: cameras.Fault) -> None:
        """Make the camera fail; with one that is gone, its process ends."""
        self._impatience.begins(fault)
        (self._folder / "fault").write_text(fault if fault != "gone" else "hangs-up")
        if fault == "gone":
            with pytest.raises(OSError, match="camera/lobby"):
                self.driver.capture()
            (self._folder / "fault").write_text("gone")

    def recovers(self) -> None:
        """End the fault."""
        self._impatience.ends()
        (self._folder / "fault").unlink()

    def pass_time(self) -> None:
        """Does nothing: its frames hold the moment of their exposure."""

    def close(self) -> None:
        """Close the driver."""
        self.driver.close()


class TestHttp(cameras.CamerasContract):
    """IP cameras, with each scheme of password authentication."""

    @pytest.fixture(params=twins.SCHEMES)
    def bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[cameras.Bench]:
        """Return an open camera."""
        bench = HttpBench(tmp_path, request.param)
        try:
            bench.driver.open()
            yield bench
        finally:
            bench.close()


class TestDialects(cameras.CamerasContract):
    """IP cameras that bend the rules of HTTP, as they are met in offices."""

    @pytest.fixture(params=GOOD)
    def bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[cameras.Bench]:
        """Return an open camera."""
        bench = HttpBench(tmp_path, "digest", GOOD[request.param])
        try:
            bench.driver.open()
            yield bench
        finally:
            bench.close()


@slow
class TestRtsp(cameras.CamerasContract):
    """IP cameras with video alone."""

    @pytest.fixture(params=[("digest", JpegPayloads), ("basic", H264Payloads)])
    def bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[cameras.Bench]:
        """Return an open camera."""
        bench = RtspBench(tmp_path, *request.param)
        try:
            bench.driver.open()
            yield bench
        finally:
            bench.close()


@slow
class TestOnvif(cameras.CamerasContract):
    """Cameras that name their addresses by ONVIF, with a snapshot or with video alone."""

    @pytest.fixture(params=["snapshot", "stream"])
    def bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[cameras.Bench]:
        """Return an open camera."""
        inner = (
            HttpBench(tmp_path, "digest")
            if request.param == "snapshot"
            else RtspBench(tmp_path, "digest", JpegPayloads)
        )
        bench = OnvifBench(tmp_path, inner)
        try:
            bench.driver.open()
            yield bench
        finally:
            bench.close()


class TestPicamera2(cameras.CamerasContract):
    """The Pi's own camera."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[cameras.Bench]:
        """Return an open camera."""
        bench = ChildBench(tmp_path)
        try:
            bench.driver.open()
            yield bench
        finally:
            bench.close()
