"""Devices for Home Assistant: its documented schema, and a real broker that keeps them."""

import json
import re
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from paho.mqtt.publish import multiple
from sqlalchemy import Engine

from edge.clock import Clock
from edge.mqtt.decoding import IncomingMessage
from office.home_assistant.checkpoints import known_checkpoints
from office.home_assistant.devices import Known, announced_alarms, device_of, topic_of
from office.ingest.writer import Writer
from tests.brokers import HOST, Centre, Mosquitto
from tests.command_line import invoke
from tests.longer import slow
from tests.office.processes import OfficeProcess, publish, query, wait_for, write_config
from tests.office.records import Stream
from tests.office.test_writer import messages

_TEXT = {"type": "string", "minLength": 1}
# A filter without a wildcard: every value is in a topic of its own.
_TOPIC = {"type": "string", "pattern": "^[^+#\\u0000]{1,1000}$"}
_URL = {"type": "string", "pattern": "^(https?|homeassistant)://"}

_AVAILABILITY = {
    "availability_topic": _TOPIC,
    "availability_template": _TEXT,
    "payload_available": _TEXT,
    "payload_not_available": _TEXT,
}
_ENTITY = {
    **_AVAILABILITY,
    "unique_id": _TEXT,
    "name": {"type": ["string", "null"]},
    "state_topic": _TOPIC,
    "value_template": _TEXT,
    "qos": {"enum": [0, 1, 2]},
    "icon": {"type": "string", "pattern": "^[a-z]+:"},
    "enabled_by_default": {"type": "boolean"},
    "entity_category": {"enum": ["config", "diagnostic"]},
    "json_attributes_topic": _TOPIC,
    "json_attributes_template": _TEXT,
    "expire_after": {"type": "integer", "minimum": 0},
    "force_update": {"type": "boolean"},
}
_BINARY_CLASSES = [
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "update",
    "vibration",
    "window",
]

_DEVICE_TEXTS = (
    "name", "manufacturer", "model", "model_id", "hw_version", "serial_number", "sw_version",
    "suggested_area", "via_device",
)  # fmt: skip

SCHEMA = {
    "type": "object",
    "required": ["device", "origin", "components"],
    "additionalProperties": False,
    "properties": {
        **_AVAILABILITY,
        "state_topic": _TOPIC,
        "command_topic": _TOPIC,
        "qos": {"enum": [0, 1, 2]},
        "encoding": {"type": "string"},
        "device": {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": ["identifiers"]}, {"required": ["connections"]}],
            "properties": {
                "identifiers": {"type": "array", "items": _TEXT, "minItems": 1},
                "connections": {"type": "array"},
                **dict.fromkeys(_DEVICE_TEXTS, _TEXT),
                "configuration_url": _URL,
            },
        },
        "origin": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {"name": _TEXT, "sw_version": _TEXT, "support_url": _URL},
        },
        "components": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["platform", "unique_id", "state_topic"],
                "oneOf": [
                    {
                        "additionalProperties": False,
                        "properties": {
                            **_ENTITY,
                            "platform": {"const": "binary_sensor"},
                            "device_class": {"enum": _BINARY_CLASSES},
                            "off_delay": {"type": "integer", "minimum": 0},
                            "payload_on": _TEXT,
                            "payload_off": _TEXT,
                        },
                    },
                    {
                        "additionalProperties": False,
                        "properties": {
                            **_ENTITY,
                            "platform": {"const": "sensor"},
                            "state_class": {
                                "enum": ["measurement", "total", "total_increasing"]
                            },
                            "unit_of_measurement": _TEXT,
                            "suggested_display_precision": {"type": "integer"},
                        },
                    },
                ],
            },
        },
    },
}  # fmt: skip
"""The documented fields of Home Assistant's device discovery, as far as they are of these kinds."""

META = msgspec.json.encode({
    "version": "1.2", "place": "Lobi utama",
    "equipment": {"metal_detector": True, "metal_detectors": ["utara"], "doors": ["d1"],
                  "safety_inputs": ["fire", "beam-blocked"]},
})  # fmt: skip


def document(**values: Any) -> Any:
    """Return the device of a checkpoint, checked against the schema."""
    made = json.loads(device_of(Known("setda", "lobi", **values)))
    Draft202012Validator(SCHEMA).validate(made)
    return made


