"""Rows about the data: backup and support bundle beside the daemon, and the count of records."""

from virtual_pi import daemon
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed


def backup(bench: Bench) -> str:
    """Back up beside the running daemon, and check the file."""
    guest = bench.guest
    before = daemon.pid(guest)
    guest.run("rm -rf /root/stick; mkdir /root/stick")
    guest.run("gardu backup /root/stick", timeout=400)
    guest.run("gardu restore --check /root/stick/*.tar.gz", timeout=400)
    size = int(guest.run("stat -c %s /root/stick/*.tar.gz")) / 1024
    if daemon.pid(guest) != before:
        raise RowFailed("the daemon was restarted by a backup")
    return f"{size:.0f} KiB, whole"


def bundle(bench: Bench) -> str:
    """Write a support bundle: it must have the journal, and no card number."""
    guest = bench.guest
    guest.run("rm -rf /root/bundle; mkdir /root/bundle; cd /root/bundle; gardu support-bundle",
              timeout=400)  # fmt: skip
    names = guest.run("cd /root/bundle; python3 -m zipfile -l *.zip | tail -n +2")
    guest.run("cd /root/bundle; python3 -m zipfile -e *.zip out")
    if not guest.ask("grep -rqi 0100A4C1 /root/bundle/out").code:
        raise RowFailed("the support bundle has the number of a visitor card")
    return f"{len(names.splitlines())} files, no card number"


def records(bench: Bench) -> str:
    """Count all records that came to the office: none may be missing or come twice."""
    ledger = bench.office.wait_live(
        "ledger", 300, lambda value: value and value["acked_seq"] == value["last_seq"]
    )
    count = bench.office.count()
    if not count.sound:
        raise RowFailed(f"missing {count.holes[:5]}, twice {count.twice[:5]}")
    return f"{count.records} records to {ledger['last_seq']}: none lost, none twice"


ROWS = (
    Row("backup", "a backup beside the daemon is whole", backup),
    Row("bundle", "a support bundle without card numbers", bundle),
)
COUNT = (Row("records", "no record of this run is lost or came twice", records, quick=True),)
