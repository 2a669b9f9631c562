"""The contract of cameras. Every driver passes it, on its twin and on the bench of a technician.

A test module subclasses :class:`CamerasContract` as ``Test…`` and gives it a fixture ``bench``
with its driver open.
"""

from contextlib import suppress
from io import BytesIO
from typing import Literal, Protocol

import pytest
from PIL import Image, ImageStat

from edge.drivers import base
from edge.errors import DeviceFault, DeviceUnavailable

Fault = Literal["silent", "slow", "hangs-up", "cut-short", "garbage", "frozen", "gone"]
"""The faults of a camera, by any connection.

silent: never answers; slow: a byte now and then; hangs-up: its connection or process ends in the
middle; cut-short: half a picture, sent as a whole one; garbage: no picture at all; frozen: an
older picture; gone: not there.
"""

# Mean brightness, 0 to 255, between a covered lens and a lobby with its lights on.
DARK = 25.0


class Bench(Protocol):
    """One camera behind a driver, seen from outside."""

    @property
    def driver(self) -> base.Camera:
        """The driver under test."""

    def cover(self) -> None:
        """Cover the lens."""

    def uncover(self) -> None:
        """Uncover the lens."""

    def breaks(self, fault: Fault) -> None:
        """Make the camera fail with *fault*."""

    def recovers(self) -> None:
        """End the fault."""

    def pass_time(self) -> None:
        """Let enough time pass to make a picture too old."""


def brightness(still: bytes) -> float:
    """Return the mean brightness of a picture, 0 to 255; it is decoded to its last pixel."""
    with Image.open(BytesIO(still)) as picture:
        assert picture.format == "JPEG"
        return float(ImageStat.Stat(picture.convert("L")).mean[0])


class CamerasContract:
    """Tests for every camera."""

    def test_a_still_is_one_whole_jpeg(self, bench: Bench) -> None:
        """A still can be decoded to its last pixel, and ends with JPEG's end marker."""
        still = bench.driver.capture()
        assert brightness(still) > DARK
        assert still.endswith(b"\xff\xd9")

    def test_a_still_shows_what_is_there_now(self, bench: Bench) -> None:
        """A still shows the present scene: never an older picture from a buffer or cache."""
        before = brightness(bench.driver.capture())
        bench.cover()
        covered = brightness(bench.driver.capture())
        bench.uncover()
        after = brightness(bench.driver.capture())
        assert covered < DARK < min(before, after)

    @pytest.mark.parametrize("fault", ["silent", "slow", "hangs-up", "gone"])
    def test_what_may_pass_is_unavailable_and_does_pass(self, bench: Bench, fault: Fault) -> None:
        """No still lasts longer than its time-out, and a camera that recovers needs no help."""
        bench.breaks(fault)
        with pytest.raises(DeviceUnavailable, match=bench.driver.name):
            bench.driver.capture()
        bench.recovers()
        assert brightness(bench.driver.capture()) > DARK

    @pytest.mark.parametrize("fault", ["cut-short", "garbage"])
    def test_what_is_no_picture_is_a_fault(self, bench: Bench, fault: Fault) -> None:
        """Data that is no picture is never stored as a still; the next still is a new request."""
        bench.breaks(fault)
        with pytest.raises(DeviceFault, match=bench.driver.name):
            bench.driver.capture()
        bench.recovers()
        assert brightness(bench.driver.capture()) > DARK

    def test_a_picture_of_earlier_is_a_fault(self, bench: Bench) -> None:
        """An older picture with the present time would be false evidence: it is a fault."""
        bench.driver.capture()
        bench.breaks("frozen")
        bench.pass_time()
        with suppress(DeviceFault):  # a driver may need a second equal still to see it
            bench.driver.capture()
        bench.pass_time()
        with pytest.raises(DeviceFault, match=r"stale|older"):
            bench.driver.capture()
        bench.recovers()
        assert brightness(bench.driver.capture()) > DARK

    def test_it_opens_again_and_closes_twice(self, bench: Bench) -> None:
        """Closing twice is allowed, as at the checkpoint's stop; a closed camera opens again."""
        bench.driver.close()
        bench.driver.close()
        bench.driver.open()
        assert brightness(bench.driver.capture()) > DARK

    def test_a_camera_that_is_not_there_does_not_open(self, bench: Bench) -> None:
        """Opening a missing camera raises, so that the checkpoint tries again."""
        bench.driver.close()
        bench.breaks("gone")
        with pytest.raises(DeviceUnavailable, match=bench.driver.name):
            bench.driver.open()
        bench.recovers()
        bench.driver.open()
        assert brightness(bench.driver.capture()) > DARK