@pytest.mark.parametrize(
    "meta",
    [b"", META, b"[]", b'{"place":7}', b'{"place":""}', b"[" * 2000,
     b'{"equipment":{"doors":["a/b","#"]}}'],
)  # fmt: skip
def test_schema(meta: bytes) -> None:
    """Every device has Home Assistant's documented form, for any payload of a checkpoint."""
    made = document(meta=meta, alarms=frozenset({"locker-forced-3", "#/+", "a new one", "x" * 150}))
    assert re.fullmatch(
        r"(?P<component>\w+)/(?:(?P<node_id>[a-zA-Z0-9_-]+)/)?(?P<object_id>[a-zA-Z0-9_-]+)/config",
        topic_of("homeassistant", "setda", "lobi").removeprefix("homeassistant/"),
    )
    names = [one["unique_id"] for one in made["components"].values()]
    assert len(set(names)) == len(names)
    assert "alarm_locker-forced-3" in made["components"]
    assert not any(" " in name or "#" in name for name in made["components"])


def test_alarms_are_those_that_it_is_fitted_for() -> None:
    """No entity without its input; each metal detector and door has its own."""
    made = document(meta=META)
    assert made["device"]["name"] == "Lobi utama"
    alarms = {one.removeprefix("alarm_") for one in made["components"] if "alarm_" in one}
    assert {"fire", "metal-detector-utara", "door-forced-d1", "door-held-d1", "uplink"} <= alarms
    assert not {"duress", "metal-detector", "mains-lost"} & alarms
    assert made["components"]["alarm_fire"]["device_class"] == "safety"
    assert made["components"]["alarm_disk-full"]["entity_category"] == "diagnostic"
    assert announced_alarms(device_of(Known("setda", "lobi", META))) == frozenset(alarms)


def test_templates() -> None:
    """Home Assistant's templates (Jinja) give ON, OFF, a number, and the availability."""
    made = document(meta=META)

    def rendered(template: str, payload: str) -> str:
        values = {"value": payload}
        if payload:
            values["value_json"] = json.loads(payload)
        return jinja2.Environment(autoescape=False).from_string(template).render(values)

    fire = made["components"]["alarm_fire"]["value_template"]
    assert rendered(fire, '{"alarm":"fire"}') == "ON"
    assert rendered(fire, "") == "OFF"
    persons = made["components"]["persons"]["value_template"]
    assert rendered(persons, '{"visits":2,"persons":5,"overdue":0}') == "5"
    assert rendered(made["availability_template"], '{"status":"offline"}') == "offline"


def test_another_programs_device_is_left_alone() -> None:
    """Only documents of this office are taken as its own."""
    for other in (b"", b"{}", b"[1]", b'{"origin":{"name":"zigbee2mqtt"},"components":{}}'):
        assert announced_alarms(other) is None


def test_known_checkpoints(engine: Engine) -> None:
    """Each checkpoint with its newest meta and the alarms that stand, of the sites asked for."""
    stream = Stream()
    sent = [stream.live("state/alarm/fire", {}), stream.live("meta", {"place": "x"}),
            Stream("annex").status("online", 1)]  # fmt: skip
    Writer(engine, Clock(), 3).write(messages(*sent))
    with engine.connect() as connection:
        found = {one.checkpoint: one for one in known_checkpoints(connection, ())}
        assert found["lobi"] == Known("setda", "lobi", b'{"place":"x"}', frozenset({"fire"}))
        assert found["annex"] == Known("setda", "annex")
        assert known_checkpoints(connection, ("other",)) == []


def put(mosquitto: Mosquitto, *sent: IncomingMessage) -> None:
    """Publish messages that need no subscriber."""
    multiple([(one.topic, one.payload, 1, one.retain) for one in sent], HOST, mosquitto.port)


def retained(mosquitto: Mosquitto) -> dict[str, bytes]:
    """Return the devices that the broker retains."""
    with Centre(mosquitto.port, "homeassistant/#") as centre:
        put(mosquitto, IncomingMessage("homeassistant/marker", b"x"))
        # The broker sends what it has retained before what comes later.
        wait_for(lambda: centre.heard("marker"))
        return {one.topic: bytes(one.payload) for one in centre.heard("/config") if one.payload}


LAMP = IncomingMessage("homeassistant/device/lamp/config", b'{"o":{}}', 1, 1, retain=True)
OWN = topic_of("homeassistant", "setda", "lobi")


