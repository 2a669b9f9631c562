"""Every camera driver on its twin."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.sections.cameras import HttpCamera, PiCamera
from edge.daemon.build import CAMERA_RESTART
from edge.drivers import base
from edge.drivers.camera.http_camera import HttpSnapshotCamera
from edge.drivers.camera.picamera2 import Picamera2Camera
from sim.twins import camera as twins
from sim.twins.camera_dialects import GOOD, PLAIN, Dialect
from sim.twins.scene import Scene
from tests.contract import cameras

# Longer than a good still on a busy machine; each silent one costs so long here.
TIMEOUT_S = 0.7
OLDEST_S = 5.0
SPEED = 50

# The contract's faults by the names of the IP camera's twin.
AT_HTTP: dict[cameras.Fault, twins.Fault] = {
    "silent": "hang", "slow": "drip", "hangs-up": "drop", "cut-short": "cut-short",
    "garbage": "garbage", "frozen": "frozen",
}  # fmt: skip


class HttpBench:
    """An IP camera on loopback."""

    def __init__(self, folder: Path, scheme: twins.Scheme, dialect: Dialect = PLAIN) -> None:
        self._clock = Clock.scaled(SPEED)
        self._twin = twins.CameraTwin(self._lobby, "rahasia", scheme, dialect)
        self._twin.start()
        password = folder / "password"
        password.write_text("rahasia\n")
        config = HttpCamera(
            url=self._twin.url,
            purposes=["desk"],
            username=twins.USERNAME,
            password_file=str(password),
            timeout_s=TIMEOUT_S,
            oldest_s=OLDEST_S,
        )
        self.driver: base.Camera = HttpSnapshotCamera("camera/lobby", config, self._clock)

    def cover(self) -> None:
        """Cover the lens."""
        self._twin.covered = True

    def uncover(self) -> None:
        """Uncover the lens."""
        self._twin.covered = False

    def breaks(self, fault: cameras.Fault) -> None:
        """Make the camera fail; one that is gone has closed its port."""
        if fault == "gone":
            self._twin.close()
        else:
            self._twin.fault = AT_HTTP[fault]

    def recovers(self) -> None:
        """End the fault, at the same address."""
        self._twin.fault = None
        self._twin.start()

    def pass_time(self) -> None:
        """Let a picture become too old."""
        self._clock.sleep(OLDEST_S + 1)

    def close(self) -> None:
        """Close driver and twin."""
        self.driver.close()
        self._twin.close()

    def _lobby(self) -> Scene:
        return Scene(
            place="Lobi", wall_ms=self._clock.wall_ms(), lockers={1: False}, alarming=False,
            figures={},
        )  # fmt: skip


class ChildBench:
    """A Pi's camera with a stand-in as its child process: all is real but the camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = str(Path(__file__).with_name("camera_child.py"))
        config = PiCamera(purposes=["desk"], width=640, height=480, timeout_s=TIMEOUT_S)
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
        (self._folder / "fault").write_text(fault if fault != "gone" else "hangs-up")
        if fault == "gone":
            with pytest.raises(OSError, match="camera/lobby"):
                self.driver.capture()
            (self._folder / "fault").write_text("gone")

    def recovers(self) -> None:
        """End the fault."""
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
