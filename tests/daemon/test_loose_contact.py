"""The daemon as a process, with a locker's door contact that chatters."""

import json
from pathlib import Path
from typing import Any

from tests.daemon.test_run import config_file, stored
from tests.daemons import DaemonChild

# The door of locker 1 in config/gardu.toml: closed to ground while the door is shut.
DOOR = 17
MOVES, MOST_RECORDS = 30, 20
SPEED = "10"


def test_thirty_moves_in_fifteen_seconds_are_few_records_and_a_word(tmp_path: Path) -> None:
    """2 Hz for 15 s: not two records and a new alarm a second, but one fault that names the pin."""
    with DaemonChild(config_file(tmp_path), environment={"GARDU_SPEED": SPEED}) as daemon:
        daemon.tell(f"low {DOOR}")
        daemon.until("ready;")
        daemon.tell(*[f"{level} {DOOR}" for level in ("high", "low")] * MOVES)
        daemon.until(f"loose contact on pin {DOOR}")
        daemon.until("equipment/locker/1")
        assert daemon.stop() == 0
    records: list[dict[str, Any]] = list(stored(tmp_path))
    mine = [record for record in records if "locker" in json.dumps(record)]
    assert len(mine) <= MOST_RECORDS
    (fault,) = [r for r in mine if r["type"] == "gardu.equipment.fault.v1"]
    assert fault["data"]["why"].startswith(f"loose contact on pin {DOOR} (changed")
