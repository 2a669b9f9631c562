"""What is said of cameras that give no still: the words, and the remedy, for each bad dialect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.sections.cameras import HttpCamera
from edge.drivers.camera.base import PAUSES_S
from edge.drivers.camera.http_camera import HttpSnapshotCamera
from edge.errors import DeviceError, DeviceFault, DeviceUnavailable
from sim.twins.camera import USERNAME, CameraTwin, Scheme
from sim.twins.camera_dialects import BAD, GOOD, PLAIN, Dialect
from sim.twins.scene import Scene
from tests.drivers.stepped import SteppedClock

PASSWORD = "rahasia-sekali"
SCENE = Scene(place="Lobi", wall_ms=0, lockers={1: False}, alarming=False, figures={})

# Dialect: the kind of error, its words, words of the remedy.
SAID: dict[str, tuple[type[DeviceError], str, str]] = {
    "ntlm": (DeviceFault, "way of authentication that Gardu does not know (NTLM or Negotiate)",
             "Choose Digest or Basic"),
    "auth-int": (DeviceFault, "does not know (Digest MD5 with qop auth-int alone)", "Choose"),
    "no-challenge": (DeviceFault, "names no way of authentication", 'auth = "basic"'),
    "bearer": (DeviceFault, "does not know (Bearer)", "RTSP or ONVIF"),
    "always-busy": (DeviceUnavailable, "is busy, it answers 503 Words: 2 Device Busy", "viewers"),
    "json-page": (DeviceFault, 'a page, not a JPEG: [ { "cmd": "Snap"', "{password}"),
    "xml-page": (DeviceFault, "a page, not a JPEG: -2", "{password}"),
    "html-page": (DeviceFault, "a page, not a JPEG: Login Please log in", "{password}"),
    "busy-page": (DeviceUnavailable, "is busy: 2 Device Busy", "close other viewers"),
    "forbidden": (DeviceFault, "forbids this user the picture: Invalid Operation", "Allow this"),
    "not-found": (DeviceFault, "has no picture at this address: Document Error", "Correct url"),
    "bad-request": (DeviceFault, "answers 400 Words: Bad Request", "in a browser"),
    "png": (DeviceFault, "sends a PNG, which is not a JPEG", "format of the snapshot to JPEG"),
    "moved-to-another-host": (DeviceFault, "(302) to another host, 192.0.2.77", "final address"),
    "moved-for-ever": (DeviceFault, "redirects more than 3 times", "at which it ends"),
}  # fmt: skip


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Return a file with the password."""
    file = tmp_path / "camera-password"
    file.write_text(PASSWORD)
    return file


@pytest.fixture
def twins() -> Iterator[list[CameraTwin]]:
    """Yield the list of twins to be closed."""
    started: list[CameraTwin] = []
    yield started
    for twin in started:
        twin.close()


def begun(twins: list[CameraTwin], dialect: Dialect, scheme: Scheme = "digest") -> CameraTwin:
    """Return a running camera."""
    twins.append(CameraTwin(lambda: SCENE, PASSWORD, scheme, dialect))
    twins[-1].start()
    return twins[-1]


def camera(twin: CameraTwin, password_file: Path, **settings: object) -> HttpSnapshotCamera:
    """Return the driver for *twin*."""
    config = HttpCamera(
        url=twin.url,
        purposes=["desk"],
        username=USERNAME,
        password_file=str(password_file),
        **settings,  # type: ignore[arg-type]  # any setting
    )
    return HttpSnapshotCamera("camera/lobby", config, SteppedClock())


def test_every_bad_dialect_is_in_the_table() -> None:
    """A dialect without its words would not be tested."""
    assert set(SAID) == set(BAD)


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_remedy(
    twins: list[CameraTwin], password_file: Path, name: str
) -> None:
    """The message names the cause, the remedy helps, the password is in neither."""
    twin = begun(twins, BAD[name])
    kind, words, remedy = SAID[name]
    with pytest.raises(kind) as caught:
        camera(twin, password_file).capture()
    assert words in str(caught.value)
    assert remedy in caught.value.remedy
    assert PASSWORD not in f"{caught.value}{caught.value.remedy}"
    assert "cable" not in caught.value.remedy


