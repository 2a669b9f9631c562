"""Cameras with ONVIF: the way to their pictures, and what is said if there is none."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.sections.cameras import OnvifCamera
from edge.drivers.camera import onvif_soap as soap
from edge.drivers.camera.onvif_camera import OnvifStillCamera
from edge.errors import DeviceError, DeviceFault, DeviceUnavailable
from sim.twins.camera import USERNAME, CameraTwin
from sim.twins.onvif_camera import OnvifFault, OnvifTwin
from sim.twins.rtsp_camera import RtspCameraTwin
from sim.twins.scene import Scene, draw
from tests.drivers.stepped import SteppedClock

PASSWORD = "rahasia"
SCENE = Scene(place="Lobi", wall_ms=0, lockers={1: False}, alarming=False, figures={})
STREAMED = draw(SCENE)


class Camera:
    """A camera with snapshot, stream and ONVIF."""

    def __init__(self, stack: ExitStack, *, snapshot: bool = True, stream: bool = True) -> None:
        self.web = CameraTwin(lambda: SCENE, PASSWORD)
        self.video = RtspCameraTwin(lambda: STREAMED, PASSWORD)
        self.onvif = OnvifTwin(
            PASSWORD,
            (lambda: self.web.url) if snapshot else None,
            (lambda: self.video.url) if stream else None,
            behind_s=-4_000_000,
        )
        for twin in (self.web, self.video, self.onvif):
            stack.callback(twin.close)
            twin.start()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Yield a stack that closes what is put on it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Return a file with the password."""
    file = tmp_path / "camera-password"
    file.write_text(PASSWORD)
    return file


def driver(camera: Camera, secret: Path, **settings: Any) -> OnvifStillCamera:
    """Return the driver of *camera*."""
    values: dict[str, Any] = {
        "username": USERNAME, "password_file": str(secret), "timeout_s": 60.0,
    }  # fmt: skip
    config = OnvifCamera(url=camera.onvif.url, purposes=["desk"], **(values | settings))
    return OnvifStillCamera("camera/lobby", config, SteppedClock())


def test_the_addresses_are_asked_for_once(stack: ExitStack, password_file: Path) -> None:
    """A clock that is weeks off and hosts of another network do no harm; later stills are quick."""
    camera = Camera(stack)
    device = driver(camera, password_file, dated=False)
    device.open()
    assert device.capture() == device.capture()
    assert device.source is not None
    assert device.source.url == camera.web.url
    assert camera.onvif.calls == [
        "GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetSnapshotUri", "GetStreamUri",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("offers", "settings", "kind"),
    [
        ({"snapshot": False}, {}, "stream"),
        ({}, {"still": "stream"}, "stream"),
        ({}, {"profile": "subStream"}, "snapshot"),
        ({"stream": False}, {"profile": "Profile_1"}, "snapshot"),
    ],
)
def test_the_still_comes_the_way_that_there_is(
    stack: ExitStack, password_file: Path, offers: dict[str, Any], settings: Any, kind: str
) -> None:
    """A snapshot if the camera has one, else its video; or as the config says."""
    device = driver(Camera(stack, **offers), password_file, **settings)
    assert device.capture().startswith(b"\xff\xd8\xff")
    assert device.source is not None
    assert device.source.kind == kind


def test_a_snapshot_that_does_not_work_makes_way_for_the_video(
    stack: ExitStack, password_file: Path
) -> None:
    """Some cameras name a snapshot that they do not have."""
    camera = Camera(stack)
    camera.web.fault = "garbage"
    device = driver(camera, password_file)
    assert device.capture().startswith(b"\xff\xd8\xff")
    assert device.source is not None
    assert device.source.kind == "stream"
    with pytest.raises(DeviceFault, match="not a JPEG"):
        driver(camera, password_file, still="snapshot").capture()


@pytest.mark.parametrize(
    ("fault", "settings", "kind", "words", "remedy"),
    [
        ("locked", {}, DeviceFault, "refuses the username or password", "users for ONVIF"),
        (None, {"username": "", "password_file": ""}, DeviceFault,
         "asks for a username and password (ONVIF)", "Set username"),
        ("no-service", {}, DeviceFault, "has no ONVIF service at this address (404", "port"),
        ("no-xml", {}, DeviceFault, "has no ONVIF service at this address (200, no XML", "port"),
        ("dtd", {}, DeviceFault, "a document with a DTD", "port"),
        ("off", {}, DeviceUnavailable, "is busy, it answers 503", "off and on"),
        ("no-profiles", {}, DeviceFault, "has no profile", "the camera has: none"),
        (None, {"profile": "third"}, DeviceFault, "has no profile 'third'", "mainStream, sub"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_remedy(
    stack: ExitStack,
    password_file: Path,
    fault: OnvifFault | None,
    settings: dict[str, Any],
    kind: type[DeviceError],
    words: str,
    remedy: str,
) -> None:
    """Each fault has its words and its remedy."""
    camera = Camera(stack)
    camera.onvif.fault = fault
    with pytest.raises(kind) as caught:
        driver(camera, password_file, **settings).capture()
    assert words in str(caught.value)
    assert remedy in caught.value.remedy
    assert PASSWORD not in f"{caught.value}{caught.value.remedy}"


def test_a_camera_without_any_address(stack: ExitStack, password_file: Path) -> None:
    """Neither snapshot nor stream: the message names what can be tried."""
    camera = Camera(stack, snapshot=False, stream=False)
    with pytest.raises(DeviceFault, match="names no address of a picture") as caught:
        driver(camera, password_file).capture()
    assert 'driver = "rtsp"' in caught.value.remedy


def test_after_an_error_the_addresses_are_asked_for_again(
    stack: ExitStack, password_file: Path
) -> None:
    """A camera that was replaced or set anew may have other ones."""
    camera = Camera(stack)
    device = driver(camera, password_file, still="snapshot")
    device.capture()
    camera.web.fault = "garbage"
    with pytest.raises(DeviceFault):
        device.capture()
    camera.web.fault = None
    device.capture()
    assert camera.onvif.calls.count("GetSnapshotUri") == 2


@given(st.binary(max_size=300))
def test_any_document_is_soap_or_refused(data: bytes) -> None:
    """What comes from the network gives an element or an expected error."""
    for document in (data, soap.envelope("<a>") + data, soap.envelope(data.decode("latin-1"))):
        try:
            body = soap.parse(document)
        except (soap.NotSoap, soap.SoapFault):
            continue
        assert soap.camera_time(body) is None
        assert soap.profiles(body) == []
