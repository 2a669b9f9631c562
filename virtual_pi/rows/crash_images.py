"""Row of crash images: the disk as a power cut at this moment would leave it, without a reboot.

The processors are stopped, the disk is copied, and the guest goes on. The copy has all that the
guest's kernel had written; what was only in its memory is missing. Its journal is replayed, the
file system is checked, and its database is compared with what the office had received by then.
"""

import shutil
import sys
import time
from pathlib import Path

from virtual_pi import site
from virtual_pi.bench import Bench, Row
from virtual_pi.commands import run
from virtual_pi.errors import CommandFailed, RowFailed
from virtual_pi.history import compare, read_records
from virtual_pi.rounds import rounds
from virtual_pi.rows import load

FEW = 5
"""Images of a run without ROUNDS."""

_APART_S = (0.5, 4.0)
_GARDU = Path(sys.executable).with_name("gardu")
# The mount ends with the namespace, also if this is killed.
_TAKE_OUT = """
mount -o loop "$0" "$1"
cp -a "$1/var/lib/gardu" "$2"
umount "$1"
e2fsck -fn "$0"
"""


def crash_images(bench: Bench) -> str:
    """Copy the disk again and again while records flow, and examine each copy."""
    images = rounds(FEW, bench.guest.accel)
    since = bench.office.mark()
    load.start(bench.guest)
    wrong, least = [], sys.maxsize
    try:
        bench.office.wait("visit.opened", since, 120)
        bench.office.wait_live("ledger", 120, lambda value: value is not None)
        for number in range(1, images + 1):
            time.sleep(bench.dice.uniform(*_APART_S))  # to a random moment
            records, problem = _examine(bench)
            least = min(least, records)
            wrong += [f"image {number}: {problem}"] if problem else []
            bench.progress.note(f"image {number} of {images}: {records} records {problem}")
    finally:
        load.stop(bench.guest)
    if wrong:
        raise RowFailed("\n".join(wrong))
    return f"{images} images of at least {least} records: 0 lost, no holes, verified"


def _examine(bench: Bench) -> tuple[int, str]:
    """Copy the disk, and return the number of its records and what is wrong with it."""
    folder = bench.work / "crash"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mount").mkdir(parents=True)
    bench.guest.monitor.execute("stop")
    try:
        shutil.copy(bench.guest.disk, folder / "cut.qcow2")
        heard, ledger = bench.office.identities(), dict(bench.office.live["ledger"])
    finally:
        bench.guest.monitor.execute("cont")
    try:
        return _judge(bench, folder, heard, ledger)
    except CommandFailed as error:
        return 0, str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _judge(
    bench: Bench, folder: Path, heard: dict[tuple[str, int], str], ledger: dict[str, object]
) -> tuple[int, str]:
    image, data = folder / "cut.img", folder / "data"
    run("qemu-img", "convert", "-O", "raw", folder / "cut.qcow2", image)
    run("unshare", "--mount", "sh", "-ec", _TAKE_OUT, image, folder / "mount", data)
    (data / "gardu.sock").unlink(missing_ok=True)
    run("chown", "-R", "root:root", data)
    config = write_config(bench.port, folder, data)
    database = read_records(run(_GARDU, "records", "--config", config, "--json"))
    found = compare(database, heard, str(ledger["streamid"]))
    if not found.sound:
        return len(database), f"lost {found.lost[:5]}, holes {found.holes[:5]}"
    run(
        _GARDU, "verify", "--config", config, "--head", str(ledger["head"]),
        "--sequence", str(ledger["head_seq"]),
    )  # fmt: skip
    return len(database), ""


def write_config(port: int, folder: Path, data: Path) -> Path:
    """Write a config for the commands on this machine and return its file."""
    text = site.changed(
        site.config(port, camera="http"),
        [
            ('# data = "/var/lib/gardu"', f'data = "{data}"'),
            ('# sop = "sop"', f'sop = "{site.SHIPPED.parent / "sop"}"'),
        ],
    )
    config = folder / "gardu.toml"
    config.write_text(text, "utf-8")
    return config


ROWS = (
    Row("crash-images", "copies of the running disk: file system sound, no record lost",
        crash_images),
)  # fmt: skip
