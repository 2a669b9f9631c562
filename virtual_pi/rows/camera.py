"""Rows about stills: the cameras' child processes and the stamper, under the unit's sandbox."""

import time

from sim.twins.rtsp_camera import PATH, RtspCameraTwin
from sim.twins.scene import Scene, draw
from virtual_pi import daemon, site, visits
from virtual_pi.bench import Bench, Row
from virtual_pi.broker import HOST_OF_GUEST
from virtual_pi.errors import RowFailed


def picamera2(bench: Bench) -> str:
    """Take a still with picamera2."""
    _still(bench, "picamera2")
    return "a still of picamera2 on vimc arrived"


def rtsp(bench: Bench) -> str:
    """Take a still from the video of a camera on this machine: PyAV decodes it in the guest."""
    camera = RtspCameraTwin(_picture, "", "none")
    camera.start()
    try:
        _still(bench, f"rtsp://{HOST_OF_GUEST}:{camera.port}{PATH}")
    finally:
        camera.close()
    return f"a still arrived, {camera.requests.count('PLAY')} times video"


def _picture() -> bytes:
    now_ms = time.time_ns() // 1_000_000
    return draw(Scene(place="Lobi", wall_ms=now_ms, lockers={1: False}, alarming=False, figures={}))


def _still(bench: Bench, camera: str) -> None:
    """Receive a guest with a card: the still of the desk must arrive, with its strip."""
    guest = bench.guest
    guest.write(site.CONFIG, site.config(bench.port, camera=camera))
    daemon.start(guest, "restart")
    try:
        visits.with_card(bench, "ttyS1", still=True)
    except RowFailed as error:
        raise RowFailed(f"{error}\n{daemon.journal(guest, 25)}") from error
    finally:
        guest.write(site.CONFIG, site.config(bench.port))
        daemon.start(guest, "restart")


ROWS = (
    Row("camera", "picamera2 makes a still under the sandbox", picamera2),
    Row("rtsp", "a still of a camera's video (RTSP) under the sandbox", rtsp),
)
