"""Rows about the clock: a Pi without a battery-backed clock, and the month's report."""

from virtual_pi import daemon, visits
from virtual_pi.bench import Bench, Row
from virtual_pi.broker import HOST_OF_GUEST
from virtual_pi.errors import RowFailed
from virtual_pi.time_server import time_server

_LIMIT = 300.0
_MONTH_S = 32 * 86400
_SETTINGS = "/etc/systemd/timesyncd.conf.d"
_SERVER = (
    f"mkdir -p {_SETTINGS}; printf '[Time]\\nNTP={HOST_OF_GUEST}\\n' > {_SETTINGS}/virtual-pi.conf"
)
_SYNCED = "timedatectl show -p NTPSynchronized --value | grep -q yes"


def without_rtc(bench: Bench) -> str:
    """Start in the year 2000, receive a guest, then let a time server answer."""
    guest = bench.guest
    with time_server():
        guest.run(
            "systemctl stop gardu systemd-timesyncd; rm -f /run/systemd/timesync/synchronized"
        )
        guest.run(f"date -s '2000-01-01 08:00:30'; {_SERVER}")
        daemon.start(guest)
        early = visits.come_and_go(bench)
        if early["data"].get("clock_synced") is not False:
            raise RowFailed(f"a record of the year {early['time'][:4]} claims a trusted clock")
        before = daemon.pid(guest)
        _synchronise(bench)
        late = visits.come_and_go(bench)
        if late["time"] < "2020":
            raise RowFailed(f"after the time server's answer a record has the time {late['time']}")
        if daemon.pid(guest) != before:
            raise RowFailed("the daemon was restarted by the change of the clock")
    return f"record of {early['time'][:4]} is marked, then {late['time'][:10]}; the daemon goes on"


def report(bench: Bench) -> str:
    """Let a month pass: its report must be published, under the unit's filter."""
    guest = bench.guest
    with time_server() as served:
        guest.run(_SERVER)
        _synchronise(bench)
        since = bench.office.mark()
        visits.come_and_go(bench)
        guest.run(
            "systemctl stop gardu systemd-timesyncd; rm -f /run/systemd/timesync/synchronized"
        )
        served.ahead = _MONTH_S
        _synchronise(bench)
        daemon.start(guest)
        record = bench.office.wait("report.monthly", since, _LIMIT)
    return f"report of {record['data'].get('month')}, revision {record['data'].get('revision')}"


def _synchronise(bench: Bench) -> None:
    bench.guest.run("systemctl restart systemd-timesyncd")
    bench.guest.until(_SYNCED, _LIMIT, "the guest's clock is synchronised")


ROWS = (
    Row("clock", "a start in the year 2000, then a time server", without_rtc),
    Row("report", "the month's report is published under the unit", report),
)  # fmt: skip
