"""Rows of the read-only root: docs/read-only-root.md as it is written, and its faults.

The first row makes the guest's root read-only, the last one undoes it. Between them the guest has a
second disk.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from virtual_pi import daemon, read_only, site
from virtual_pi.bench import Bench, Row
from virtual_pi.commands import run
from virtual_pi.errors import LeftOut, RowFailed
from virtual_pi.rows.power_cuts import check_delivery, cut_while_working

CUTS = 2
_LIMIT = 120.0
_SYSTEMD_WAITS = "systemd.default_device_timeout_sec=90"  # systemd's own default, not the guest's
_BOOT_WITHOUT_DISK = 300.0


def read_only_root(bench: Bench) -> str:
    """Follow the page, switch the overlay on, cut the power: no record lost, root unchanged."""
    guest, disk, before = bench.guest, _disk(bench), bench.work / "root-before.qcow2"
    guest.power_off()
    read_only.make_disk(disk)
    guest.boot("fsck.repair=yes", read_only.plugged(disk))
    daemon.wait_ready(guest)
    guest.run(read_only.commands(read_only.PAGE.read_text("utf-8"), read_only.DEVICE), timeout=600)
    daemon.wait_ready(guest)
    guest.power_off()
    shutil.copy(guest.disk, before)
    _boot(bench)
    if guest.run("findmnt -no FSTYPE /").strip() != "overlay":
        raise RowFailed(f"the root is not read-only:\n{guest.run('findmnt /')}")
    daemon.wait_ready(guest)
    _expect_no_alarm(bench)
    for _ in range(CUTS):
        cut_while_working(bench)
        _boot(bench)
        daemon.wait_ready(guest)
    records = check_delivery(bench)
    journal = guest.run("ls /data/journal/*/*.journal | wc -l").strip()
    guest.power_off()
    try:
        run("qemu-img", "compare", before, guest.disk)
    finally:
        before.unlink()
    return f"{CUTS} cuts, {records} records, 0 lost; root unchanged; {journal} files of the journal"


def refused(bench: Bench) -> str:
    """Install the package with the overlay on: it must refuse."""
    guest = bench.guest
    _on(bench)
    guest.put(bench.package, "/run/")
    code, output = guest.ask(f"dpkg -i /run/{bench.package.name}", timeout=600)
    if code == 0 or "do_overlayfs" not in output:
        raise RowFailed(f"dpkg ends with {code}:\n{output[-800:]}")
    daemon.wait_ready(guest)
    return "refused, with what to do"


def in_memory(bench: Bench) -> str:
    """Take the data partition away under the overlay: alarm, and a finding of doctor."""
    guest = bench.guest
    _on(bench)
    since = bench.office.mark()
    guest.run(
        "systemctl stop gardu; systemctl stop var-lib-gardu.mount; "
        "rm /etc/systemd/system/var-lib-gardu.mount "
        "/etc/systemd/system/gardu.service.d/data-partition.conf; systemctl daemon-reload; "
        "systemctl start gardu",
        timeout=daemon.READY_LIMIT,
    )
    bench.office.wait(
        "alarm.raised", since, _LIMIT, having=lambda record: "data-in-memory" in str(record)
    )
    code, output = guest.ask(f"gardu doctor --config {site.CONFIG} card", timeout=_LIMIT)
    if code != 1 or "is in memory" not in output:
        raise RowFailed(f"doctor ends with {code}:\n{output[-800:]}")
    if "data-in-memory" not in daemon.journal(guest, 60):
        raise RowFailed("the journal does not have the error")
    guest.cut_power()  # the database in memory ends here, and with it its stream
    return "alarm at the office, error in the journal, finding of doctor"


def missing(bench: Bench) -> str:
    """Boot without the partition: no daemon; plug it in: READY."""
    guest = bench.guest
    guest.cut_power()
    guest.boot(f"{read_only.OVERLAY} {_SYSTEMD_WAITS}", read_only.unplugged(_disk(bench)))
    guest.until("systemctl is-system-running | grep -Eq 'running|degraded'", _BOOT_WITHOUT_DISK,
                "the boot's end")  # fmt: skip
    state = guest.ask("systemctl is-active gardu").output.strip()
    if state != "inactive":
        raise RowFailed(f"without its partition the daemon is {state}")
    guest.monitor.execute("device_add", driver="virtio-blk-pci", drive="data", id="data-disk")
    daemon.wait_ready(guest)
    return "no daemon without the partition; READY once it was plugged in"


def damaged(bench: Bench) -> str:
    """Damage the partition's bitmaps: the boot repairs it. Then an error in use: read-only."""
    guest, disk = bench.guest, _disk(bench)
    _on(bench)
    guest.power_off()
    for request in ("freei <12>", "freeb 9000 50", "ssv state 2"):
        run("debugfs", "-w", "-R", request, disk)
    _boot(bench)
    daemon.wait_ready(guest)
    check_delivery(bench)
    before = daemon.pid(guest)
    guest.run("echo 1 > /sys/fs/ext4/vdb/trigger_fs_error")
    # The daemon sees it and raises an alarm, which cannot be recorded: it shows that instead.
    try:
        bench.office.wait_live("state/alarm/database-unavailable", _LIMIT, bool)
    except RowFailed as error:
        raise RowFailed(f"{error}\n{_state_of_disk(bench)}") from error
    if daemon.pid(guest) != before:
        raise RowFailed(f"the daemon ended:\n{_state_of_disk(bench)}")
    # Linux 6.11 to 6.14 also fail what reads; a daemon that ended could not start again.
    reads = "can" if guest.ask("cat /etc/gardu/gardu.toml").code == 0 else "cannot"
    guest.cut_power()
    _boot(bench)
    daemon.wait_ready(guest)
    records = check_delivery(bench)
    return (
        "repaired at the boot; after an error in use the alarm database-unavailable "
        f"({guest.run('uname -r').strip()}: files {reads} be read); {records} records after the "
        "next boot, 0 lost"
    )


