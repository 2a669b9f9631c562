"""The contract of cameras. Every driver passes it, on its twin and on the bench of a technician.

A test module subclasses :class:`CamerasContract` as ``Test…`` and gives it a fixture ``bench``
whose driver is open.
"""

from contextlib import suppress
from io import BytesIO
from typing import Literal, Protocol

import pytest
from PIL import Image, ImageStat

from edge.drivers import base
from edge.errors import DeviceFault, DeviceUnavailable

Fault = Literal["silent", "slow", "hangs-up", "cut-short", "garbage", "frozen", "gone"]
"""What can be wrong with a camera, whatever it is connected by.

silent: never answers; slow: a byte now and then; hangs-up: its connection or process ends in the
middle; cut-short: half a picture, said to be whole; garbage: no picture at all; frozen: a picture
of earlier; gone: not there.
"""

# Mean brightness, 0 to 255, between a covered lens and a lobby with its lights on.
DARK = 25.0


class Bench(Protocol):
    """One camera behind a driver, seen from outside."""

    @property
    def driver(self) -> base.Camera:
        """The driver under test."""

    def cover(self) -> None:
        """Hold something before the lens."""

    def uncover(self) -> None:
        """Take it away."""

    def breaks(self, fault: Fault) -> None:
        """Make the camera go wrong."""

    def recovers(self) -> None:
        """Make it right again."""

    def pass_time(self) -> None:
        """Let as much time go by as makes a picture too old."""


def brightness(still: bytes) -> float:
    """Return how bright a picture is on average, 0 to 255; it is read to its last pixel."""
    with Image.open(BytesIO(still)) as picture:
        assert picture.format == "JPEG"
        return float(ImageStat.Stat(picture.convert("L")).mean[0])


class CamerasContract:
    """What every camera promises."""

    def test_a_still_is_one_whole_jpeg(self, bench: Bench) -> None:
        """It can be opened to its last pixel, and ends with its own last marker."""
        still = bench.driver.capture()
        assert brightness(still) > DARK
        assert still.endswith(b"\xff\xd9")

    def test_a_still_shows_what_is_there_now(self, bench: Bench) -> None:
        """Not what was there when the still before was taken: buffers and caches are passed by."""
        before = brightness(bench.driver.capture())
        bench.cover()
        covered = brightness(bench.driver.capture())
        bench.uncover()
        after = brightness(bench.driver.capture())
        assert covered < DARK < min(before, after)

    @pytest.mark.parametrize("fault", ["silent", "slow", "hangs-up", "gone"])
    def test_what_may_pass_is_unavailable_and_does_pass(self, bench: Bench, fault: Fault) -> None:
        """No still outlasts its time-out, and a camera that recovers needs nobody's help."""
        bench.breaks(fault)
        with pytest.raises(DeviceUnavailable, match=bench.driver.name):
            bench.driver.capture()
        bench.recovers()
        assert brightness(bench.driver.capture()) > DARK

    @pytest.mark.parametrize("fault", ["cut-short", "garbage"])
    def test_what_is_no_picture_is_a_fault(self, bench: Bench, fault: Fault) -> None:
        """It is never kept as one; and the next still is asked for afresh."""
        bench.breaks(fault)
        with pytest.raises(DeviceFault, match=bench.driver.name):
            bench.driver.capture()
        bench.recovers()
        assert brightness(bench.driver.capture()) > DARK

    def test_a_picture_of_earlier_is_a_fault(self, bench: Bench) -> None:
        """Stamped with the present time it would be false evidence."""
        bench.driver.capture()
        bench.breaks("frozen")
        bench.pass_time()
        with suppress(DeviceFault):  # where only repetition shows it, the first is no repetition
            bench.driver.capture()
        bench.pass_time()
        with pytest.raises(DeviceFault, match=r"stale|older"):
            bench.driver.capture()
        bench.recovers()
        assert brightness(bench.driver.capture()) > DARK

    def test_it_opens_again_and_closes_twice(self, bench: Bench) -> None:
        """The checkpoint closes everything on its way out, whatever has been closed."""
        bench.driver.close()
        bench.driver.close()
        bench.driver.open()
        assert brightness(bench.driver.capture()) > DARK

    def test_a_camera_that_is_not_there_does_not_open(self, bench: Bench) -> None:
        """It is told, so that the checkpoint tries again."""
        bench.driver.close()
        bench.breaks("gone")
        with pytest.raises(DeviceUnavailable, match=bench.driver.name):
            bench.driver.open()
        bench.recovers()
        bench.driver.open()
        assert brightness(bench.driver.capture()) > DARK