@slow
def test_devices_at_a_real_broker(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Announced and retained; an alarm that was seen stays; other sites' devices are deleted."""
    database = f"sqlite:///{tmp_path}/office.db"
    section = "[home_assistant]\n"
    config = write_config(tmp_path, mosquitto.port, database, section)
    stream = Stream()
    put(mosquitto, LAMP)
    with OfficeProcess(config, "ingest") as ingest:
        ingest.until(": connected")
        publish(mosquitto.port, [
            stream.status("online", 1), stream.live("meta", msgspec.json.decode(META)),
            stream.live("state/alarm/locker-forced-3", {"alarm": "x"}),
        ])  # fmt: skip
        wait_for(lambda: query(database, "SELECT 1 FROM alarms"))
        with OfficeProcess(config, "home-assistant") as announcing:
            announcing.until("1 device(s) are announced; changed or deleted now: 1")
            assert announcing.end() == 0
        first = retained(mosquitto)
        assert set(first) == {OWN, LAMP.topic}
        Draft202012Validator(SCHEMA).validate(json.loads(first[OWN]))
        assert {"locker-forced-3", "fire"} <= (announced_alarms(first[OWN]) or set())
        publish(mosquitto.port, [stream.live("state/alarm/locker-forced-3", None)])
        wait_for(lambda: not query(database, "SELECT 1 FROM alarms"))
    with OfficeProcess(config, "home-assistant") as announcing:
        announcing.until("1 device(s) are announced; changed or deleted now: 0")
        assert announcing.end() == 0
    assert retained(mosquitto) == first
    # A new database knows no checkpoint yet: the devices stay.
    write_config(tmp_path, mosquitto.port, f"sqlite:///{tmp_path}/new.db", section)
    with OfficeProcess(config, "ingest") as ingest, OfficeProcess(config, "home-assistant") as new:
        new.until("1 device(s) are announced; changed or deleted now: 0", 2)
        ingest.until(": connected", 2)
    assert retained(mosquitto) == first
    write_config(tmp_path, mosquitto.port, database, section + 'sites = ["other"]\n')
    with OfficeProcess(config, "home-assistant") as announcing:
        announcing.until("0 device(s) are announced; changed or deleted now: 1")
    assert retained(mosquitto) == {LAMP.topic: LAMP.payload}


@slow
def test_remove(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """--remove deletes what this office has announced, and says how many; nothing else."""
    config = write_config(tmp_path, mosquitto.port, f"sqlite:///{tmp_path}/office.db")
    device = IncomingMessage(OWN, device_of(Known("setda", "lobi", META)), 1, 1, retain=True)
    put(mosquitto, LAMP, device)
    words = ["office", "home-assistant", "--config", str(config)]
    assert "has no [home_assistant] section" in invoke(words).stderr
    done = invoke([*words, "--remove"])
    assert (done.exit_code, done.stdout) == (0, "1 device(s) deleted below homeassistant/device\n")
    assert retained(mosquitto) == {LAMP.topic: LAMP.payload}
    mosquitto.stop()
    gone = invoke([*words, "--remove"])
    assert (gone.exit_code, "broker mqtt://127.0.0.1" in gone.stderr) == (1, True)


@slow
def test_a_broker_that_refuses(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A broker that does not allow it is named once, with what is missing, and is not pressed."""
    rights = tmp_path / "acl"
    rights.write_text("topic readwrite gardu/#\n", encoding="utf-8")
    mosquitto.stop()
    mosquitto.configure(f"allow_anonymous true\nacl_file {rights}")
    mosquitto.start()
    database = f"sqlite:///{tmp_path}/office.db"
    config = write_config(tmp_path, mosquitto.port, database, "[home_assistant]\n")
    with OfficeProcess(config, "ingest") as ingest:
        ingest.until(": connected")
        publish(mosquitto.port, [Stream().status("online", 1)])
        wait_for(lambda: query(database, "SELECT 1 FROM checkpoints WHERE status = 'online'"))
    with OfficeProcess(config, "home-assistant") as announcing:
        announcing.until(f"refuses {OWN}: not authorized")
        name = "gardu-office-home-assistant"
        wait_for(lambda: mosquitto.log.count(f"as {name}") > 2, lambda: mosquitto.log)
        assert announcing.log.count("refuses") == announcing.log.count("access list") == 1
        assert announcing.end() == 0
