"""The office day, the evacuation count and the alarms, as the central office receives them.

The real daemon in a process of its own, on mock pins; a real mosquitto; a real subscriber. A second
subscriber comes later each time, and receives the retained messages only.
"""

import asyncio
import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w
from paho.mqtt.publish import single

from sim.stage.process import gardu
from tests.brokers import HOST, Centre, Mosquitto, until
from tests.daemons import DaemonChild
from tests.guestbook.test_daemon import config_of
from tests.longer import slow

BASE = "gardu/v1/setda-tanjabbar/lobi-utama/"
DAY, FIRE, DETECTOR = (f"state/{name}" for name in ("day", "alarm/fire", "alarm/metal-detector"))

# Pins of the config below: reception's arrive, more and day, officer 3's acknowledge; the fire
# loop and the detector's alarm loop, both closed (low) at rest, and open at first on mock pins.
ARRIVE, MORE, OFFICE, ACKNOWLEDGE, FIRE_LOOP, ALARM_LOOP = 2, 3, 4, 15, 24, 23

# A checkpoint must hold so many visits at once (docs/routing.md); they come in bursts.
CROWD, BURSTS = 50, 5


def button(pin: int, press: str, **more: str) -> dict[str, Any]:
    """Return a button of the config."""
    return {"pin": pin, "press": press, **more}


def lobby(folder: Path, broker: Mosquitto) -> Path:
    """Return a config with a fire loop, and buttons that need no holding."""
    file = config_of(folder, broker)
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    raw["checkpoint"]["procedures"] = raw["aiphone"]["adc"]["procedures"] = ["pimpinan"]
    reception, officer_3 = (raw["panels"][name]["buttons"] for name in ("reception", "officer-3"))
    reception[:3] = [
        button(ARRIVE, "arrive", procedure="pimpinan"),
        button(MORE, "more"),
        button(OFFICE, "day"),
    ]
    for other in reception[3:]:
        other.pop("hold", None)
    officer_3[1:] = [button(ACKNOWLEDGE, "acknowledge", hold="refuse")]
    del raw["metal_detector"]["passage"]
    raw["safety"] = {"fire": {"pin": FIRE_LOOP}}
    file.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return file


class Ear:
    """The messages of one checkpoint, read from a subscriber."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def last(self, suffix: str) -> Any:
        """Return the last message on *suffix*: its JSON, ``""`` if it was empty; None if none."""
        heard = self._centre.heard(BASE + suffix)
        if not heard:
            return None
        payload = heard[-1].payload
        return json.loads(payload) if payload else ""

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of the records of type ``gardu.KIND.v1`` so far, in order, each once."""
        heard = [json.loads(message.payload) for message in self._centre.heard("/event/")]
        once = {one["id"]: one for one in heard}
        return [one["data"] for one in once.values() if one["type"] == f"gardu.{kind}.v1"]

    def until(self, condition: Callable[[], object]) -> None:
        """Return once *condition* holds."""
        asyncio.run(until(condition))


def retained(broker: Mosquitto, suffix: str) -> Any:
    """Return the retained message on *suffix*, as a new subscriber receives it; None if none."""
    with Centre(broker.port) as centre:
        later = Ear(centre)
        # The broker sends retained messages at the subscription: so they come before this message.
        single(f"{BASE}reply/later", b"1", qos=1, hostname=HOST, port=broker.port)
        later.until(lambda: later.last("reply/later"))
        return later.last(suffix)


