"""Values of visits in the whole daemon: over mosquitto and by buttons, into the guest book only."""

import asyncio
import json
from pathlib import Path
from typing import Any

from edge.clock import iso
from edge.guestbook.guest_list import read
from tests.brokers import Mosquitto, until
from tests.daemons import ARRIVE, DaemonChild
from tests.guestbook.test_daemon import NOON_MS, TIMES, UNSIGNED, office
from tests.longer import slow
from tests.mqtt.test_value_request import PLATE, values

DONE, CHOICE_1 = 3, 4
CONFIG = """
[checkpoint]
site = "setda-tanjabbar"
id = "lobi-utama"
procedures = ["suhu"]
data = "data"
sop = "sop"
[broker]
url = "{url}"
[cards]
visitor = ["0200B7D201"]
[panels.reception]
stations = ["reception"]
lamp = {{ pin = 10 }}
buttons = [
    {{ pin = 2, press = "arrive", procedure = "suhu" }},
    {{ pin = 3, press = "done" }},
    {{ pin = 4, press = "choice-1" }},
]
"""
PROCEDURE = """
id = "suhu"
version = "1.0"
title = { id = "Suhu", en = "Temperature" }
source = "contoh"
office = "contoh"

[[values]]
id = "temperature"
title = { id = "Suhu badan", en = "Body temperature" }
kind = "number"
choices = [36.5, 38.5]

[[values]]
id = "plate"
title = { id = "Nomor kendaraan", en = "Number plate" }
kind = "text"

[[steps]]
number = 1
id = "ukur"
role = "Penerima tamu"
station = "reception"
activity = "Penerima tamu mengukur suhu badan"
title = "Take the temperature"
source = "contoh"
phases = [
    { id = "ukur", on = [
        { event = "value.temperature", above = 37.5, to = "@refused", reason = "unwell" },
        { event = "value.temperature", to = "catat" },
        { event = "button.done", to = "catat" },
    ] },
    { id = "catat", on = [{ event = "button.done", to = "@next" }] },
]
"""


def written(folder: Path, broker: Mosquitto) -> Path:
    """Write config and procedure into *folder*; return the config's path."""
    (folder / "data").mkdir(mode=0o700)
    (folder / "sop").mkdir()
    (folder / "sop" / "suhu.toml").write_text(PROCEDURE, encoding="utf-8")
    file = folder / "gardu.toml"
    file.write_text(CONFIG.format(url=broker.url) + UNSIGNED, encoding="utf-8")
    return file


@slow
def test_personal_values_are_in_the_guest_book_and_nowhere_else(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """A plate by request, a temperature by button: no record, topic, log or other file has them."""
    config = written(tmp_path, mosquitto)
    data = tmp_path / "data"

    async def scenario(daemon: DaemonChild) -> None:
        async with office(daemon, mosquitto) as (application, centre):

            def records(kind: str) -> list[dict[str, Any]]:
                heard = [json.loads(one.payload) for one in centre.heard("event/step")]
                heard += [json.loads(one.payload) for one in centre.heard("event/visit")]
                return [one["data"] for one in heard if one["type"] == kind]

            def asked(**entered: object) -> dict[str, Any]:
                return values(values=entered, time=iso(NOON_MS))

            assert (await application.answer(asked(plate=PLATE), "cmd/values")).word
            await asyncio.to_thread(daemon.tell, f"press {ARRIVE}")
            await until(lambda: records("gardu.visit.opened.v1"))
            refused = await application.answer(asked(plates=PLATE), "cmd/values")
            assert refused.word == "unknown value"
            assert (await application.answer(asked(plate=PLATE), "cmd/values")).ok
            daemon.tell(f"press {CHOICE_1}")
            wanted = {"plate": PLATE, "temperature": 36.5}
            await until(lambda: [one.values for one in read(data)] == [wanted])
            daemon.tell(f"press {DONE}")
            await until(lambda: records("gardu.visit.closed.v1"))
            (step,) = records("gardu.step.completed.v1")
            words = ["plate-entered", "temperature-not-above-37.5", "button"]
            assert step["evidence"] == words
            assert "values" not in step

            daemon.tell(f"press {ARRIVE}")
            await until(lambda: len(records("gardu.visit.opened.v1")) == 2)
            fever = asked(temperature=38.0625)
            assert (await application.answer(fever, "cmd/values")).ok
            await until(lambda: len(records("gardu.visit.closed.v1")) == 2)
            closed = records("gardu.visit.closed.v1")[-1]
            assert (closed["outcome"], closed["reason"]) == ("refused", "unwell")

            (meta,) = [json.loads(one.payload) for one in centre.heard("meta")][-1:]
            assert [one["id"] for one in meta["procedures"][0]["values"]] == [
                "temperature", "plate",
            ]  # fmt: skip
            for secret in (PLATE, "38.0625"):
                telling = {m.topic for m in centre.messages if secret.encode() in m.payload}
                assert {topic.partition("/cmd/")[2] for topic in telling} == {"values"}
                files = [path for path in data.rglob("*") if path.is_file()]
                having = [path.name for path in files if secret.encode() in path.read_bytes()]
                assert {name.partition("-")[0] for name in having} <= {"guestbook.db"}

    with DaemonChild(config, *TIMES) as daemon:
        asyncio.run(scenario(daemon))
        assert daemon.stop() == 0
        log = "".join(daemon.log)
    assert PLATE not in log
    assert "38.0625" not in log
