"""The published report of a whole daemon, over a real broker, at the turn of a month."""

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.config.zone import zone_of
from tests.brokers import Centre, Mosquitto, until
from tests.daemon.test_run import config_file
from tests.daemons import DaemonChild
from tests.longer import slow

JAKARTA = "Asia/Jakarta"
# A minute before midnight the report is two minutes away: two seconds at this speed.
SPEED = {"GARDU_SPEED": "60"}


def wall(text: str) -> str:
    """Return the command that sets the clock to *text*, local time of the office."""
    moment = datetime.fromisoformat(text).replace(tzinfo=zone_of(JAKARTA))
    return f"wall {int(moment.timestamp() * 1000)}"


def config_of(folder: Path, broker: Mosquitto) -> Path:
    """Return the config of an office in Jakarta that uses *broker*."""
    file = config_file(folder)
    text = re.sub("mqtt://127.0.0.1:[0-9]+", broker.url, file.read_text(encoding="utf-8"))
    text = text.replace("[checkpoint]", f'[checkpoint]\ntimezone = "{JAKARTA}"', 1)
    file.write_text(text, encoding="utf-8")
    return file


def report_of(port: int, revision: int) -> dict[str, Any]:
    """Wait for *revision* of November's report as the broker retains it; return its event."""

    async def listen() -> dict[str, Any]:
        with Centre(port, "gardu/v1/#") as centre:  # in order, so all records need a subscriber

            def wanted() -> list[dict[str, Any]]:
                events = [json.loads(message.payload) for message in centre.heard("/report/")]
                return [one for one in events if one["data"]["revision"] == revision]

            await until(wanted, timeout_s=20)
            topics = {
                message.topic.rpartition("/report/")[2] for message in centre.heard("/report/")
            }
            assert topics == {"2026-11"}
            return wanted()[-1]

    return asyncio.run(listen())


@slow
def test_a_month_is_published_at_its_end_and_again_when_late_records_come(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """No report before midnight; revision 1 after it; revision 2 with a record that came late.

    The late one is dated by a clock that was wrong for a while, as after a battery has died. Both
    revisions are retained: a later subscriber receives the latest.
    """
    config = config_of(tmp_path, mosquitto)
    began = ("boot", "1000", wall("2026-11-20T10:00"), "synced 1")
    with DaemonChild(config, *began) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        daemon.decline_visit()
        assert daemon.stop() == 0
    assert "/report/2" not in mosquitto.log

    began = ("boot-2", "1000", wall("2026-11-30T23:59"), "synced 1")
    with DaemonChild(config, *began, environment=SPEED) as daemon:
        first = report_of(mosquitto.port, 1)
        daemon.until("the report of 2026-11 is published, revision 1")
        daemon.tell("synced 0", wall("2026-11-21T10:00"))
        daemon.open_visit()
        assert daemon.stop() == 0
    assert first["time"] >= "2026-11-30T17:00", "midnight in Jakarta"
    assert first["type"] == "gardu.report.monthly.v1"
    assert first["data"]["summary"]["totals"]["visits"] == 1

    began = ("boot-3", "1000", wall("2026-12-02T08:00"), "synced 1")
    with DaemonChild(config, *began) as daemon:
        second = report_of(mosquitto.port, 2)
        assert daemon.stop() == 0
    totals = second["data"]["summary"]["totals"]
    assert (totals["visits"], totals["open_at_end"]) == (2, 1)
    assert totals["untrusted"] > 0
    assert report_of(mosquitto.port, 2) == second