@slow
def test_the_office_day_as_the_centre_sees_it(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """A day opened by a guest, closing, killed and carried over is retained with its counts."""
    config = lobby(tmp_path, mosquitto)
    with Centre(mosquitto.port) as centre:
        ear = Ear(centre)
        with DaemonChild(config) as daemon:
            daemon.until("ready;")
            assert ear.last(DAY) is None
            daemon.open_visit()
            # The first press to close is refused, because a guest is inside.
            daemon.tell(f"press {MORE}", f"press {OFFICE}", f"press {MORE}")
            ear.until(lambda: len(ear.records("visit.joined")) == 2)
            assert ear.last(DAY)["status"] == "open"
            daemon.tell(f"press {OFFICE}")
            ear.until(lambda: (ear.last(DAY) or {}).get("status") == "closing")
            assert [data["persons"] for data in ear.records("visit.joined")] == [2, 3]
            now = ear.last(DAY)
            assert retained(mosquitto, DAY) == now
        assert (now["number"], now["visits_opened"], now["persons"]) == (1, 1, 3)
        assert (now["visits_open"], now["cards_out"], now["lockers_out"]) == (1, 0, 0)
        with DaemonChild(config) as daemon:  # after SIGKILL
            daemon.until("ready;")
            said = gardu_day(config)
            assert "office day 1: closing" in said
            assert "1 opened (3 persons)" in said
            (visit,) = [line for line in said.splitlines() if line.startswith("visit ")]
            assert "reception" in visit
            assert "number 1, pimpinan: penerimaan" in visit
            daemon.tell(f"press {OFFICE}")
            ear.until(lambda: ear.records("day.closed"))
            ear.until(lambda: ear.last(DAY)["status"] == "closed")
            assert daemon.stop() == 0
        (end,) = ear.records("day.closed")
        assert (end["how"], end["persons"], end["visits_open"]) == ("carried-over", 3, 1)
        assert [data["by"] for data in ear.records("day.opened")] == ["arrival"]
    assert retained(mosquitto, DAY)["closed"] is not None
    done = subprocess.run(
        [*gardu(), "day", "-c", str(config)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "no daemon runs here" in done.stderr


def gardu_day(config: Path) -> str:
    """Return the output of `gardu day` while the daemon runs; check that its JSON agrees."""
    plain, raw = (
        subprocess.run(
            [*gardu(), "day", "-c", str(config), *more], capture_output=True, text=True, check=True
        ).stdout
        for more in ([], ["--json"])
    )
    now = json.loads(raw)
    assert [item["what"] for item in now["out"]] == ["visit"]
    assert now["day"]["persons"] == 3
    return plain


def until_opened(ear: Ear, count: int) -> None:
    """Wait until *count* visits were opened."""
    ear.until(lambda: len(ear.records("visit.opened")) == count)


def until_open(ear: Ear, count: int) -> None:
    """Wait until the occupancy on the broker is *count* visits: it is published after records."""
    ear.until(lambda: (ear.last("state/occupancy") or {}).get("visits") == count)


@slow
def test_fifty_guests_at_once_outlast_a_kill(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """Fifty visits are open after a SIGKILL, and are served in the order in which they came."""
    config = lobby(tmp_path, mosquitto)
    with Centre(mosquitto.port) as centre:
        ear = Ear(centre)
        with DaemonChild(config) as daemon:
            daemon.until("ready;")
            for burst in range(1, BURSTS + 1):
                daemon.tell(*[f"press {ARRIVE}"] * (CROWD // BURSTS))
                until_opened(ear, burst * CROWD // BURSTS)
        with DaemonChild(config) as daemon:  # after SIGKILL
            daemon.until("ready;")
            ear.until(lambda: ear.records("daemon.restarted"))
            until_open(ear, CROWD)
            assert retained(mosquitto, "state/occupancy")["visits"] == CROWD
            for _ in range(3):
                daemon.decline_visit()
            ear.until(lambda: len(ear.records("visit.closed")) == 3)
            until_open(ear, CROWD - 3)
        came = [data["visit"] for data in ear.records("visit.opened")]
        assert [data["visit"] for data in ear.records("visit.closed")] == came[:3]
        assert retained(mosquitto, "state/occupancy")["visits"] == CROWD - 3


@slow
def test_who_must_be_looked_for_in_a_fire(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """The count is retained while the loop is open, follows the visits, and is then deleted."""
    config = lobby(tmp_path, mosquitto)
    with Centre(mosquitto.port) as centre, DaemonChild(config) as daemon:
        ear = Ear(centre)
        daemon.until("ready;")
        daemon.tell(f"low {FIRE_LOOP}")
        # Open and closed so soon after each other, they may be one batch, and no state between.
        ear.until(lambda: "fire" in [data["alarm"] for data in ear.records("alarm.cleared")])
        daemon.open_visit()
        daemon.tell(f"press {MORE}", f"high {FIRE_LOOP}")
        ear.until(lambda: ear.last(FIRE))
        assert (ear.last(FIRE)["visits"], ear.last(FIRE)["persons"]) == (1, 2)
        daemon.open_visit()
        daemon.tell(f"press {MORE}", f"press {MORE}")
        ear.until(lambda: ear.last(FIRE)["persons"] == 5)
        assert retained(mosquitto, FIRE)["visits"] == 2
        daemon.tell(f"low {FIRE_LOOP}")
        ear.until(lambda: ear.last(FIRE) == "")
        assert retained(mosquitto, FIRE) is None
        raised, cleared = (
            [(data["visits"], data["persons"]) for data in ear.records(f"alarm.{what}")
             if data["alarm"] == "fire"]
            for what in ("raised", "cleared")
        )  # fmt: skip
        assert (raised, cleared) == ([(0, 0), (1, 2)], [(0, 0), (2, 5)])


@slow
def test_an_alarm_is_raised_seen_and_over(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """Raised, acknowledged, cleared: three records, and a retained state that agrees with them."""
    config = lobby(tmp_path, mosquitto)
    with Centre(mosquitto.port) as centre, DaemonChild(config) as daemon:
        ear = Ear(centre)

        def told(what: str) -> list[dict[str, Any]]:
            records = ear.records(f"alarm.{what}")
            return [data for data in records if data["alarm"] == "metal-detector"]

        daemon.until("ready;")
        ear.until(lambda: told("raised") and ear.last(DETECTOR))
        assert ear.last(DETECTOR)["acknowledged"] is None
        assert retained(mosquitto, DETECTOR)["acknowledged"] is None
        daemon.tell(f"press {ACKNOWLEDGE}")
        ear.until(lambda: told("acknowledged") and ear.last(DETECTOR)["acknowledged"])
        assert [data["panel"] for data in told("acknowledged")] == ["officer-3"]
        assert told("cleared") == []
        assert retained(mosquitto, DETECTOR) == ear.last(DETECTOR)
        daemon.tell(f"low {ALARM_LOOP}")
        ear.until(lambda: told("cleared") and ear.last(DETECTOR) == "")
        assert retained(mosquitto, DETECTOR) is None
        assert daemon.stop() == 0
