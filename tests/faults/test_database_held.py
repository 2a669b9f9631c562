"""Another program holds the database: changes wait with an alarm, and no record is lost."""

import asyncio
import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.daemon.crash_loop import FILE as LAST_RUN
from edge.store.store import FILE
from tests.brokers import Centre, Mosquitto, until
from tests.daemon.test_reload import records
from tests.daemon.test_run import Systemd, config_file
from tests.daemons import ARRIVE, PATIENCE_S, DaemonChild
from tests.longer import slow
from tests.other_programs import ALONE, EDIT, OtherProgram

pytestmark = slow

ALARM = "database-unavailable"


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    """Yield a service manager."""
    manager = Systemd(tmp_path)
    yield manager
    manager.close()


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until *condition* holds."""
    asyncio.run(until(condition, PATIENCE_S))


def watched(manager: Systemd) -> dict[str, str]:
    """Return the environment of a daemon that *manager* watches."""
    return {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "400000"}


def changes(folder: Path) -> list[str]:
    """Return the types of the records about visits and about the alarm, in order."""
    return [
        record["type"].removeprefix("gardu.").removesuffix(".v1")
        for record in records(folder)
        if record["data"].get("alarm") == ALARM
        or record["type"] in ("gardu.visit.opened.v1", "gardu.visit.closed.v1")
    ]


def test_guests_go_on_after_an_edit_that_was_left_open(
    tmp_path: Path, systemd: Systemd, mosquitto: Mosquitto
) -> None:
    """The office has the alarm at once and systemd signs of life; afterwards all is recorded."""
    config = config_file(tmp_path)
    text = re.sub("mqtt://127.0.0.1:[0-9]+", mosquitto.url, config.read_text(encoding="utf-8"))
    config.write_text(text, encoding="utf-8")
    with (
        Centre(mosquitto.port) as centre,
        DaemonChild(config, environment=watched(systemd)) as daemon,
    ):
        alarms = f"state/alarm/{ALARM}"
        daemon.until("ready;")
        daemon.open_visit()
        wait_for(lambda: centre.heard("event/visit"))
        with OtherProgram(tmp_path / "data" / FILE, *EDIT) as other:
            daemon.tell(f"press {ARRIVE}")
            assert f"process {other.process.pid} (" in daemon.until("changes wait")
            wait_for(lambda: centre.heard(alarms) and centre.heard(alarms)[-1].payload)
            shown = json.loads(centre.heard(alarms)[-1].payload)
            assert (shown["alarm"], shown["acknowledged"]) == (ALARM, None)
            assert "another program holds it" in systemd.until("STATUS=waiting: ")
            for _ in range(4):
                systemd.until_new("WATCHDOG=1")
        daemon.until("changes are stored again")
        daemon.until("gardu.alarm.cleared.v1")
        wait_for(lambda: centre.heard(alarms)[-1].payload == b"")
        daemon.decline_visit()
        daemon.decline_visit()
        assert daemon.stop() == 0
    assert "Traceback" not in "".join(daemon.log)
    assert changes(tmp_path) == [
        "visit.opened", "visit.opened", "alarm.raised", "alarm.cleared",
        "visit.closed", "visit.closed",
    ]  # fmt: skip


@pytest.mark.parametrize("statements", [EDIT, ALONE])
def test_a_start_waits_for_the_database(
    tmp_path: Path, systemd: Systemd, statements: tuple[str, ...]
) -> None:
    """The start is extended while another program holds the file, and goes on when it ends."""
    config = config_file(tmp_path)
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        assert daemon.stop() == 0
    with (
        OtherProgram(tmp_path / "data" / FILE, *statements),
        DaemonChild(config, environment=watched(systemd)) as daemon,
    ):
        daemon.until("wait")
        assert "STATUS=waiting: " in systemd.until("EXTEND_TIMEOUT_USEC=30000000")
        assert daemon.stop() == 0  # a wait can be stopped, and is no crash
        assert "Traceback" not in "".join(daemon.log)
    with (
        OtherProgram(tmp_path / "data" / FILE, *statements) as other,
        DaemonChild(config, environment=watched(systemd)) as daemon,
    ):
        daemon.until("wait")
        systemd.until_new("EXTEND_TIMEOUT_USEC=30000000")
        other.process.send_signal(signal.SIGKILL)
        daemon.until("ready; 1 open visits")
        daemon.decline_visit()
        assert daemon.stop() == 0
    assert "crashed" not in (tmp_path / "data" / LAST_RUN).read_text(encoding="utf-8")
    assert [c for c in changes(tmp_path) if "visit" in c] == ["visit.opened", "visit.closed"]
