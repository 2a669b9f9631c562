"""Rows about stills: the Pi camera's process and the stamper, under the unit's sandbox."""

from virtual_pi import daemon, site, visits
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed


def still(bench: Bench) -> str:
    """Receive a guest with a card: the still of the desk must arrive, with its strip."""
    guest = bench.guest
    guest.write(site.CONFIG, site.config(bench.port, camera="picamera2"))
    daemon.start(guest, "restart")
    try:
        visits.with_card(bench, "ttyS1", still=True)
    except RowFailed as error:
        raise RowFailed(f"{error}\n{daemon.journal(guest, 25)}") from error
    finally:
        guest.write(site.CONFIG, site.config(bench.port))
        daemon.start(guest, "restart")
    return "a still of picamera2 on vimc arrived"


ROWS = (Row("camera", "picamera2 makes a still under the sandbox", still),)
