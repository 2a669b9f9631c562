"""The HTTP camera against a real server on loopback: good, protected, slow and wrong."""

import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.config.sections.cameras import HttpCamera
from edge.drivers.camera.base import PAUSES_S
from edge.drivers.camera.http_camera import HttpSnapshotCamera
from edge.errors import DeviceFault, DeviceUnavailable
from tests.drivers.camera.camera_bench import JPEG, PASSWORD, USER, IpCamera
from tests.drivers.conftest import PATIENCE_S
from tests.drivers.stepped import SteppedClock


@pytest.fixture
def server() -> Iterator[IpCamera]:
    """Yield an IP camera on loopback."""
    with IpCamera() as server:
        yield server


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Return a file with the right password and a newline, as editors write it."""
    file = tmp_path / "camera-password"
    file.write_text(PASSWORD + "\n")
    return file


def camera(
    url: str,
    password_file: Path | str = "",
    timeout_s: float = 5.0,
    clock: Clock | None = None,
    **settings: Any,
) -> HttpSnapshotCamera:
    """Return a camera at *url*; with *password_file* it has the right username."""
    config = HttpCamera(
        url=url,
        purposes=["desk"],
        username=USER if password_file else "",
        password_file=str(password_file),
        timeout_s=timeout_s,
        **settings,
    )
    return HttpSnapshotCamera("camera/lobby", config, clock or Clock())


@pytest.mark.parametrize(
    "path", ["plain", "padded", "chunked", "no-length", "says-too-much", "says-too-little"]
)
def test_a_still_is_one_whole_jpeg(server: IpCamera, path: str) -> None:
    """The JPEG's own end decides: some cameras pad their pictures, or send a wrong length."""
    device = camera(server.url(path))
    device.open()
    assert device.capture() == JPEG
    device.close()


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_the_password_is_sent_as_the_camera_asks(
    server: IpCamera, password_file: Path, scheme: str
) -> None:
    """The password is sent by Digest or, for old cameras, by Basic; the server checks it."""
    device = camera(server.url(scheme), password_file)
    assert device.capture() == JPEG
    assert device.capture() == JPEG
    assert server.passwords == 2


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_wrong_password_is_a_fault_and_tried_once(
    server: IpCamera, password_file: Path, scheme: str
) -> None:
    """Cameras lock the account after a few tries; the message never shows the password."""
    password_file.write_text("salah")
    with pytest.raises(DeviceFault, match="camera/lobby: refuses the username") as caught:
        camera(server.url(scheme), password_file).capture()
    assert "password_file" in caught.value.remedy
    assert "salah" not in f"{caught.value}{caught.value.remedy}"
    assert server.passwords == 1


def test_no_username_where_one_is_needed_is_a_fault(server: IpCamera) -> None:
    """A missing username is a fault: the config must be completed."""
    with pytest.raises(DeviceFault, match=r"asks for a username and password \(Digest MD5\)"):
        camera(server.url("digest")).capture()


def test_a_password_file_that_is_gone_is_a_fault(server: IpCamera, tmp_path: Path) -> None:
    """A missing password file is named, so that it can be put back."""
    with pytest.raises(DeviceFault, match="no-such-file"):
        camera(server.url("digest"), tmp_path / "no-such-file").capture()


@pytest.mark.parametrize("path", ["silent", "dripping-headers", "dripping-body"])
def test_a_camera_that_takes_for_ever_is_cut_off(server: IpCamera, path: str) -> None:
    """One deadline for the whole still; a byte now and then does not prolong it."""
    with pytest.raises(DeviceUnavailable, match=r"within 0\.2 s"):
        camera(server.url(path), timeout_s=0.2).capture()


def test_a_tls_handshake_that_takes_for_ever_is_cut_off() -> None:
    """The deadline also holds before the first byte of HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(listener.accept()[0]))
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(DeviceUnavailable, match=r"within 0\.2 s"):
            camera(f"https://127.0.0.1:{port}/plain", timeout_s=0.2).capture()
        thread.join()
        held[0].close()


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("garbage", "not a JPEG"),
        ("truncated", "cut short"),
        ("huge", "larger than"),
        ("missing", "no picture at this address"),
        ("not-http", "does not answer as a camera: an answer that begins with b'220 ftp"),
        ("unheard-of", r"does not know \(Bearer\)"),
    ],
)
def test_what_somebody_must_see_to_is_a_fault(
    server: IpCamera, password_file: Path, path: str, why: str
) -> None:
    """A fault needs a person; its message names the remedy or the received data."""
    with pytest.raises(DeviceFault, match=f"camera/lobby: .*{why}"):
        camera(server.url(path), password_file).capture()


@pytest.mark.parametrize(
    ("path", "why"),
    [("busy", "is busy.*503"), ("dropped", "hung up"), ("chunked-and-dropped", "hung up")],
)
def test_what_may_pass_is_unavailable_after_a_few_tries(
    server: IpCamera, path: str, why: str
) -> None:
    """A busy camera or a lost connection is asked again, a few times; then it is the error."""
    with pytest.raises(DeviceUnavailable, match=why) as caught:
        camera(server.url(path), clock=SteppedClock()).capture()
    assert caught.value.remedy
    assert server.requests == 1 + len(PAUSES_S)


def test_a_late_try_does_not_hide_that_the_camera_is_busy(server: IpCamera) -> None:
    """The reason of the first tries is told, not the time-out of the last one."""
    with pytest.raises(DeviceUnavailable, match="503"):
        camera(server.url("busy-then-silent"), timeout_s=0.6).capture()


def test_a_redirect_within_the_host_is_followed(server: IpCamera, password_file: Path) -> None:
    """Cameras move their snapshot within themselves; the password goes to the new address."""
    assert camera(server.url("redirect"), password_file).capture() == JPEG


def test_a_stale_nonce_is_answered_once_more(server: IpCamera, password_file: Path) -> None:
    """The password was right, only the camera's challenge was too old: it is sent once more."""
    assert camera(server.url("stale-nonce"), password_file).capture() == JPEG
    assert server.passwords == 2