def errors_counted(bench: Bench) -> str:
    """Have an error in a file system that goes on (errors=continue): an alarm until the repair."""
    guest, since = bench.guest, bench.office.mark()
    _on(bench)
    guest.run("mount -o remount,errors=continue /data; echo 1 > /sys/fs/ext4/vdb/trigger_fs_error")

    def of_the_card(record: object) -> bool:
        return "card-errors" in str(record)

    bench.office.wait("alarm.raised", since, _LIMIT, having=of_the_card)
    guest.power_off()
    _boot(bench)
    daemon.wait_ready(guest)
    bench.office.wait("alarm.cleared", since, _LIMIT, having=of_the_card)
    return "alarm card-errors, records go on; repaired by the next boot, which ends the alarm"


def undone(bench: Bench) -> str:
    """Follow the page back to a root that can be written, with all data."""
    guest = bench.guest
    _on(bench)
    guest.cut_power()
    guest.boot("fsck.repair=yes", read_only.plugged(_disk(bench)))
    daemon.wait_ready(guest)
    page = read_only.PAGE.read_text("utf-8")
    guest.run(read_only.commands_back(page), timeout=daemon.READY_LIMIT)
    guest.power_off()
    _disk(bench).unlink()
    guest.boot()
    daemon.wait_ready(guest)
    return f"{check_delivery(bench)} records, all at the office"


def _state_of_disk(bench: Bench) -> str:
    """Return the alarms that stand, the mount's flags, the kernel's words and the journal."""
    alarms = [topic for topic, value in bench.office.live.items() if "alarm/" in topic and value]
    kernel = bench.guest.ask(
        "findmnt -no OPTIONS /data; cat /sys/fs/ext4/vdb/errors_count; dmesg | grep -i ext4 | tail"
    ).output
    return f"alarms: {', '.join(alarms) or 'none'}\n{kernel}{daemon.journal(bench.guest, 30)}"


def _disk(bench: Bench) -> Path:
    return bench.work / "data.img"


def _boot(bench: Bench, more: Sequence[str] = ()) -> None:
    bench.guest.boot(read_only.OVERLAY, [*read_only.plugged(_disk(bench)), *more])


def _on(bench: Bench) -> None:
    """Have the guest on with the overlay, and the daemon READY."""
    if not _disk(bench).exists():
        raise LeftOut("only after the row read-only")
    if not bench.guest.alive():
        _boot(bench)
    daemon.wait_ready(bench.guest)


def _expect_no_alarm(bench: Bench) -> None:
    code, output = bench.guest.ask(f"gardu doctor --config {site.CONFIG} card", timeout=_LIMIT)
    if "is in memory" in output or "read-only" in output:
        raise RowFailed(f"doctor ends with {code}:\n{output[-800:]}")


ROWS = (
    Row("read-only", "read-only root as the page has it: power cuts, root unchanged",
        read_only_root),
    Row("ro-package", "with a read-only root the package refuses to be installed", refused,
        settled=False),
    Row("ro-memory", "data in memory: alarm, log, doctor", in_memory, settled=False),
    Row("ro-missing", "the data partition is missing, and comes later", missing, settled=False),
    Row("ro-damaged", "the data partition is damaged at boot, and read-only in use", damaged,
        settled=False),
    Row("ro-errors", "an error in a file system that goes on", errors_counted, settled=False),
    Row("ro-undone", "back to a root that can be written", undone, settled=False),
)  # fmt: skip