@pytest.mark.parametrize("name", BAD)
def test_a_password_is_never_tried_twice_for_an_answer(
    twins: list[CameraTwin], password_file: Path, name: str
) -> None:
    """No answer gets the password out of the driver more often than it asks for it."""
    twin = begun(twins, BAD[name])
    with pytest.raises(DeviceError):
        camera(twin, password_file).capture()
    busy = SAID[name][0] is DeviceUnavailable
    assert twin.proofs <= (1 + len(PAUSES_S) if busy else 1)
    assert len(twin.paths) <= 2 * (1 + len(PAUSES_S))


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_wrong_password_is_sent_once(
    twins: list[CameraTwin], tmp_path: Path, scheme: Scheme
) -> None:
    """Cameras lock the account after a few tries."""
    wrong = tmp_path / "wrong"
    wrong.write_text("salah")
    twin = begun(twins, PLAIN, scheme)
    with pytest.raises(DeviceFault, match="refuses the username or password") as caught:
        camera(twin, wrong).capture()
    assert "lock the account" in caught.value.remedy
    assert twin.proofs == 1


def test_with_auth_digest_the_password_is_not_handed_to_basic(
    twins: list[CameraTwin], password_file: Path
) -> None:
    """A machine in the camera's place cannot ask for the password in clear."""
    twin = begun(twins, PLAIN, "basic")
    with pytest.raises(DeviceFault, match='offers only Basic, and auth is "digest"'):
        camera(twin, password_file, auth="digest").capture()
    assert twin.proofs == 0
    twin = begun(twins, GOOD["two-challenges"])
    assert camera(twin, password_file, auth="digest").capture()


def test_with_auth_basic_no_challenge_is_needed(
    twins: list[CameraTwin], password_file: Path
) -> None:
    """Cameras that answer 401 without a challenge take Basic, if the config says so."""
    twin = begun(twins, Dialect(challenges=()), "basic")
    assert camera(twin, password_file, auth="basic").capture()
    twin = begun(twins, Dialect(challenges=('Digest realm="x", nonce="n"',)), "basic")
    with pytest.raises(DeviceFault, match='offers only Digest MD5, and auth is "basic"'):
        camera(twin, password_file, auth="basic").capture()


def test_an_error_page_that_repeats_the_password_is_cleaned(
    twins: list[CameraTwin], password_file: Path
) -> None:
    """Some cameras repeat the request in their page: no message may carry the password on."""
    page = f"<p>no user gardu with {PASSWORD}\x1b[31m</p>"
    twin = begun(twins, Dialect(page=page, kind="text/html"))
    with pytest.raises(DeviceFault, match=r"no user gardu with …\\x1b\[31m") as caught:
        camera(twin, password_file).capture()
    assert PASSWORD not in str(caught.value)


def test_the_account_in_the_address_is_filled_in(twins: list[CameraTwin], tmp_path: Path) -> None:
    """Foscam and Reolink want it there; the config has placeholders, and messages show none."""
    file = tmp_path / "secret"
    file.write_text("a&b c")
    seen: list[str] = []
    twin = begun(twins, PLAIN, "none")
    config = HttpCamera(
        url=twin.url + "?usr={username}&pwd={password}",
        purposes=["desk"],
        username="gardu",
        password_file=str(file),
    )
    device = HttpSnapshotCamera("camera/lobby", config, Clock(), lambda step: seen.append(step.url))
    with pytest.raises(DeviceFault, match="no picture at this address") as caught:
        device.capture()
    assert twin.paths == ["/snapshot.jpg?usr=gardu&pwd=a%26b%20c"]
    assert "a%26b" not in f"{caught.value}{seen}"
    assert seen[0].endswith("usr={username}&pwd=…")
