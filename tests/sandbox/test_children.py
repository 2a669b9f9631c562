"""Each process that the daemon starts does its work in the unit's sandbox, without one refusal."""

import shutil
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from edge.clock import Clock, Stamp
from edge.config.places import default_config_folder
from edge.config.sections.cameras import PiCamera, RtspCamera, Stills
from edge.drivers.camera.picamera2 import Picamera2Camera
from edge.drivers.camera.rtsp_camera import RtspStillCamera
from edge.drivers.camera.stamper import Stamper
from edge.sop.monthly_summary import Summary
from edge.store.store import Store
from sim.stage.process import gardu
from sim.twins.camera import USERNAME
from sim.twins.rtsp_camera import RtspCameraTwin, RtspScheme
from tests.drivers.camera.test_picamera2_child import FAKE
from tests.drivers.camera.test_rtsp_camera import PICTURE
from tests.printing import needs_pango
from tests.report.lobby_month import BEGIN_MS, visit_of, visit_records
from tests.sandbox.sandbox import Sandbox, needs_filter
from tests.sim.wiring import CONFIG
from tests.store_bench import SOURCE, HandClock

pytestmark = needs_filter

DAY_MS = 86_400_000


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """Return a data folder with visits of November 2026."""
    data = tmp_path / "data"
    data.mkdir()
    clock = HandClock()
    clock.moment = Stamp(10**12, BEGIN_MS, synced=True, boot="b")
    with closing(Store(data, SOURCE, clock)) as store:
        plan = visit_of(5 * DAY_MS, "completed", ((90_000, 5_000, 180.0, 0.0),))
        store.commit(checkpoint=None, visits={}, records=list(visit_records(1, plan)))
    return data


def test_the_months_report_is_counted(tmp_path: Path, month: Path) -> None:
    """The summary comes, and the child has made no call that the unit forbids."""
    words = (sys.executable, "-m", "edge.report", str(month), "2026-11", "Asia/Jakarta")
    with Sandbox(tmp_path) as sandbox:
        done = sandbox.run(*words)
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout, type=Summary).totals.visits == 1
    assert sandbox.refusals == []


def test_the_report_is_counted_where_priorities_cannot_be_changed(
    tmp_path: Path, month: Path
) -> None:
    """An older unit beside a newer program: the month is counted with the usual priority."""
    words = (sys.executable, "-m", "edge.report", str(month), "2026-11", "Asia/Jakarta")
    with Sandbox(tmp_path, forbid=["setpriority"]) as sandbox:
        done = sandbox.run(*words)
    assert done.returncode == 0, done.stderr
    assert [refusal.call for refusal in sandbox.refusals] == ["setpriority"]


def test_stills_are_stamped(tmp_path: Path) -> None:
    """Pillow draws the strip with its fonts in the sandbox."""
    at = Stamp(0, 1_795_000_000_000, synced=True, boot="b")
    with Sandbox(tmp_path) as sandbox:
        child = sandbox.command(sys.executable, "-m", "edge.drivers.camera.stamper_child")
        stamper = Stamper("stamper", Stills(stamp=True), CONFIG.checkpoint, child, memory_mb=10**6)
        stamped = stamper.stamp(PICTURE, "desk", at)
    assert sandbox.refusals == []
    with Image.open(BytesIO(stamped)) as after, Image.open(BytesIO(PICTURE)) as before:
        assert after.height > before.height


@pytest.mark.parametrize("scheme", ["none", "digest"])
def test_video_is_decoded(tmp_path: Path, scheme: RtspScheme) -> None:
    """FFmpeg fetches and decodes a key frame from a camera with RTSP in the sandbox."""
    twin = RtspCameraTwin(lambda: PICTURE, "rahasia", scheme)
    twin.start()
    (secret := tmp_path / "camera-password").write_text("rahasia")
    config = RtspCamera(
        url=twin.url, purposes=["desk"], username=USERNAME, password_file=str(secret),
        timeout_s=60.0,
    )  # fmt: skip
    with closing(twin), Sandbox(tmp_path) as sandbox:
        child = sandbox.command(sys.executable, "-m", "edge.drivers.camera.rtsp_child")
        camera = RtspStillCamera("camera/lobby", config, Clock(), command=child)
        assert camera.capture().startswith(b"\xff\xd8\xff")
        camera.close()
    assert sandbox.refusals == []


@pytest.mark.parametrize("words", ["", "no-exposure"])
def test_a_camera_on_the_pis_connector_gives_a_still(tmp_path: Path, words: str) -> None:
    """The child with the stand-in of picamera2; libcamera itself is run in a virtual Pi only."""
    shutil.copy(FAKE, tmp_path / "picamera2.py")
    config = PiCamera(purposes=["desk"], width=640, height=480, timeout_s=60.0, memory_mb=1000)
    with Sandbox(tmp_path) as sandbox:
        variables = [f"PYTHONPATH={tmp_path}", f"GARDU_FAKE_CAMERA={words}"]
        module = "edge.drivers.camera.picamera2_child"
        child = sandbox.command("env", *variables, sys.executable, "-m", module)
        camera = Picamera2Camera("camera/lobby", config, Clock(), lambda _: 0.0, child, 60.0)
        with closing(camera):
            camera.open()
            assert camera.capture().startswith(b"\xff\xd8\xff")
    assert sandbox.refusals == []


@needs_pango
@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "html", "pdf"])
def test_every_form_of_the_report_is_made(tmp_path: Path, month: Path, form: str) -> None:
    """Also by a timer under the same unit: fonts and libraries need no cache outside the state."""
    config = tmp_path / "gardu.toml"
    text = (default_config_folder() / "gardu.toml").read_text(encoding="utf-8")
    text = text.replace('# data = "/var/lib/gardu"', f'data = "{month}"')
    text = text.replace('# sop = "sop"', f'sop = "{default_config_folder() / "sop"}"')
    config.write_text(text, encoding="utf-8")
    with Sandbox(tmp_path) as sandbox:
        done = sandbox.run(
            *gardu(), "report", "--month", "2026-11", "--config", str(config), "--format", form,
            *(() if form == "json" else ("-o", f"{sandbox.runtime}/november.{form}")),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    # On a terminal's own thread it asks for the idle policy, and is content without it.
    assert {refusal.call for refusal in sandbox.refusals} <= {"sched_setscheduler"}
    assert [path.name for path in (tmp_path / "run").iterdir()] == (
        [] if form == "json" else [f"november.{form}"]
    )