def test_a_nonce_that_is_always_stale_is_given_up(server: IpCamera, password_file: Path) -> None:
    """A camera that always calls the challenge stale is given up after the second answer."""
    with pytest.raises(DeviceFault, match="refuses the username"):
        camera(server.url("always-stale"), password_file).capture()
    assert server.passwords == 2


def test_the_safest_way_in_is_taken(server: IpCamera, password_file: Path) -> None:
    """Of several headers and schemes the safest is used; the password is never sent in clear."""
    assert camera(server.url("many-ways"), password_file).capture() == JPEG
    assert server.passwords == 1


def test_a_frozen_camera_is_a_fault(server: IpCamera) -> None:
    """The same picture bit for bit is an old one: its time stamp would be false evidence."""
    clock = SteppedClock()
    device = camera(server.url("plain"), clock=clock, oldest_s=5)
    assert device.capture() == JPEG
    clock.sleep(6)
    with pytest.raises(
        DeviceFault, match=r"camera/lobby: sends a stale picture, the same for \d+ s"
    ):
        device.capture()
    with pytest.raises(DeviceFault, match="stale") as caught:
        device.capture()
    assert "switch it off and on" in caught.value.remedy


@pytest.mark.parametrize("path", ["dated", "cached"])
def test_a_picture_that_is_old_by_its_own_headers_is_a_fault(server: IpCamera, path: str) -> None:
    """An old picture is a fault, even the first, unless the config has ``dated = false``."""
    with pytest.raises(DeviceFault, match="stale") as caught:
        camera(server.url(path), clock=SteppedClock(), oldest_s=60).capture()
    assert "dated = false" in caught.value.remedy
    assert camera(server.url(path), dated=False).capture() == JPEG


@pytest.mark.parametrize("path", ["just-now", "nonsense-dates"])
def test_headers_that_say_nothing_of_age_do_no_harm(server: IpCamera, path: str) -> None:
    """A header with a current or unreadable date is no fault: many cameras have wrong clocks."""
    assert camera(server.url(path)).capture() == JPEG


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a self-signed certificate for 127.0.0.1, with its key in the same file."""
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "camera.pem"
    subprocess.run(
        [tool, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=camera", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return both


@pytest.fixture
def tls_url(server: IpCamera, certificate: Path) -> str:
    """Return the address of the same camera behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return server.url("plain").replace("http:", "https:")


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of the certificate in *certificate*, as browsers show it."""
    pem = certificate.read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :])
    return hashlib.sha256(der).digest().hex(":").upper()


def test_a_certificate_that_nobody_vouches_for_is_a_fault(tls_url: str) -> None:
    """An unknown certificate is a fault; the message names both remedies."""
    with pytest.raises(DeviceFault, match="authority that this machine does not") as caught:
        camera(tls_url).capture()
    assert "ca_file" in caught.value.remedy
    assert "fingerprint" in caught.value.remedy


def test_a_known_signer_or_fingerprint_is_let_in(tls_url: str, certificate: Path) -> None:
    """Cameras sign their certificates themselves: ca_file or fingerprint accepts one."""
    assert camera(tls_url, ca_file=str(certificate)).capture() == JPEG
    assert camera(tls_url, fingerprint=fingerprint(certificate)).capture() == JPEG


def test_another_certificate_than_the_pinned_one_is_a_fault(tls_url: str) -> None:
    """Another certificate, as of an impostor, is a fault that shows its fingerprint."""
    with pytest.raises(DeviceFault, match=r"has the fingerprint [0-9a-f]{64}"):
        camera(tls_url, fingerprint="00" * 32).capture()


def test_a_camera_that_is_not_there_is_unavailable() -> None:
    """A missing camera is unavailable, both at opening and at a still."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    device = camera(f"http://127.0.0.1:{port}/plain", clock=SteppedClock())
    with pytest.raises(DeviceUnavailable, match="cannot be reached"):
        device.open()
    with pytest.raises(DeviceUnavailable, match="cannot be reached"):
        device.capture()


def test_no_proxy_and_no_other_scheme(
    server: IpCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture is read from the camera only: proxies and other schemes are not used."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert camera(server.url("plain")).capture() == JPEG
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(JPEG)
    with pytest.raises(DeviceFault, match="does not answer as a camera"):
        camera(picture.as_uri()).capture()


def test_tls_of_a_camera_that_speaks_none_is_told(server: IpCamera) -> None:
    """https:// to a camera without TLS is reported in words, without a traceback."""
    with pytest.raises(DeviceFault, match="does not speak TLS"):
        camera(server.url("plain").replace("http:", "https:")).capture()


def test_nothing_is_left_running(server: IpCamera) -> None:
    """A still leaves no thread running (open sockets fail the suite anyhow)."""
    device = camera(server.url("plain"))
    for _ in range(20):
        device.capture()
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(PATIENCE_S)
    assert not any(timer.is_alive() for timer in timers)


def test_a_machine_that_does_not_answer_is_not_a_slow_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Switched off, a camera answers nothing: the remedy is its power, not a smaller picture."""

    def silent(*_: object) -> socket.socket:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", silent)
    device = camera("http://192.0.2.1/s.jpg", clock=SteppedClock())
    for call in (device.open, device.capture):
        with pytest.raises(DeviceUnavailable, match="cannot be reached: no answer") as caught:
            call()
        assert "power" in caught.value.remedy
